package main

import (
	"slices"
	"strings"
	"time"
)

// story is what the calls of a scenario must be.
type story struct {
	calls    []*want
	settings object // dial-plan settings, where they differ from those of the first dial plan
}

// want is one call as it must be. Every time in it is a telephone's.
type want struct {
	f        map[string]any
	from     string // as in talks
	start    time.Time
	end      func() time.Time
	endpoint string // with nth: the channel whose linkedids are the call's; "" is every linkedid of the scenario
	nth      int
	talks    []talk
	legs     []any
}

type talk struct {
	from, until time.Time
	parties     []string
}

// anyOf is a value that the records cannot tell, or the contract leaves open.
func anyOf(values ...any) object { return object{{"any", values}} }

func (r *Rig) expect(direction, from, ext string, to any, trunk string) *want {
	w := &want{from: from, f: map[string]any{
		"direction": direction, "from.number": from, "from.extension": ext, "to.number": to, "trunk": trunk,
		"transfers": []any{}, "queues": []any{}, "parked": []any{},
		"conference": "", "voicemail": "", "ivr": false, "complete": true, "in_progress": false,
	}}
	r.calls = append(r.calls, w)
	return w
}

// of says whose call it is: its length, and, if its telephone ended it, that
// the caller did.
func (w *want) of(c *Call) *want {
	w.start = c.startAt
	w.end = func() time.Time { _, end := c.times(); return end }
	if c.byWho == "self" {
		w.f["ended_by"] = "from"
	}
	return w
}

// incoming is a call of c, from outside to one of our numbers.
func (r *Rig) incoming(c *Call, did string) *want {
	return r.expect("incoming", c.from, "", did, "trunk-provider").of(c)
}

// outgoing is a call of c, from an extension to outside.
func (r *Rig) outgoing(c *Call, number string) *want {
	return r.expect("outgoing", c.ua.user, c.ua.user, number, "trunk-provider").of(c)
}

// internal is a call of c, from an extension to another or to a service.
func (r *Rig) internal(c *Call, to string) *want {
	return r.expect("internal", c.ua.user, c.ua.user, to, "").of(c)
}

// channel ties the call to the nth channel (from 0) of an endpoint, in a
// scenario of several calls.
func (w *want) channel(endpoint string, nth int) *want {
	w.endpoint, w.nth = endpoint, nth
	return w
}

// set fills any field of the call.
func (w *want) set(field string, value any) *want {
	w.f[field] = value
	return w
}

func (w *want) without(fields ...string) *want {
	for _, f := range fields {
		delete(w.f, f)
	}
	return w
}

// answered says when the caller first could talk with a person.
func (w *want) answered(at time.Time) *want {
	w.f["result"], w.f["answered"], w.f["wait_seconds"] = "answered", true, seconds(at.Sub(w.start))
	return w
}

// unanswered is the result of a call in which nobody talked.
func (w *want) unanswered(result string) *want {
	w.f["result"], w.f["answered"] = result, false
	return w
}

func (w *want) endedBy(who any) *want { return w.set("ended_by", who) }

// talk is the next talk.
func (w *want) talk(from, until time.Time, parties ...string) *want {
	slices.SortFunc(parties, func(a, b string) int {
		switch w.from {
		case a:
			return -1
		case b:
			return 1
		}
		return strings.Compare(a, b)
	})
	w.talks = append(w.talks, talk{from, until, parties})
	return w
}

// leg is one attempt to ring; talks are the numbers, from 0, of the talks that
// its channel was in.
func (w *want) leg(party, via, result any, talks ...int) *want {
	w.legs = append(w.legs, leg{party, via, result, talks})
	return w
}

type leg struct {
	party, via, result any // a nil result is left open
	talks              []int
}

func (w *want) transfer(kind, by string, to any) *want {
	list, _ := w.f["transfers"].([]any)
	return w.set("transfers", append(list, object{{"kind", kind}, {"by", by}, {"to", to}}))
}

func (w *want) queue(name, result any) *want {
	list, _ := w.f["queues"].([]any)
	return w.set("queues", append(list, object{{"name", name}, {"result", result}}))
}

func (w *want) parked(by, result string, retrievedBy any, length any) *want {
	list, _ := w.f["parked"].([]any)
	o := object{{"by", by}, {"result", result}, {"retrieved_by", retrievedBy}}
	if length != nil {
		o = append(o, field{"seconds", length})
	}
	return w.set("parked", append(list, o))
}

// recorded gives the files to the scenario's call; there is one in scenarios
// whose applications are logged.
func (r *Rig) recorded(files []string) {
	if _, open := r.calls[0].f["recordings"]; open || len(r.calls) > 1 {
		return
	}
	// In the order in which they were begun: the names end in -<uniqueid>.wav.
	slices.SortFunc(files, func(a, b string) int {
		return strings.Compare(a[strings.LastIndexByte(a, '-')+1:], b[strings.LastIndexByte(b, '-')+1:])
	})
	list := []any{}
	for _, f := range files {
		list = append(list, f)
	}
	r.calls[0].f["recordings"] = list
}
