package kommosim

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// Entry is a call of somebody unknown, until a person accepts or declines it.
type Entry struct {
	UID       string         `json:"uid"`
	SourceUID string         `json:"source_uid"`
	CreatedAt int64          `json:"created_at"`
	Metadata  map[string]any `json:"metadata"`
	Contact   int64          `json:"contact"`
	Lead      int64          `json:"lead"`
}

var unsortedShape = shape{
	"request_id": {kind: "string"}, "source_name": {kind: "string", required: true}, "source_uid": {kind: "string", required: true},
	"pipeline_id": {kind: "int"}, "created_at": {kind: "int"},
	"metadata": {kind: "object", required: true, in: shape{
		"from": {kind: "string", required: true}, "phone": {kind: "string", required: true}, "called_at": {kind: "int", required: true},
		"duration": {kind: "int", required: true}, "link": {kind: "string"}, "service_code": {kind: "string", required: true}, "uniq": {kind: "string"},
		"is_call_event_needed": {kind: "bool"}, "call_responsible": {kind: "int or string"},
	}},
	"_embedded": {kind: "object", in: shape{
		"leads": {kind: "list", in: shape{"name": {kind: "string"}}}, "contacts": {kind: "list", in: contactShape}, "companies": {kind: "list", in: contactShape},
	}},
}

func (s *Sim) addUnsorted(r *http.Request) *answer {
	if s.options.Switches.NoUnsorted {
		return problem(http.StatusBadRequest, "Unsorted is switched off")
	}
	all, refused := s.sound(r, unsortedShape, func(item map[string]any) []fault {
		if len(list(nested(item, "_embedded"), "leads")) > 1 {
			return []fault{{"NotSupportedChoice", "_embedded.leads", "Only one lead is possible."}}
		}
		return nil
	})
	if refused != nil {
		return refused
	}
	seen := map[string]bool{}
	for _, e := range s.unsorted {
		seen[e.SourceUID] = true
	}
	for _, item := range all {
		if uid := text(item, "source_uid"); seen[uid] {
			return problem(http.StatusBadRequest, "An identical entry exists")
		}
		seen[text(item, "source_uid")] = true
	}
	var made []object
	for _, item := range all {
		made = append(made, s.entry(item, text(item, "request_id")))
	}
	return reply(http.StatusOK, object{"_total_items": len(made), "_embedded": object{"unsorted": made}})
}

func (s *Sim) entry(item map[string]any, request string) object {
	in := nested(item, "_embedded")
	e := &Entry{
		UID: fmt.Sprintf("uid-%d", s.id()), SourceUID: text(item, "source_uid"), CreatedAt: number(item, "created_at"), Metadata: nested(item, "metadata"),
	}
	name := "lead"
	if named := list(in, "leads"); len(named) > 0 {
		name = text(named[0], "name")
	}
	e.Lead = s.add(&Entity{Kind: "leads", Name: name, Hidden: true})
	embedded := object{"contacts": []object{}, "leads": []object{{"id": e.Lead}}, "companies": []object{}}
	if people := list(in, "contacts"); len(people) > 0 {
		c := contactOf("contacts", people[0])
		c.Hidden, c.Leads = true, []int64{e.Lead}
		e.Contact = s.add(c)
		embedded["contacts"] = []object{{"id": e.Contact}}
	}
	s.unsorted = append(s.unsorted, e)
	return object{"uid": e.UID, "account_id": 28805383, "request_id": request, "_embedded": embedded}
}

func (s *Sim) listUnsorted(r *http.Request) *answer {
	q := r.URL.Query()
	if a := onlyParameters(q, "filter[category]", "filter[category][]", "filter[uid]", "filter[pipeline_id]", "order[created_at]", "page", "limit"); a != nil {
		return a
	}
	all := slices.Clone(s.unsorted)
	slices.SortStableFunc(all, func(a, b *Entry) int {
		if q.Get("order[created_at]") == "desc" {
			return cmp.Compare(b.CreatedAt, a.CreatedAt)
		}
		return cmp.Compare(a.CreatedAt, b.CreatedAt)
	})
	var rows []object
	for _, e := range all {
		if uid := q.Get("filter[uid]"); uid == "" || uid == e.UID {
			rows = append(rows, s.showEntry(e))
		}
	}
	return listed(q, "unsorted", rows)
}

func (s *Sim) showEntry(e *Entry) object {
	shown := object{}
	for k, v := range e.Metadata {
		if k != "is_call_event_needed" && (k != "uniq" || !s.options.Switches.HideUniq) {
			shown[k] = v
		}
	}
	if s.options.Switches.SwapNumbers {
		shown["from"], shown["phone"] = shown["phone"], shown["from"]
	}
	row := object{
		"uid": e.UID, "category": "sip", "created_at": e.CreatedAt, "metadata": shown, "pipeline_id": 1,
		"_embedded": object{"contacts": []object{{"id": e.Contact}}, "leads": []object{{"id": e.Lead}}, "companies": []object{}},
	}
	if !s.options.Switches.HideUniq {
		row["source_uid"] = e.SourceUID
	}
	return row
}

// decide accepts or declines an entry. An accepted one shows its contact and
// lead, with the call on the lead.
func (s *Sim) decide(r *http.Request, uid, how string) *answer {
	accept := how == "accept" && r.Method == http.MethodPost
	if !accept && (how != "decline" || r.Method != http.MethodDelete) {
		return missing()
	}
	i := slices.IndexFunc(s.unsorted, func(e *Entry) bool { return e.UID == uid })
	if i < 0 {
		return missing()
	}
	e := s.unsorted[i]
	s.unsorted = slices.Delete(s.unsorted, i, i+1)
	if !accept {
		delete(s.entities["contacts"], e.Contact)
		delete(s.entities["leads"], e.Lead)
		return reply(http.StatusOK, object{"uid": uid})
	}
	for kind, id := range map[string]int64{"contacts": e.Contact, "leads": e.Lead} {
		if entity := s.entities[kind][id]; entity != nil {
			entity.Hidden = false
		}
	}
	if needed, _ := e.Metadata["is_call_event_needed"].(bool); needed {
		params := map[string]any{"source": "unsorted"}
		for name := range paramsShape {
			if v, ok := e.Metadata[name]; ok {
				params[name] = v
			}
		}
		params["phone"] = e.Metadata["from"]
		s.note("leads", e.Lead, "call_in", map[string]any{"created_at": e.Metadata["called_at"]}, params)
	}
	return reply(http.StatusOK, object{"uid": uid, "_embedded": object{"leads": []object{{"id": e.Lead}}}})
}

// Decide accepts or declines the entry with a uid, as a person would.
func (s *Sim) Decide(uid string, accept bool) bool {
	method, how := http.MethodDelete, "decline"
	if accept {
		method, how = http.MethodPost, "accept"
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.decide(&http.Request{Method: method}, strings.Clone(uid), how).status == http.StatusOK
}
