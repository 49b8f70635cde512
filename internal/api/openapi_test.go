package api

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"ringback/internal/backfill"
	"ringback/internal/call"
)

// openAPIDocument is what the tests look at.
type openAPIDocument struct {
	OpenAPI    string
	Security   []map[string][]string
	Paths      map[string]map[string]operation
	Components struct {
		SecuritySchemes map[string]map[string]string
		Parameters      map[string]parameter
		Responses       map[string]any
		Schemas         map[string]schema
	}
}

type operation struct {
	OperationID string
	Parameters  []parameter
	Responses   map[string]any
	RequestBody struct{ Content map[string]any }
	Security    *[]any
}

type parameter struct {
	Ref         string `json:"$ref"`
	Name, In    string
	Description string
	Example     any
	Schema      schema
}

type schema struct {
	Ref        string `json:"$ref"`
	Properties map[string]schema
	Enum       []any
	Items      *schema
}

func readDocument(t *testing.T) openAPIDocument {
	t.Helper()
	var d openAPIDocument
	if err := json.Unmarshal(document, &d); err != nil {
		t.Fatal(err)
	}
	return d
}

// served is every method of every path that the server answers.
func served(h *house) map[string]endpoint {
	all := map[string]endpoint{}
	for _, e := range h.endpoints() {
		all[e.method+" "+e.path] = e
	}
	for path := range h.probes() {
		all["GET "+path] = endpoint{method: "GET", path: path}
	}
	return all
}

func TestEveryRouteServedIsDescribedAndTheOtherWayRound(t *testing.T) {
	d, h := readDocument(t), newHouse(t)
	if d.OpenAPI != "3.1.0" {
		t.Errorf("the document is of OpenAPI %s", d.OpenAPI)
	}
	described := map[string]bool{}
	for path, methods := range d.Paths {
		for method := range methods {
			described[strings.ToUpper(method)+" "+path] = true
		}
	}
	for _, route := range slices.Sorted(maps.Keys(served(h))) {
		if !described[route] {
			t.Errorf("%s is served but not described", route)
		}
		delete(described, route)
	}
	for route := range described {
		t.Errorf("%s is described but not served", route)
	}
}

func TestEveryParameterIsDescribedAndTheOtherWayRound(t *testing.T) {
	d := readDocument(t)
	for route, e := range served(newHouse(t)) {
		var names []string
		for _, p := range operationOf(d, e).Parameters {
			if p.Ref != "" {
				p = d.Components.Parameters[strings.TrimPrefix(p.Ref, "#/components/parameters/")]
			}
			if p.Description == "" || p.Example == nil {
				t.Errorf("%s: the parameter %q has no description or no example", route, p.Name)
			}
			if p.In == "query" {
				names = append(names, p.Name)
			}
			if p.In == "path" && !strings.Contains(e.path, "{"+p.Name+"}") {
				t.Errorf("%s: the path holds no %s", route, p.Name)
			}
		}
		want := slices.Sorted(slices.Values(e.parameters))
		slices.Sort(names)
		if !slices.Equal(names, want) {
			t.Errorf("%s: the parameters %q are described, %q are taken", route, names, want)
		}
	}
	for name, s := range map[string]schema{"JSON": d.Components.Schemas["ReadCall"], "form": d.Components.Schemas["ReadCallForm"]} {
		want := slices.Sorted(slices.Values(served(newHouse(t))["POST /pbx/read_call"].parameters))
		if got := slices.Sorted(maps.Keys(s.Properties)); !slices.Equal(got, want) {
			t.Errorf("the %s body has %q, want %q", name, got, want)
		}
	}
}

func operationOf(d openAPIDocument, e endpoint) operation {
	return d.Paths[e.path][strings.ToLower(e.method)]
}

func TestEveryRefusalIsDescribed(t *testing.T) {
	d := readDocument(t)
	ids := map[string]bool{}
	for route, e := range served(newHouse(t)) {
		o := operationOf(d, e)
		if o.OperationID == "" || ids[o.OperationID] {
			t.Errorf("%s: the operation's id %q is empty or taken", route, o.OperationID)
		}
		ids[o.OperationID] = true
		want := []string{"405"}
		if o.Security == nil {
			want = append(want, "400", "401", "429", "500")
		} else if len(*o.Security) > 0 {
			t.Errorf("%s: has a log-in of its own", route)
		}
		if e.adminOnly {
			want = append(want, "403", "503")
		}
		if e.method == "POST" {
			want = append(want, "413", "415")
		}
		for _, status := range want {
			if o.Responses[status] == nil {
				t.Errorf("%s: the answer %s is not described", route, status)
			}
		}
	}
	if d.Components.SecuritySchemes["digest"]["scheme"] != "digest" || len(d.Security) != 1 || d.Security[0]["digest"] == nil {
		t.Errorf("the log-in is not described: %v %v", d.Security, d.Components.SecuritySchemes)
	}
}

func TestEveryReferenceLeadsSomewhere(t *testing.T) {
	var whole any
	if err := json.Unmarshal(document, &whole); err != nil {
		t.Fatal(err)
	}
	used := map[string]bool{}
	var walk func(any)
	walk = func(node any) {
		switch node := node.(type) {
		case []any:
			for _, child := range node {
				walk(child)
			}
		case map[string]any:
			if ref, ok := node["$ref"].(string); ok {
				used[ref] = true
				if !leads(whole, ref) {
					t.Errorf("%s leads nowhere", ref)
				}
			}
			for _, child := range node {
				walk(child)
			}
		}
	}
	walk(whole)
	components := whole.(map[string]any)["components"].(map[string]any)
	for _, kind := range []string{"schemas", "parameters", "responses"} {
		for name := range components[kind].(map[string]any) {
			if ref := fmt.Sprintf("#/components/%s/%s", kind, name); !used[ref] {
				t.Errorf("%s is described and never used", ref)
			}
		}
	}
}

func leads(node any, ref string) bool {
	for step := range strings.SplitSeq(strings.TrimPrefix(ref, "#/"), "/") {
		m, ok := node.(map[string]any)
		if !ok {
			return false
		}
		node = m[step]
	}
	return node != nil
}

func TestAnswersHaveTheFieldsDescribed(t *testing.T) {
	d := readDocument(t)
	for name, value := range map[string]any{
		"Run":         &backfill.Run{},
		"CallOutcome": backfill.CallOutcome{},
		"Call":        &call.Call{},
		"Leg":         call.Leg{},
		"Party":       call.Party{},
		"Report":      Report{},
		"Part":        Part{},
	} {
		b, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		var fields map[string]any
		if err := json.Unmarshal(b, &fields); err != nil {
			t.Fatal(err)
		}
		got, want := slices.Sorted(maps.Keys(d.Components.Schemas[name].Properties)), slices.Sorted(maps.Keys(fields))
		if !slices.Equal(got, want) {
			t.Errorf("%s is described with %q and has %q", name, got, want)
		}
	}
	for list, fields := range map[string]any{
		"talks": call.Talk{}, "transfers": call.Transfer{}, "queues": call.QueueStay{}, "parked": call.Parking{},
	} {
		b, err := json.Marshal(fields)
		if err != nil {
			t.Fatal(err)
		}
		for name := range d.Components.Schemas["Call"].Properties[list].Items.Properties {
			if !strings.Contains(string(b), `"`+name+`":`) {
				t.Errorf("%s is described with %s, which it has not: %s", list, name, b)
			}
		}
	}
}

func TestValuesDescribedAreThoseTaken(t *testing.T) {
	d := readDocument(t)
	for name, want := range map[string][]string{"direction": directions(), "result": results()} {
		var got []string
		for _, v := range d.Components.Parameters[name].Schema.Enum {
			got = append(got, fmt.Sprint(v))
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s is described with %q, and takes %q", name, got, want)
		}
	}
}
