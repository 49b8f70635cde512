package bitrixsim

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// batch runs up to 50 commands in the order of their keys.
func (p *Portal) batch(c *caller, q params) map[string]any {
	results, faults, times := make(map[string]any), make(map[string]any), make(map[string]any)
	totals, nexts := make(map[string]any), make(map[string]any)
	commands := commandsOf(q["cmd"])
	for i, cmd := range commands {
		start := p.now()
		name, query, _ := strings.Cut(cmd.text, "?")
		name = strings.ToLower(strings.TrimSuffix(name, ".json"))
		var a answer
		var bad *failure
		switch {
		case i >= 50:
			bad = fail(400, "ERROR_BATCH_LENGTH_EXCEEDED", "Max batch length exceeded")
		case name == "batch":
			bad = fail(405, "ERROR_BATCH_METHOD_NOT_ALLOWED", "Method is not allowed for batch usage")
		default:
			form, err := url.ParseQuery(resolve(query, results))
			if err != nil {
				bad = fail(400, "INVALID_REQUEST", "the command cannot be read")
				break
			}
			a, bad = p.run(c, name, fromForm(form))
			times[cmd.key] = p.timeOf(c, name, start)
		}
		if bad != nil {
			faults[cmd.key] = envelopeOf(bad)
			if q.number("halt", 0) == 1 || q.text("halt") == "true" {
				break
			}
			continue
		}
		results[cmd.key] = a.result
		if a.listed {
			totals[cmd.key] = a.total
			if a.next > 0 {
				nexts[cmd.key] = a.next
			}
		}
	}
	return map[string]any{
		"result": php(results), "result_error": php(faults), "result_total": php(totals), "result_next": php(nexts), "result_time": php(times),
	}
}

// php writes an empty map as PHP does, as an empty list.
func php(m map[string]any) any {
	if len(m) == 0 {
		return []any{}
	}
	return m
}

type commandLine struct{ key, text string }

// commandsOf lists commands in the order of their keys: a map's order is lost
// in JSON, so keys are compared, numbers by value.
func commandsOf(v any) []commandLine {
	var list []commandLine
	if items, ok := v.([]any); ok {
		for i, item := range items {
			list = append(list, commandLine{strconv.Itoa(i), textOf(item)})
		}
		return list
	}
	m, _ := v.(map[string]any)
	for k, item := range m {
		list = append(list, commandLine{k, textOf(item)})
	}
	slices.SortFunc(list, func(a, b commandLine) int {
		if len(a.key) != len(b.key) {
			return len(a.key) - len(b.key)
		}
		return strings.Compare(a.key, b.key)
	})
	return list
}

// resolve puts results of earlier commands in place of $result[key][FIELD]; what
// does not resolve stays as it is.
func resolve(query string, results map[string]any) string {
	var out strings.Builder
	for {
		before, after, ok := strings.Cut(query, "$result[")
		out.WriteString(before)
		if !ok {
			return out.String()
		}
		path, rest := pathOf(after)
		value, found := follow(results, path)
		if !found {
			out.WriteString("$result[")
			query = after
			continue
		}
		out.WriteString(url.QueryEscape(value))
		query = rest
	}
}

// pathOf reads a][b]… and what follows.
func pathOf(text string) (path []string, rest string) {
	for {
		key, after, ok := strings.Cut(text, "]")
		if !ok {
			return path, text
		}
		path = append(path, key)
		if !strings.HasPrefix(after, "[") {
			return path, after
		}
		text = after[1:]
	}
}

func follow(at any, path []string) (string, bool) {
	for _, step := range path {
		switch v := at.(type) {
		case map[string]any:
			next, ok := v[step]
			if !ok {
				return "", false
			}
			at = next
		case []map[string]any:
			i, err := strconv.Atoi(step)
			if err != nil || i < 0 || i >= len(v) {
				return "", false
			}
			at = v[i]
		default:
			return "", false
		}
	}
	switch at.(type) {
	case map[string]any, []map[string]any:
		return "", false
	}
	return textOf(at), true
}
