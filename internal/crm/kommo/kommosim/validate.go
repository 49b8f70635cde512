package kommosim

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
)

// shape says what an object of a request may hold. A field that is not in it
// is refused.
type shape map[string]rule

// rule is what one field must be: of a type (int, string, bool, number-or-text,
// object, list), given, not blank, one of a few.
type rule struct {
	kind     string
	required bool
	choices  []string
	in       shape
}

// fault is one field that was refused.
type fault struct {
	Code   string `json:"code"`
	Path   string `json:"path"`
	Detail string `json:"detail"`
}

// items reads the array of a request.
func items(r *http.Request) ([]map[string]any, *answer) {
	body, err := io.ReadAll(io.LimitReader(r.Body, 16<<20))
	if err != nil {
		return nil, problem(http.StatusBadRequest, "The request was cut off")
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	var all []map[string]any
	if r.Header.Get("Content-Type") != "application/json" || decoder.Decode(&all) != nil || len(all) == 0 {
		return nil, problem(http.StatusBadRequest, "The request must be an array in JSON")
	}
	if len(all) > 250 {
		return nil, problem(http.StatusUnprocessableEntity, "Limit 250 per page")
	}
	return all, nil
}

// sound checks the items of a request; those that are not sound are left out
// where the switch says so, else all are refused. Each sound one then has a request_id.
func (s *Sim) sound(r *http.Request, what shape, more func(item map[string]any) []fault) ([]map[string]any, *answer) {
	all, refused := items(r)
	if refused != nil {
		return nil, refused
	}
	var good []map[string]any
	var bad []object
	for i, item := range all {
		id := requestID(item, i)
		faults := what.check("", item)
		if len(faults) == 0 && more != nil {
			faults = more(item)
		}
		if len(faults) == 0 {
			item["request_id"] = id
			good = append(good, item)
			continue
		}
		if s.options.Switches.IndexNames {
			id = strconv.Itoa(i)
		}
		bad = append(bad, object{"request_id": id, "errors": faults})
	}
	if len(bad) > 0 && (len(good) == 0 || !s.options.Switches.ValidOnesPass) {
		return nil, invalid(bad)
	}
	return good, nil
}

func invalid(bad []object) *answer {
	a := reply(http.StatusBadRequest, object{
		"validation-errors": bad, "title": "Bad Request", "type": "https://httpstatus.es/400", "status": 400, "detail": "Request validation failed",
	})
	a.header.Set("Content-Type", "application/problem+json")
	return a
}

// requestID is what an answer names an item by: its request_id, else its index.
func requestID(item map[string]any, i int) string {
	if id, ok := item["request_id"].(string); ok {
		return id
	}
	return strconv.Itoa(i)
}

func (s shape) check(path string, item map[string]any) []fault {
	var faults []fault
	for name, v := range item {
		rule, ok := s[name]
		if !ok {
			faults = append(faults, fault{"FieldNotExpected", path + name, "This field was not expected."})
			continue
		}
		faults = append(faults, rule.check(path+name, v)...)
	}
	for name, rule := range s {
		if _, given := item[name]; rule.required && !given {
			faults = append(faults, fault{"FieldMissing", path + name, "This field is missing."})
		}
	}
	slices.SortFunc(faults, func(a, b fault) int { return bytes.Compare([]byte(a.Path), []byte(b.Path)) })
	return faults
}

func (r rule) check(path string, v any) []fault {
	wrong := []fault{{"InvalidType", path, fmt.Sprintf("This value should be of type %s.", r.kind)}}
	if v == nil {
		return []fault{{"NotNullable", path, "This value should not be null."}}
	}
	switch r.kind {
	case "int":
		n, ok := v.(json.Number)
		if _, err := strconv.ParseInt(string(n), 10, 64); !ok || err != nil {
			return wrong
		}
	case "bool":
		if _, ok := v.(bool); !ok {
			return wrong
		}
	case "string":
		text, ok := v.(string)
		switch {
		case !ok:
			return wrong
		case r.required && text == "":
			return []fault{{"NotBlank", path, "This value should not be blank."}}
		case len(r.choices) > 0 && !slices.Contains(r.choices, text):
			return []fault{{"NotSupportedChoice", path, "The value you selected is not a valid choice."}}
		}
	case "int or string":
		_, number := v.(json.Number)
		if _, text := v.(string); !number && !text {
			return wrong
		}
	case "object":
		m, ok := v.(map[string]any)
		if !ok {
			return wrong
		}
		return r.in.check(path+".", m)
	case "list":
		list, ok := v.([]any)
		if !ok {
			return wrong
		}
		var faults []fault
		for i, e := range list {
			faults = append(faults, rule{kind: "object", in: r.in}.check(fmt.Sprintf("%s.%d", path, i), e)...)
		}
		return faults
	}
	return nil
}

// usersExist refuses users who are not in the account.
func (s *Sim) usersExist(item map[string]any) []fault {
	var faults []fault
	for _, name := range []string{"responsible_user_id", "created_by", "updated_by"} {
		id := number(item, name)
		if id != 0 && !slices.ContainsFunc(s.users, func(u User) bool { return u.ID == id }) {
			faults = append(faults, fault{"NotSupportedChoice", name, "The value you selected is not a valid choice."})
		}
	}
	return faults
}

// number, text and flag read a field that was checked; without it, they are zero.
func number(item map[string]any, name string) int64 {
	n, _ := item[name].(json.Number)
	i, _ := n.Int64()
	return i
}

func text(item map[string]any, name string) string {
	s, _ := item[name].(string)
	return s
}

func nested(item map[string]any, name string) map[string]any {
	m, _ := item[name].(map[string]any)
	return m
}

func list(item map[string]any, name string) []map[string]any {
	var all []map[string]any
	elements, _ := item[name].([]any)
	for _, e := range elements {
		if m, ok := e.(map[string]any); ok {
			all = append(all, m)
		}
	}
	return all
}
