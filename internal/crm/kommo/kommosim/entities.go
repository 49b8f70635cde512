package kommosim

import (
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

var kinds = []string{"contacts", "companies", "leads", "customers"}

var singular = map[string]string{"contacts": "contact", "companies": "company", "leads": "lead", "customers": "customer"}

// Entity is a contact, a company, a lead or a customer.
type Entity struct {
	ID          int64    `json:"id"`
	Kind        string   `json:"kind"`
	Name        string   `json:"name"`
	Phones      []string `json:"phones,omitempty"`
	Responsible int64    `json:"responsible_user_id,omitempty"`
	// Leads and Customers hang on a contact or company.
	Leads     []int64 `json:"leads,omitempty"`
	Customers []int64 `json:"customers,omitempty"`
	// Closed is a lead that is won or lost.
	Closed bool `json:"closed,omitempty"`
	// Hidden is a contact or lead of an entry that is not accepted yet.
	Hidden bool `json:"hidden,omitempty"`
}

// User is one of the account's users.
type User struct {
	ID     int64  `json:"id"`
	Name   string `json:"name"`
	Active bool   `json:"active"`
}

// AddUser adds a user.
func (s *Sim) AddUser(id int64, name string, active bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.users = append(s.users, User{id, name, active})
}

// AddClient adds a contact or company with telephone numbers.
func (s *Sim) AddClient(kind, name string, phones ...string) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.add(&Entity{Kind: kind, Name: name, Phones: phones})
}

// Attach gives a client a lead or a customer.
func (s *Sim) Attach(kind string, client int64, attached string, closed bool) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	id := s.add(&Entity{Kind: attached, Name: attached, Closed: closed})
	e := s.entities[kind][client]
	if attached == "customers" {
		e.Customers = append(e.Customers, id)
	} else {
		e.Leads = append(e.Leads, id)
	}
	return id
}

// Delete removes an entity, as a person would.
func (s *Sim) Delete(kind string, id int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.entities[kind], id)
}

func (s *Sim) add(e *Entity) int64 {
	e.ID = s.id()
	s.entities[e.Kind][e.ID] = e
	return e.ID
}

// sorted are the entities of a kind by id.
func (s *Sim) sorted(kind string) []*Entity {
	return slices.SortedFunc(maps.Values(s.entities[kind]), func(a, b *Entity) int { return cmp.Compare(a.ID, b.ID) })
}

func digits(s string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
}

func lastTen(s string) string {
	d := digits(s)
	return d[max(0, len(d)-10):]
}

// matches is what the search of the interface does: text in the name, or a part
// of a number.
func (s *Sim) matches(e *Entity, query string) bool {
	if strings.Contains(strings.ToLower(e.Name), strings.ToLower(query)) && !s.options.Switches.WholeNumbers {
		return true
	}
	return slices.ContainsFunc(e.Phones, func(phone string) bool {
		d, q := digits(phone), digits(query)
		if s.options.Switches.WholeNumbers {
			return d == q
		}
		return q != "" && strings.Contains(d, q)
	})
}

func (s *Sim) search(r *http.Request) *answer {
	q := r.URL.Query()
	if a := onlyParameters(q, "query", "with", "limit", "page", "order[id]", "order[updated_at]"); a != nil {
		return a
	}
	kind := r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:]
	var found []object
	for _, e := range s.sorted(kind) {
		if !e.Hidden && s.matches(e, q.Get("query")) {
			found = append(found, e.show(strings.Split(q.Get("with"), ",")))
		}
	}
	return listed(q, kind, found)
}

func (e *Entity) show(with []string) object {
	var values []object
	for _, p := range e.Phones {
		values = append(values, object{"value": p, "enum_code": "WORK", "enum_id": 1})
	}
	var fields []object
	if len(values) > 0 {
		fields = []object{{"field_id": 77, "field_name": "Phone", "field_code": "PHONE", "field_type": "multitext", "values": values}}
	}
	in := object{"tags": []object{}}
	for name, ids := range map[string][]int64{"leads": e.Leads, "customers": e.Customers} {
		if slices.Contains(with, name) {
			refs := []object{}
			for _, id := range ids {
				refs = append(refs, object{"id": id})
			}
			in[name] = refs
		}
	}
	return object{"id": e.ID, "name": e.Name, "responsible_user_id": e.Responsible, "custom_fields_values": fields, "_embedded": in}
}

var phoneFields = rule{kind: "list", in: shape{
	"field_id": {kind: "int"}, "field_code": {kind: "string"}, "field_type": {kind: "string"},
	"values": {kind: "list", required: true, in: shape{"value": {kind: "int or string", required: true}, "enum_code": {kind: "string"}, "enum_id": {kind: "int"}}},
}}

var contactShape = shape{
	"name": {kind: "string"}, "first_name": {kind: "string"}, "last_name": {kind: "string"}, "responsible_user_id": {kind: "int"},
	"created_by": {kind: "int"}, "updated_by": {kind: "int"}, "created_at": {kind: "int"}, "updated_at": {kind: "int"},
	"custom_fields_values": phoneFields, "request_id": {kind: "string"},
}

func (s *Sim) addContacts(r *http.Request) *answer {
	all, refused := s.sound(r, contactShape, s.usersExist)
	if refused != nil {
		return refused
	}
	kind := r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:]
	var made []object
	for _, item := range all {
		id := s.add(contactOf(kind, item))
		made = append(made, object{"id": id, "request_id": text(item, "request_id"), "_links": object{}})
	}
	return reply(http.StatusOK, object{"_links": object{}, "_embedded": object{kind: made}})
}

func contactOf(kind string, item map[string]any) *Entity {
	e := &Entity{Kind: kind, Name: text(item, "name"), Responsible: number(item, "responsible_user_id")}
	for _, f := range list(item, "custom_fields_values") {
		for _, v := range list(f, "values") {
			if text(f, "field_code") == "PHONE" {
				e.Phones = append(e.Phones, fmt.Sprint(v["value"]))
			}
		}
	}
	return e
}

func (s *Sim) addLeads(r *http.Request) *answer {
	all, refused := s.sound(r, shape{
		"name": {kind: "string"}, "pipeline_id": {kind: "int"}, "status_id": {kind: "int"}, "responsible_user_id": {kind: "int"}, "request_id": {kind: "string"},
		"_embedded": {kind: "object", in: shape{"contacts": {kind: "list", in: shape{"id": {kind: "int", required: true}}}}},
	}, s.usersExist)
	if refused != nil {
		return refused
	}
	var made []object
	for _, item := range all {
		id := s.add(&Entity{Kind: "leads", Name: text(item, "name"), Responsible: number(item, "responsible_user_id")})
		for _, c := range list(nested(item, "_embedded"), "contacts") {
			if e := s.entities["contacts"][number(c, "id")]; e != nil {
				e.Leads = append(e.Leads, id)
			}
		}
		made = append(made, object{"id": id, "request_id": text(item, "request_id")})
	}
	return reply(http.StatusOK, object{"_embedded": object{"leads": made}})
}

// onlyParameters refuses parameters that the API does not document.
func onlyParameters(q url.Values, known ...string) *answer {
	for name := range q {
		if !slices.Contains(known, name) {
			return problem(http.StatusBadRequest, "Unknown parameter "+name)
		}
	}
	return nil
}

// listed is a page of a list; an empty one has no body.
func listed(q url.Values, name string, all []object) *answer {
	limit, at := 50, 1
	for parameter, n := range map[string]*int{"limit": &limit, "page": &at} {
		if q.Has(parameter) {
			v, err := strconv.Atoi(q.Get(parameter))
			if err != nil || v < 1 {
				return problem(http.StatusBadRequest, "Wrong "+parameter)
			}
			*n = v
		}
	}
	if limit > 250 {
		return problem(http.StatusUnprocessableEntity, "Limit 250 per page")
	}
	from := min(len(all), (at-1)*limit)
	to := min(len(all), from+limit)
	if from == to {
		return empty()
	}
	links := object{"self": object{}}
	if to < len(all) {
		links["next"] = object{}
	}
	return reply(http.StatusOK, object{"_page": at, "_links": links, "_embedded": object{name: all[from:to]}})
}
