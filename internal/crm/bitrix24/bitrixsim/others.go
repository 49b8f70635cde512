package bitrixsim

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

func (p *Portal) getUsers(_ *caller, q params) (answer, *failure) {
	filter := q.group("FILTER")
	if filter == nil {
		filter = q.group("filter")
	}
	var rows []map[string]any
	for _, u := range p.users {
		if v, ok := filter["ACTIVE"]; ok && u.Active != (textOf(v) == "1" || textOf(v) == "Y" || textOf(v) == "true") {
			continue
		}
		if v, ok := filter["USER_TYPE"]; ok && (textOf(v) == "employee") == u.External {
			continue
		}
		if v, ok := filter["UF_PHONE_INNER"]; ok && textOf(v) != u.Inner {
			continue
		}
		if v, ok := filter["ID"]; ok && textOf(v) != strconv.FormatInt(u.ID, 10) {
			continue
		}
		row := map[string]any{"ID": strconv.FormatInt(u.ID, 10), "ACTIVE": u.Active, "NAME": "User", "LAST_NAME": strconv.FormatInt(u.ID, 10), "UF_PHONE_INNER": nil}
		if u.Inner != "" {
			row["UF_PHONE_INNER"] = u.Inner
		}
		rows = append(rows, row)
	}
	slices.SortFunc(rows, func(a, b map[string]any) int { return compare(textOf(a["ID"]), textOf(b["ID"])) })
	from := min(max(int(q.number("start", 0)), 0), len(rows))
	until := min(from+pageSize, len(rows))
	a := answer{result: append([]map[string]any{}, rows[from:until]...), total: len(rows), listed: true}
	if until < len(rows) {
		a.next = until
	}
	return a, nil
}

// search looks for clients as register does.
func (p *Portal) search(_ *caller, q params) (answer, *failure) {
	phone := digits(q.text("PHONE_NUMBER"))
	if phone == "" {
		return answer{}, p.core("PHONE_NUMBER is empty")
	}
	if p.opts.NoCRM {
		return answer{}, p.core("CRM is not installed.")
	}
	list := []map[string]any{}
	for _, c := range p.clientsOf(phone) {
		list = append(list, map[string]any{
			"CRM_ENTITY_TYPE": c.Type, "CRM_ENTITY_ID": c.ID, "ASSIGNED_BY_ID": c.Responsible, "NAME": "Client " + strconv.Itoa(c.ID),
			"ASSIGNED_BY": map[string]any{"ID": strconv.FormatInt(c.Responsible, 10), "TIMEMAN_STATUS": "OPENED"},
		})
	}
	return answer{result: list}, nil
}

// show answers show and hide.
func (p *Portal) show(_ *caller, q params) (answer, *failure) {
	return answer{result: p.find(q.text("CALL_ID")) != nil}, nil
}

func (p *Portal) addLine(_ *caller, q params) (answer, *failure) {
	number := q.text("NUMBER")
	if number == "" {
		return answer{}, p.core("NUMBER should not be empty")
	}
	if _, ok := p.lines[number]; ok {
		return answer{}, p.core("Line already exists")
	}
	p.lines[number] = q.text("CRM_AUTO_CREATE") != "N"
	return answer{result: map[string]any{"ID": len(p.lines)}}, nil
}

func (p *Portal) getLines(*caller, params) (answer, *failure) {
	list := []map[string]any{}
	for number, auto := range p.lines {
		list = append(list, map[string]any{"NUMBER": number, "NAME": number, "CRM_AUTO_CREATE": map[bool]string{true: "Y", false: "N"}[auto]})
	}
	return answer{result: list}, nil
}

func (p *Portal) appInfo(*caller, params) (answer, *failure) {
	return answer{result: map[string]any{"ID": 3, "CODE": p.opts.ClientID, "VERSION": 1, "STATUS": "L", "LICENSE": p.opts.Licence, "INSTALLED": true}}, nil
}

func (p *Portal) scopes(c *caller, _ params) (answer, *failure) {
	return answer{result: strings.Split(c.scope, ",")}, nil
}

func (p *Portal) serverTime(*caller, params) (answer, *failure) {
	return answer{result: p.now().Format(time.RFC3339)}, nil
}
