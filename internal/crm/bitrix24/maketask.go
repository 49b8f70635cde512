package bitrix24

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"ringback/internal/call"
	"ringback/internal/crm"
	"ringback/internal/crm/policy"
)

// makeTask makes the task of a missed call, unless the client has one that is
// open still: then that one is for this call too.
func (t *Target) makeTask(ctx context.Context, p *crm.Parcel, part policy.Part, m memo) (memo, error) {
	open, err := t.open.of(ctx, part.Client)
	if err != nil {
		return m, err
	}
	for _, o := range open {
		is, err := t.isOpen(ctx, o.Task, p.Past, false)
		if err != nil {
			return m.withoutTask(err)
		}
		if is {
			m.Task = o.Task
			return m, nil
		}
		if err := t.open.drop(ctx, part.Client, o.Task); err != nil {
			return m, err
		}
	}
	client, err := t.clientOf(ctx, part.Client, p.Past)
	if err != nil && !aboutTasks(err) {
		return m, err
	}
	if p.Past {
		spoken, err := t.spokenSince(ctx, part)
		if spoken || err != nil && !aboutTasks(err) {
			m.NoTask = spoken
			return m, err
		}
	}
	m.Task, err = t.addTask(ctx, p, part, client)
	if err != nil {
		return m.withoutTask(err)
	}
	return m, nil
}

// spokenSince says that the portal has a later call in which the client was
// spoken with. Calls come in order, so that only matters for the past: the later
// call may have been brought long ago.
func (t *Target) spokenSince(ctx context.Context, part policy.Part) (bool, error) {
	number := significant(part.Client)
	answer, err := t.client.call(ctx, request{method: methodStatistics, past: true, follows: true, params: map[string]any{
		"FILTER": map[string]any{"%PHONE_NUMBER": number, ">CALL_START_DATE": part.Start.Format(startLayout), "CALL_FAILED_CODE": statuses[call.Answered]},
		"SORT":   "ID", "ORDER": "DESC",
	}})
	if err != nil {
		return false, harmless(err)
	}
	var rows []struct {
		Number string `json:"PHONE_NUMBER"`
	}
	if err := json.Unmarshal(answer.Result, &rows); err != nil {
		return false, &crm.Error{Class: crm.Unavailable, Reason: "the portal's statistics cannot be read", Err: err}
	}
	for _, row := range rows {
		if significant(row.Number) == number {
			return true, nil
		}
	}
	return false, nil
}

// addTask asks for a task for the first who may have it. Who is dismissed is
// refused, in words of the portal's language: so any refusal is taken for that
// until the last one was tried.
func (t *Target) addTask(ctx context.Context, p *crm.Parcel, part policy.Part, client *entity) (int64, error) {
	users, err := t.candidates(ctx, t.settings.Tasks.Responsible, part, client, p.Past)
	if err != nil {
		return 0, err
	}
	creator := t.client.who.user(ctx)
	var answer *envelope
	for _, user := range users {
		answer, err = t.client.call(ctx, request{method: methodTaskAdd, past: p.Past, follows: true, params: map[string]any{
			"fields": t.taskFields(p, part, client, user, creator),
		}})
		if e, ok := asError(err); !ok || e.Class != crm.Refused {
			break
		}
	}
	if err != nil {
		return 0, err
	}
	var made struct {
		Task struct {
			ID number `json:"id"`
		} `json:"task"`
	}
	if err := json.Unmarshal(answer.Result, &made); err != nil || made.Task.ID == 0 {
		return 0, &crm.Error{Class: crm.Uncertain, Reason: "the portal took the task and gave no id", Err: err}
	}
	return int64(made.Task.ID), nil
}

// candidates are the users whom a ladder leads to, in order and each once; the
// last is the default user. client is nil for one whom the CRM does not know.
func (t *Target) candidates(ctx context.Context, ladder []policy.Responsible, part policy.Part, client *entity, past bool) ([]int64, error) {
	standIn, err := t.defaultUser(ctx, part)
	if err != nil {
		return nil, err
	}
	var users []int64
	for _, who := range ladder {
		user := standIn
		switch who {
		case policy.OfClient:
			user = 0
			if client != nil {
				user = int64(client.Responsible)
			}
		case policy.OfPerson:
			if user, err = t.users.find(ctx, part.Person, past); err != nil {
				return nil, err
			}
		case policy.OfDefault:
		}
		if user == 0 || slices.Contains(users, user) {
			continue
		}
		active, err := t.users.isActive(ctx, user, past)
		if err != nil {
			return nil, err
		}
		if active || user == standIn {
			users = append(users, user)
		}
	}
	if !slices.Contains(users, standIn) {
		users = append(users, standIn)
	}
	return users, nil
}

// defaultUser has what is nobody's: the one of the call's trunk, else the
// target's.
func (t *Target) defaultUser(ctx context.Context, part policy.Part) (int64, error) {
	if part.DefaultUser > 0 && !t.users.isDismissed(part.DefaultUser) {
		return part.DefaultUser, nil
	}
	return t.users.standIn(ctx)
}

// maxTaskPages is how many pages of 50 tasks are searched for one that may have
// been made.
const maxTaskPages = 40

// findTask looks whether the portal has the task of a missed call, among those
// that were made since the delivery began. A filter by XML_ID is not among the
// documented ones (https://apidocs.bitrix24.com/api-reference/tasks/tasks-task-list.html),
// so it is compared here. REST 3 takes an Idempotency-Key for tasks.task.add, but
// not on every portal, and for 24 hours only.
func (t *Target) findTask(ctx context.Context, p *crm.Parcel, m memo) (memo, bool, error) {
	const clocks, zones = time.Hour, 24 * time.Hour // how far clocks may differ, and readings of a date without a zone
	since := time.Unix(m.Since, 0)
	filter := map[string]any{">=CREATED_DATE": since.Add(-zones).Format(startLayout)}
	if creator := t.client.who.user(ctx); creator > 0 {
		filter["CREATED_BY"] = creator
	}
	for page, start := 0, 0; page < maxTaskPages; page++ {
		answer, err := t.client.call(ctx, request{method: methodTaskList, past: p.Past, follows: page > 0, params: map[string]any{
			"filter": filter, "order": map[string]any{"ID": "desc"}, "select": []string{"ID", "XML_ID", "DESCRIPTION", "CREATED_DATE"}, "start": start,
		}})
		if err != nil {
			return m, false, harmless(err)
		}
		var got struct {
			Tasks []listedTask `json:"tasks"`
		}
		if err := json.Unmarshal(answer.Result, &got); err != nil {
			return m, false, &crm.Error{Class: crm.Unavailable, Reason: "the portal's list of tasks cannot be read", Err: err}
		}
		for _, task := range got.Tasks {
			if task.XMLID == p.Key || strings.HasSuffix(strings.TrimSpace(task.Description), signature(p)) {
				m.Task = int64(task.ID)
				return m, true, nil
			}
			if made, err := time.Parse(time.RFC3339, task.Created); err == nil && made.Before(since.Add(-clocks)) {
				return m, false, nil
			}
		}
		if answer.Next <= start {
			return m, false, nil
		}
		start = answer.Next
	}
	return m, false, &crm.Error{Class: crm.Unavailable, Reason: fmt.Sprintf("the portal has made more than %d tasks since; which of them is ours cannot be found", maxTaskPages*50)}
}

// listedTask is what is needed of a task in a list.
type listedTask struct {
	ID          number `json:"id"`
	XMLID       string `json:"xmlId"`
	Description string `json:"description"`
	Created     string `json:"createdDate"`
}

// lookForTask is findTask, where a portal that refuses to say counts as one that
// has the task: a second one would be worse than none. A portal that does not
// manage to make it is asked no more after a while: the client's next calls wait.
func (t *Target) lookForTask(ctx context.Context, p *crm.Parcel, m memo) (memo, bool, error) {
	m, found, err := t.findTask(ctx, p, m)
	switch {
	case err != nil && aboutTasks(err):
		m.warn("whether the task was made is not known: " + saidOfTasks(err))
	case err == nil && !found && t.tooLong(m):
		m.warn("no task was made: the portal was asked for hours, and each time gave no answer or an error of its own")
	default:
		return m, found, err
	}
	m.NoTask = true
	return m, true, nil
}

// tooLong says that the tasks of a call hold up the client's next calls for too
// long.
func (t *Target) tooLong(m memo) bool {
	return t.services.Now().Sub(time.Unix(m.Finished, 0)) >= tasksWait
}
