package api

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
)

// Health is how a part of the module is.
type Health string

// How a part can be.
const (
	Ok      Health = "Ok"
	Warning Health = "Warning"
	Error   Health = "Error"
)

// Report is how the whole module is.
type Report struct {
	// State is "", "stopped" or "restarting".
	State string
	// Status is Ok, or as bad as the worst part.
	Status Health
	// Parts are "pbx", "crm", "queue", "journal" and "live".
	Parts []Part
}

// Part is how one part is, with the parts that it is made of.
type Part struct {
	Name   string
	Status Health
	// Message says what is wrong and what to do, "" when nothing is.
	Message string
	// Values are facts worth watching, ready for JSON: no secret, no number of
	// a person.
	Values map[string]any
	Parts  []Part
}

// status shows how the module is, or one part of it: GET /status.
func (s *Server) status(w http.ResponseWriter, r *http.Request, p *parameters) {
	path := p.text("path")
	if refusal := p.refusal(); refusal != nil {
		WriteProblem(w, *refusal)
		return
	}
	ctx, cancel := s.journalTime(r)
	defer cancel()
	report := s.config.Status.Status(ctx)
	found, ok := report.at(path)
	if !ok {
		fault := Fault{"path", path, "leads to no part; /status without it shows all there are"}
		WriteProblem(w, Problem{Status: http.StatusNotFound, Detail: summary([]Fault{fault}), Faults: []Fault{fault}})
		return
	}
	s.writeJSON(w, http.StatusOK, found)
}

// at is what the path leads to: "" to the whole, app.crm to a part, and
// app.queue.waiting to a value of one.
func (r Report) at(path string) (any, bool) {
	switch path {
	case "":
		return r, true
	case "app_state":
		return r.State, true
	case "app_status":
		return r.Status, true
	case "app":
		return partsByName(r.Parts), true
	}
	rest, ok := strings.CutPrefix(path, "app.")
	if !ok {
		return nil, false
	}
	return descend(r.Parts, rest)
}

// descend follows a path through parts. Names may hold points themselves.
func descend(parts []Part, path string) (any, bool) {
	for _, part := range parts {
		if part.Name == path {
			return part, true
		}
		rest, ok := strings.CutPrefix(path, part.Name+".")
		if !ok {
			continue
		}
		if found, ok := descend(part.Parts, rest); ok {
			return found, true
		}
		if found, ok := part.fact(rest); ok {
			return found, true
		}
	}
	return nil, false
}

// fact is one value of a part by name.
func (p Part) fact(name string) (any, bool) {
	switch name {
	case "status":
		return p.Status, true
	case "message":
		return p.Message, true
	}
	value, ok := p.Values[name]
	return value, ok
}

// MarshalJSON writes the report in the form that monitoring reads.
func (r Report) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		State  string    `json:"app_state"`
		Status Health    `json:"app_status"`
		App    partNames `json:"app"`
	}{r.State, r.Status, partsByName(r.Parts)})
}

// MarshalJSON writes a part with its own parts by name.
func (p Part) MarshalJSON() ([]byte, error) {
	values := p.Values
	if values == nil {
		values = map[string]any{}
	}
	return json.Marshal(struct {
		Status  Health         `json:"status"`
		Message string         `json:"message"`
		Values  map[string]any `json:"values"`
		Parts   partNames      `json:"parts"`
	}{p.Status, p.Message, values, partsByName(p.Parts)})
}

type partNames map[string]Part

func partsByName(parts []Part) partNames {
	byName := make(partNames, len(parts))
	for _, part := range parts {
		byName[part.Name] = part
	}
	return byName
}

// Worst is the health of a whole: that of its worst part.
func Worst(parts []Part) Health {
	order := []Health{Ok, Warning, Error}
	worst := Ok
	for _, part := range parts {
		if slices.Index(order, part.Status) > slices.Index(order, worst) {
			worst = part.Status
		}
	}
	return worst
}
