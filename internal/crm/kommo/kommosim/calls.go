package kommosim

import (
	"net/http"
	"slices"
)

var callShape = shape{
	"direction": {kind: "string", required: true, choices: []string{"inbound", "outbound"}}, "duration": {kind: "int", required: true},
	"source": {kind: "string", required: true}, "phone": {kind: "string", required: true}, "uniq": {kind: "string"}, "link": {kind: "string"},
	"call_result": {kind: "string"}, "call_status": {kind: "int"}, "call_responsible": {kind: "int or string"}, "responsible_user_id": {kind: "int"},
	"created_by": {kind: "int"}, "updated_by": {kind: "int"}, "created_at": {kind: "int"}, "updated_at": {kind: "int"}, "request_id": {kind: "string"},
}

// logCalls writes calls on whom their numbers belong to. It makes nobody, and
// takes the same call as often as it comes.
func (s *Sim) logCalls(r *http.Request) *answer {
	all, refused := s.sound(r, callShape, s.usersExist)
	if refused != nil {
		return refused
	}
	type placed struct {
		item map[string]any
		id   string
		kind string
		e    *Entity
	}
	var places []placed
	errs := []object{}
	for _, item := range all {
		kind, e := s.place(text(item, "phone"))
		if e == nil {
			errs = append(errs, object{"title": "Entity not found", "status": 263, "request_id": text(item, "request_id")})
			continue
		}
		places = append(places, placed{item, text(item, "request_id"), kind, e})
	}
	if len(errs) > 0 && (len(places) == 0 || s.options.Switches.WholeBatchFails) {
		return reply(http.StatusBadRequest, object{"_total_items": 0, "errors": errs, "_embedded": object{"calls": []object{}}})
	}
	made := []object{}
	for _, p := range places {
		params := map[string]any{}
		for name := range paramsShape {
			if v, ok := p.item[name]; ok {
				params[name] = v
			}
		}
		noteType := "call_out"
		if text(p.item, "direction") == "inbound" {
			noteType = "call_in"
		}
		if s.options.Switches.CallsAreNow {
			delete(p.item, "created_at")
		}
		n := s.note(p.kind, p.e.ID, noteType, p.item, params)
		n.Triggered, n.Logged = true, true
		made = append(made, object{
			"id": n.ID, "entity_id": n.Entity, "entity_type": singular[p.kind], "account_id": 28805383, "request_id": p.id,
			"_embedded": object{"entity": object{"id": n.Entity}},
		})
	}
	return reply(http.StatusOK, object{"_total_items": len(made), "errors": errs, "_embedded": object{"calls": made}})
}

// place finds where a call goes: to the client's only active lead where there
// is no customer, to the only customer where there is no active lead, else to
// the client.
func (s *Sim) place(phone string) (string, *Entity) {
	for _, kind := range []string{"contacts", "companies"} {
		for _, e := range s.sorted(kind) {
			if e.Hidden || !slices.ContainsFunc(e.Phones, func(p string) bool { return lastTen(p) == lastTen(phone) && phone != "" }) {
				continue
			}
			active := slices.DeleteFunc(slices.Clone(e.Leads), func(id int64) bool {
				lead := s.entities["leads"][id]
				return lead == nil || lead.Closed || lead.Hidden
			})
			switch {
			case len(active) == 1 && len(e.Customers) == 0:
				return "leads", s.entities["leads"][active[0]]
			case len(active) == 0 && len(e.Customers) == 1:
				return "customers", s.entities["customers"][e.Customers[0]]
			}
			return kind, e
		}
	}
	return "", nil
}

func (s *Sim) account(*http.Request) *answer {
	return reply(http.StatusOK, object{
		"id": 28805383, "name": "Simulated", "subdomain": "sim", "current_user_id": s.users[0].ID,
		"is_unsorted_on": !s.options.Switches.NoUnsorted, "is_api_filter_enabled": false,
	})
}

func (s *Sim) listUsers(r *http.Request) *answer {
	var rows []object
	for _, u := range s.users {
		rows = append(rows, object{"id": u.ID, "name": u.Name, "email": "", "rights": object{"is_active": u.Active, "is_admin": true}})
	}
	return listed(r.URL.Query(), "users", rows)
}
