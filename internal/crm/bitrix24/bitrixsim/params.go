package bitrixsim

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// params are a request's parameters: text, numbers, lists and maps.
type params map[string]any

// readParams reads them as the portal does: of a GET from the query alone, of a
// POST from the body too, JSON or a form with PHP's brackets.
func readParams(r *http.Request) (params, error) {
	q := fromForm(r.URL.Query())
	if r.Method != http.MethodPost {
		return q, nil
	}
	b, err := io.ReadAll(io.LimitReader(r.Body, 64<<20))
	if err != nil {
		return nil, errors.New("the body cannot be read")
	}
	if strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
		var body map[string]any
		if len(b) > 0 && json.Unmarshal(b, &body) != nil {
			return nil, errors.New("the body is no JSON object")
		}
		maps.Copy(q, body)
		return q, nil
	}
	form, err := url.ParseQuery(string(b))
	if err != nil {
		return nil, errors.New("the body is no form")
	}
	maps.Copy(q, fromForm(form))
	return q, nil
}

// fromForm takes brackets apart: FILTER[ID][0]=1.
func fromForm(form url.Values) params {
	q := make(params)
	for key, values := range form {
		name, rest, nested := strings.Cut(key, "[")
		if !nested || len(values) == 0 {
			if len(values) > 0 {
				q[key] = values[len(values)-1]
			}
			continue
		}
		at := map[string]any(q)
		path := append([]string{name}, strings.Split(strings.TrimSuffix(rest, "]"), "][")...)
		for _, step := range path[:len(path)-1] {
			next, ok := at[step].(map[string]any)
			if !ok {
				next = make(map[string]any)
				at[step] = next
			}
			at = next
		}
		at[path[len(path)-1]] = values[len(values)-1]
	}
	return q
}

// text is a parameter as text; numbers are written without a fraction.
func (q params) text(name string) string { return textOf(q[name]) }

func textOf(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case bool:
		if v {
			return "1"
		}
		return ""
	}
	return fmt.Sprint(v)
}

// number is a parameter as a whole number, or a default where it is missing.
func (q params) number(name string, missing int64) int64 {
	n, err := strconv.ParseInt(q.text(name), 10, 64)
	if err != nil {
		return missing
	}
	return n
}

// group is a parameter that holds others.
func (q params) group(name string) map[string]any {
	m, _ := q[name].(map[string]any)
	return m
}

// listOf are the items of a list, or of a map as forms write lists.
func listOf(v any) ([]any, bool) {
	switch v := v.(type) {
	case []any:
		return v, true
	case map[string]any:
		list := make([]any, 0, len(v))
		for i := range len(v) {
			item, ok := v[strconv.Itoa(i)]
			if !ok {
				return nil, false
			}
			list = append(list, item)
		}
		return list, true
	}
	return nil, false
}
