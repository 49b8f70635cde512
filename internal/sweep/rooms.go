package sweep

import (
	"slices"

	"ringback/internal/call"
	"ringback/internal/cel"
)

// room is a conference: its members' calls are calls of their own, and each
// must know who else was there.
type room struct {
	id string
	// in are the gatherings of members whose calls are not worked out yet.
	in []*gathering
	// left are the records of members whose calls are.
	left []cel.Record
}

// rooms finds conferences by the id of their bridge.
type rooms map[string]*room

// note remembers that a record's channel was in a conference.
func (r rooms) note(g *gathering, rec *cel.Record) {
	id := call.Room(rec)
	if id == "" {
		return
	}
	conference := r[id]
	if conference == nil {
		conference = &room{id: id}
		r[id] = conference
	}
	g.enter(conference)
}

func (g *gathering) enter(r *room) {
	if !slices.Contains(g.rooms, r) {
		g.rooms = append(g.rooms, r)
	}
	if !slices.Contains(r.in, g) {
		r.in = append(r.in, g)
	}
}

func (r *room) replace(old, new *gathering) {
	r.in = slices.DeleteFunc(r.in, func(g *gathering) bool { return g == old })
	if !slices.Contains(r.in, new) {
		r.in = append(r.in, new)
	}
}

// companions are the records of those who were in the same conferences as g.
func (g *gathering) companions() []cel.Record {
	var list []cel.Record
	for _, r := range g.rooms {
		list = append(list, r.left...)
		for _, other := range r.in {
			if other != g {
				list = append(list, call.Visitors(other.records)...)
			}
		}
	}
	return list
}

// leave takes g out of its conferences, whose other members still need to know
// of it. A conference without members is forgotten.
func (r rooms) leave(g *gathering) {
	for _, conference := range g.rooms {
		conference.in = slices.DeleteFunc(conference.in, func(o *gathering) bool { return o == g })
		if len(conference.in) == 0 {
			delete(r, conference.id)
			continue
		}
		conference.left = append(conference.left, call.Visitors(g.records)...)
		conference.prune()
	}
}

// prune forgets members who left before any of those who remain came: a room
// may stay in use for days.
func (r *room) prune() {
	since := r.in[0].first
	for _, g := range r.in {
		since = min(since, g.first)
	}
	last := make(map[string]int64)
	for i := range r.left {
		id := r.left[i].UniqueID
		last[id] = max(last[id], r.left[i].At)
	}
	r.left = slices.DeleteFunc(r.left, func(rec cel.Record) bool { return last[rec.UniqueID] < since })
}
