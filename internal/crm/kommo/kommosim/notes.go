package kommosim

import (
	"cmp"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
)

// Note is a call in the feed of an entity.
type Note struct {
	ID          int64          `json:"id"`
	Kind        string         `json:"kind"`
	Entity      int64          `json:"entity_id"`
	Type        string         `json:"note_type"`
	CreatedAt   int64          `json:"created_at"`
	UpdatedAt   int64          `json:"updated_at"`
	CreatedBy   int64          `json:"created_by"`
	Responsible int64          `json:"responsible_user_id"`
	Params      map[string]any `json:"params"`
	// Triggered says that automation was let loose on it.
	Triggered bool `json:"triggered"`
	// Logged says that it came through /calls.
	Logged bool `json:"logged"`
}

func (n *Note) show() object {
	return object{
		"id": n.ID, "entity_id": n.Entity, "created_by": n.CreatedBy, "updated_by": n.CreatedBy, "created_at": n.CreatedAt, "updated_at": n.UpdatedAt,
		"responsible_user_id": n.Responsible, "group_id": 0, "note_type": n.Type, "params": n.Params, "account_id": 28805383,
	}
}

var paramsShape = shape{
	"uniq": {kind: "string"}, "duration": {kind: "int", required: true}, "source": {kind: "string", required: true}, "link": {kind: "string"},
	"phone": {kind: "string"}, "call_result": {kind: "string"}, "call_status": {kind: "int"}, "call_responsible": {kind: "int or string"},
}

var noteShape = shape{
	"entity_id": {kind: "int", required: true}, "note_type": {kind: "string", required: true, choices: []string{"call_in", "call_out"}},
	"created_at": {kind: "int"}, "created_by": {kind: "int"}, "updated_by": {kind: "int"}, "responsible_user_id": {kind: "int"},
	"request_id": {kind: "string"}, "is_need_to_trigger_digital_pipeline": {kind: "bool"}, "params": {kind: "object", required: true, in: paramsShape},
}

func (s *Sim) routeNotes(r *http.Request, kind string) *answer {
	switch r.Method {
	case http.MethodGet:
		return s.listNotes(r, kind)
	case http.MethodPost:
		return s.addNotes(r, kind)
	case http.MethodPatch:
		return s.changeNotes(r, kind)
	}
	return problem(http.StatusMethodNotAllowed, "Method not allowed")
}

func (s *Sim) addNotes(r *http.Request, kind string) *answer {
	all, refused := s.sound(r, noteShape, func(item map[string]any) []fault {
		faults := s.usersExist(item)
		e := s.entities[kind][number(item, "entity_id")]
		if e == nil || e.Hidden && s.options.Switches.HiddenRefuseNotes {
			faults = append(faults, fault{"NotSupportedChoice", "entity_id", "The value you selected is not a valid choice."})
		}
		return faults
	})
	if refused != nil {
		return refused
	}
	var made []object
	for _, item := range all {
		trigger, given := item["is_need_to_trigger_digital_pipeline"].(bool)
		n := s.note(kind, number(item, "entity_id"), text(item, "note_type"), item, nested(item, "params"))
		n.Triggered = trigger || !given
		made = append(made, object{"id": n.ID, "entity_id": n.Entity, "request_id": text(item, "request_id"), "_links": object{}})
	}
	return reply(http.StatusOK, object{"_links": object{}, "_embedded": object{"notes": made}})
}

// note adds a note; updated_at is when it came.
func (s *Sim) note(kind string, entity int64, noteType string, item, params map[string]any) *Note {
	now := s.options.Now().Unix()
	n := &Note{
		ID: s.id(), Kind: kind, Entity: entity, Type: noteType, CreatedAt: number(item, "created_at"), UpdatedAt: now,
		CreatedBy: number(item, "created_by"), Responsible: number(item, "responsible_user_id"), Params: params,
	}
	if n.CreatedAt == 0 {
		n.CreatedAt = now
	}
	s.notes = append(s.notes, n)
	return n
}

func (s *Sim) changeNotes(r *http.Request, kind string) *answer {
	find := func(item map[string]any) *Note {
		i := slices.IndexFunc(s.notes, func(n *Note) bool { return n.ID == number(item, "id") && n.Kind == kind })
		if i < 0 {
			return nil
		}
		return s.notes[i]
	}
	all, refused := s.sound(r, shape{
		"id": {kind: "int", required: true}, "params": {kind: "object", required: true, in: paramsShape}, "request_id": {kind: "string"},
	}, func(item map[string]any) []fault {
		if find(item) == nil {
			return []fault{{"NotSupportedChoice", "id", "The value you selected is not a valid choice."}}
		}
		return nil
	})
	if refused != nil {
		return refused
	}
	var made []object
	for _, item := range all {
		n := find(item)
		n.Params, n.UpdatedAt = nested(item, "params"), s.options.Now().Unix()
		made = append(made, object{"id": n.ID, "entity_id": n.Entity, "updated_at": n.UpdatedAt})
	}
	return reply(http.StatusOK, object{"_embedded": object{"notes": made}})
}

func (s *Sim) listNotes(r *http.Request, kind string) *answer {
	q := r.URL.Query()
	if a := onlyParameters(q, "filter[id][]", "filter[entity_id][]", "filter[note_type][]", "filter[updated_at][from]", "filter[updated_at][to]",
		"order[updated_at]", "order[id]", "page", "limit"); a != nil {
		return a
	}
	var found []*Note
	for _, n := range s.notes {
		if n.Kind == kind && n.passes(q) {
			found = append(found, n)
		}
	}
	slices.SortStableFunc(found, func(a, b *Note) int {
		order := cmp.Or(cmp.Compare(a.UpdatedAt, b.UpdatedAt), cmp.Compare(a.ID, b.ID))
		if q.Get("order[updated_at]") == "desc" {
			return -order
		}
		return order
	})
	var rows []object
	for _, n := range found {
		rows = append(rows, n.show())
	}
	return listed(q, "notes", rows)
}

func (n *Note) passes(q url.Values) bool {
	in := func(name, value string) bool {
		return !q.Has(name) || slices.Contains(q[name], value)
	}
	from, _ := strconv.ParseInt(q.Get("filter[updated_at][from]"), 10, 64)
	to, err := strconv.ParseInt(q.Get("filter[updated_at][to]"), 10, 64)
	return in("filter[id][]", strconv.FormatInt(n.ID, 10)) && in("filter[entity_id][]", strconv.FormatInt(n.Entity, 10)) &&
		in("filter[note_type][]", n.Type) && n.UpdatedAt >= from && (err != nil || n.UpdatedAt <= to)
}

// popup takes the old request that shows a call on users' screens.
func (s *Sim) popup(r *http.Request) *answer {
	var in struct {
		Add []json.RawMessage `json:"add"`
	}
	if json.NewDecoder(r.Body).Decode(&in) != nil || len(in.Add) == 0 {
		return problem(http.StatusBadRequest, "The request names no event")
	}
	s.popups = append(s.popups, in.Add...)
	return reply(http.StatusOK, object{"_embedded": object{"items": []object{{"id": s.id()}}}})
}

// events lists calls as the account's journal of events has them.
func (s *Sim) events(r *http.Request) *answer {
	q := r.URL.Query()
	if a := onlyParameters(q, "filter[type]", "filter[created_at][from]", "filter[created_at][to]", "filter[entity]", "filter[entity_id]", "filter[created_by]", "page", "limit"); a != nil {
		return a
	}
	types := map[string]string{"call_in": "incoming_call", "call_out": "outgoing_call"}
	var rows []object
	for _, n := range s.notes {
		if entity := q.Get("filter[entity_id]"); entity != "" && entity != strconv.FormatInt(n.Entity, 10) {
			continue
		}
		rows = append(rows, object{
			"id": strconv.FormatInt(n.ID, 36), "type": types[n.Type], "entity_id": n.Entity, "entity_type": singular[n.Kind], "created_by": n.CreatedBy,
			"created_at": n.CreatedAt, "value_after": []object{{"note": object{"id": n.ID}}}, "value_before": []object{}, "account_id": 28805383,
		})
	}
	return listed(q, "events", rows)
}
