package bitrixsim

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

const pageSize = 50

// statistics lists finished calls.
func (p *Portal) statistics(_ *caller, q params) (answer, *failure) {
	start := q.number("start", 0)
	if start < 0 && p.opts.RefuseMinusOne {
		return answer{}, fail(400, "ERROR_ARGUMENT", "Argument 'start' is out of range")
	}
	var rows []map[string]any
	for _, c := range p.calls {
		if !p.listed(c) {
			continue
		}
		row := p.row(c)
		ok, bad := p.matches(row, q.group("FILTER"))
		if bad != nil {
			return answer{}, bad
		}
		if ok {
			rows = append(rows, row)
		}
	}
	field := q.text("SORT")
	if field == "" {
		field = "ID"
	}
	if field == "CALL_TYPE" {
		return answer{}, fail(400, "ERROR_ARGUMENT", "sorting by CALL_TYPE is not possible")
	}
	slices.SortStableFunc(rows, func(a, b map[string]any) int {
		order := compare(textOf(a[field]), textOf(b[field]))
		if strings.EqualFold(q.text("ORDER"), "DESC") {
			return -order
		}
		return order
	})
	a := answer{total: len(rows), listed: start >= 0}
	from := min(max(int(start), 0), len(rows))
	until := min(from+pageSize, len(rows))
	if until < len(rows) {
		a.next = until
	}
	list := rows[from:until]
	if list == nil {
		list = []map[string]any{}
	}
	a.result = list
	return a, nil
}

// row is a call as the statistics show it: text nearly everywhere.
func (p *Portal) row(c *Call) map[string]any {
	text := func(n int) any {
		if n == 0 {
			return nil
		}
		return strconv.Itoa(n)
	}
	var file any
	if c.File > 0 {
		file = c.File
	}
	return map[string]any{
		"ID": strconv.Itoa(c.ID), "PORTAL_USER_ID": strconv.FormatInt(c.FinishedUser, 10), "PORTAL_NUMBER": c.Line, "PHONE_NUMBER": c.Phone,
		"CALL_ID": c.CallID, "EXTERNAL_CALL_ID": c.External, "CALL_CATEGORY": "external", "CALL_LOG": nil,
		"CALL_DURATION": strconv.Itoa(c.Duration), "CALL_START_DATE": c.start.Format("2006-01-02T15:04:05-07:00"), "CALL_RECORD_URL": nil,
		"CALL_VOTE": nil, "COST": "0.0000", "COST_CURRENCY": "", "CALL_FAILED_CODE": c.Status, "CALL_FAILED_REASON": "",
		"CRM_ENTITY_TYPE": c.EntityType, "CRM_ENTITY_ID": text(c.Entity), "CRM_ACTIVITY_ID": text(c.Activity),
		"REST_APP_ID": "3", "REST_APP_NAME": "PBX link", "TRANSCRIPT_ID": nil, "TRANSCRIPT_PENDING": "N", "SESSION_ID": nil,
		"REDIAL_ATTEMPT": nil, "COMMENT": nil, "RECORD_DURATION": nil, "RECORD_FILE_ID": file, "CALL_TYPE": strconv.Itoa(c.Type),
	}
}

// operators may stand before a field's name, longest first.
var operators = []string{"!><", "><", "!=", ">=", "<=", "!%", "!", "=", ">", "<", "%", "?"}

// matches applies a filter; fields that are not known are ignored, as the
// portal does.
func (p *Portal) matches(row map[string]any, filter map[string]any) (bool, *failure) {
	for key, want := range filter {
		operator, field := "=", key
		for _, o := range operators {
			if rest, ok := strings.CutPrefix(key, o); ok {
				operator, field = o, rest
				break
			}
		}
		have, known := row[field]
		if !known {
			continue
		}
		list, isList := listOf(want)
		if isList && !strings.HasSuffix(operator, "><") && field != "ID" && !p.opts.ListFilters {
			return false, fail(400, "ERROR_ARGUMENT", fmt.Sprintf("a list for %s is not supported", field))
		}
		if !holds(operator, textOf(have), want, list, isList) {
			return false, nil
		}
	}
	return true, nil
}

func holds(operator, have string, want any, list []any, isList bool) bool {
	if negated, ok := strings.CutPrefix(operator, "!"); ok && operator != "!=" {
		return !holds(cmp.Or(negated, "="), have, want, list, isList)
	}
	if operator == "><" {
		return isList && len(list) == 2 && compare(have, textOf(list[0])) >= 0 && compare(have, textOf(list[1])) <= 0
	}
	if isList {
		in := slices.ContainsFunc(list, func(item any) bool { return textOf(item) == have })
		return in == (operator != "!=")
	}
	text := textOf(want)
	switch operator {
	case "=":
		return compare(have, text) == 0
	case "!=":
		return compare(have, text) != 0
	case ">":
		return compare(have, text) > 0
	case ">=":
		return compare(have, text) >= 0
	case "<":
		return compare(have, text) < 0
	case "<=":
		return compare(have, text) <= 0
	}
	return strings.Contains(have, strings.Trim(text, "%")) // % and ?
}

// compare compares numbers by value, times by moment, other text as it is.
func compare(a, b string) int {
	m, errM := strconv.ParseInt(a, 10, 64)
	n, errN := strconv.ParseInt(b, 10, 64)
	if errM == nil && errN == nil {
		return cmp.Compare(m, n)
	}
	s, errS := time.Parse(time.RFC3339, a)
	t, errT := time.Parse(time.RFC3339, b)
	if errS == nil && errT == nil {
		return s.Compare(t)
	}
	return cmp.Compare(a, b)
}
