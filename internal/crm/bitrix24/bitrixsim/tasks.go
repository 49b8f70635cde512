package bitrixsim

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Task is a task of an employee.
type Task struct {
	ID          int      `json:"id"`
	Title       string   `json:"title"`
	Description string   `json:"description"`
	Responsible int64    `json:"responsible"`
	Creator     int64    `json:"creator"`
	Deadline    string   `json:"deadline"` // as it was sent
	CRM         []string `json:"crm"`      // such as C_797
	XMLID       string   `json:"xml_id"`
	// Status is 2 pending, 3 in progress, 4 to be approved, 5 completed, 6 put off.
	Status  int       `json:"status"`
	Created time.Time `json:"created"`
	// Locked says that nobody may complete it.
	Locked bool `json:"locked"`
}

// States of a task in which nothing is left to do.
const (
	taskPending   = 2
	taskCompleted = 5
)

// AddTask is a task that somebody makes by hand; it returns its id.
func (p *Portal) AddTask(t Task) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.keepTask(t).ID
}

// ChangeTask lets somebody change a task by hand, or delete it where change
// returns false.
func (p *Portal) ChangeTask(id int, change func(*Task) (keep bool)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tasks = slices.DeleteFunc(p.tasks, func(t *Task) bool { return t.ID == id && !change(t) })
}

func (p *Portal) keepTask(t Task) *Task {
	p.lastTask++
	t.ID, t.Created = p.lastTask, p.now()
	t.Status = cmp.Or(t.Status, taskPending)
	p.tasks = append(p.tasks, &t)
	return &t
}

// untold is an error of the tasks' methods: their texts are in the language of
// the portal, and end with a tag.
func (p *Portal) untold(code, english, russian string) *failure {
	if p.opts.Russian {
		english = russian
	}
	return fail(400, code, english)
}

var crmLink = regexp.MustCompile(`^(L|D|C|CO|SI|T[0-9a-f]+)_[0-9]+$`)

// addTask is tasks.task.add.
func (p *Portal) addTask(c *caller, q params) (answer, *failure) {
	f := params(q.group("fields"))
	if len(f) == 0 {
		return answer{}, fail(400, "100", "Could not find value for parameter {fields} (internal error)")
	}
	if f.text("TITLE") == "" {
		return answer{}, p.untold("ERROR_CORE", "Task title not specified<br>", "Не указано название задачи<br>")
	}
	if f.text("CREATED_BY") == "" && p.opts.CreatorRequired {
		return answer{}, p.untold("ERROR_CORE", "Creator not specified<br>", "Не указан постановщик<br>")
	}
	creator := f.number("CREATED_BY", c.user)
	if !p.employed(creator, false) {
		return answer{}, p.untold("ERROR_CORE", "Creator not specified<br>", "Не указан постановщик<br>")
	}
	if f.text("RESPONSIBLE_ID") == "" {
		return answer{}, p.untold("ERROR_CORE", "Assignee not specified<br>", "Не указан исполнитель<br>")
	}
	responsible := f.number("RESPONSIBLE_ID", 0)
	if !p.employed(responsible, p.opts.TasksForDismissed) {
		return answer{}, p.untold("ERROR_CORE", `User specified in the "Assignee" field not found<br>`, `Не найден пользователь, указанный в поле "Исполнитель"<br>`)
	}
	t := Task{
		Title: f.text("TITLE"), Description: f.text("DESCRIPTION"), Responsible: responsible, Creator: creator,
		Deadline: f.text("DEADLINE"), XMLID: f.text("XML_ID"),
	}
	if !readableDate(t.Deadline) {
		return answer{}, fail(400, "100", "Incorrect date format of DEADLINE")
	}
	if links, given := f["UF_CRM_TASK"]; given {
		list, ok := listOf(links)
		for _, link := range list {
			ok = ok && crmLink.MatchString(textOf(link))
			t.CRM = append(t.CRM, textOf(link))
		}
		if !ok {
			return answer{}, fail(400, "ERROR_CORE", "UF_CRM_TASK must be a list of links such as C_7")
		}
	}
	if p.opts.NoXMLID {
		t.XMLID = ""
	}
	return answer{result: map[string]any{"task": p.keepTask(t).row(nil)}}, nil
}

func readableDate(text string) bool {
	for _, layout := range []string{"2006-01-02T15:04:05-07:00", "2006-01-02T15:04:05"} {
		if _, err := time.Parse(layout, text); err == nil {
			return true
		}
	}
	return text == ""
}

// employed says that a user is there, and active unless that does not matter.
func (p *Portal) employed(id int64, dismissed bool) bool {
	return slices.ContainsFunc(p.users, func(u User) bool { return u.ID == id && (u.Active || dismissed) })
}

// row is a task as answers show it: names in camel case, values as text; all,
// or those selected.
func (t *Task) row(selected []any) map[string]any {
	all := map[string]any{
		"ID": strconv.Itoa(t.ID), "TITLE": t.Title, "DESCRIPTION": t.Description, "CREATED_BY": strconv.FormatInt(t.Creator, 10),
		"RESPONSIBLE_ID": strconv.FormatInt(t.Responsible, 10), "DEADLINE": t.Deadline, "STATUS": strconv.Itoa(t.Status),
		"CREATED_DATE": t.Created.Format("2006-01-02T15:04:05-07:00"), "XML_ID": nil,
	}
	if t.XMLID != "" {
		all["XML_ID"] = t.XMLID
	}
	row := make(map[string]any)
	for name, v := range all {
		if selected == nil || slices.ContainsFunc(selected, func(s any) bool { return textOf(s) == name }) || name == "ID" {
			row[camel(name)] = v
		}
	}
	return row
}

// camel writes CREATED_BY as createdBy.
func camel(name string) string {
	parts := strings.Split(strings.ToLower(name), "_")
	for i := range parts[1:] {
		parts[i+1] = strings.ToUpper(parts[i+1][:1]) + parts[i+1][1:]
	}
	return strings.Join(parts, "")
}

// sees says that a user may look at a task, and change it: the administrator,
// its creator, its responsible.
func (t *Task) sees(user int64) bool { return user == 1 || user == t.Creator || user == t.Responsible }

// taskFilters are the fields that tasks may be filtered by; others are ignored.
var taskFilters = []string{"ID", "CREATED_BY", "RESPONSIBLE_ID", "TITLE", "STATUS", "REAL_STATUS", "DEADLINE", "CREATED_DATE"}

// listTasks is tasks.task.list.
func (p *Portal) listTasks(c *caller, q params) (answer, *failure) {
	for field := range q.group("order") {
		if field != "ID" && field != "CREATED_DATE" && field != "DEADLINE" {
			return answer{}, fail(400, "0", "Invalid sorting key (internal error)")
		}
	}
	filter := make(map[string]any)
	for key, v := range q.group("filter") {
		if slices.Contains(taskFilters, strings.TrimLeft(key, "!<>=")) || p.opts.FilterXMLID && key == "XML_ID" {
			filter[key] = v
		}
	}
	selected, _ := listOf(q["select"])
	rows := []map[string]any{}
	for _, t := range p.tasks {
		all := map[string]any{
			"ID": strconv.Itoa(t.ID), "CREATED_BY": strconv.FormatInt(t.Creator, 10), "RESPONSIBLE_ID": strconv.FormatInt(t.Responsible, 10),
			"TITLE": t.Title, "STATUS": strconv.Itoa(t.Status), "REAL_STATUS": strconv.Itoa(t.Status), "DEADLINE": t.Deadline,
			"CREATED_DATE": t.Created.Format(time.RFC3339), "XML_ID": t.XMLID,
		}
		ok, bad := p.matches(all, filter)
		if bad != nil {
			return answer{}, bad
		}
		if ok && t.sees(c.user) {
			rows = append(rows, t.row(selected))
		}
	}
	order := params(q.group("order"))
	if !strings.EqualFold(order.text("ID"), "asc") && !strings.EqualFold(order.text("CREATED_DATE"), "asc") {
		slices.Reverse(rows) // by default the newest first
	}
	from := min(max(int(q.number("start", 0)), 0), len(rows))
	until := min(from+pageSize, len(rows))
	a := answer{result: map[string]any{"tasks": rows[from:until]}, total: len(rows), listed: true}
	if until < len(rows) {
		a.next = until
	}
	return a, nil
}

// getTask is tasks.task.get: an empty list where there is none to be seen.
func (p *Portal) getTask(c *caller, q params) (answer, *failure) {
	t, bad := p.task(q)
	if bad != nil {
		return answer{}, bad
	}
	if t == nil || !t.sees(c.user) {
		return answer{result: []any{}}, nil
	}
	selected, isList := listOf(q["select"])
	if !isList && q["select"] != nil {
		return answer{}, fail(400, "100", "Invalid value {} to match with parameter {select}. Should be value of type array. (internal error)")
	}
	return answer{result: map[string]any{"task": t.row(selected)}}, nil
}

// task is the task that a request names, nil when there is none.
func (p *Portal) task(q params) (*Task, *failure) {
	id := q.number("taskId", 0)
	if id < 1 {
		return nil, fail(400, "0", "wrong task id")
	}
	for _, t := range p.tasks {
		if int64(t.ID) == id {
			return t, nil
		}
	}
	return nil, nil //nolint:nilnil // none is no failure for tasks.task.get
}

// completeTask is tasks.task.complete.
func (p *Portal) completeTask(c *caller, q params) (answer, *failure) {
	t, bad := p.task(q)
	if bad != nil {
		return answer{}, bad
	}
	if t == nil || !t.sees(c.user) || t.Locked || t.Status == taskCompleted && !p.opts.CompleteTwice {
		return answer{}, p.untold("0", "Action on the task is not allowed", "Действие над задачей не разрешено")
	}
	t.Status = taskCompleted
	return answer{result: map[string]any{"task": t.row(nil)}}, nil
}
