package policy

import (
	"slices"

	"ringback/internal/call"
)

// client is the number of the outside party of a call; of a call among ours,
// of who was called.
func client(c *call.Call) string {
	if c.Direction == call.Incoming {
		return c.From.Number
	}
	if l := dialledOutside(c); l != nil && l.Party.Number != "" {
		return l.Party.Number
	}
	return c.To.Number
}

// dialledOutside is the leg to the outside that the caller dialled: the one
// that answered, else the last one tried; nil if there is none.
func dialledOutside(c *call.Call) *call.Leg {
	var found *call.Leg
	for i := range c.Legs {
		l := &c.Legs[i]
		if c.Direction != call.Outgoing || l.Party.Extension != "" || l.Via != call.ViaDialled && l.Via != call.ViaGroup {
			continue
		}
		if found == nil || !answered(found) {
			found = l
		}
	}
	return found
}

func answered(l *call.Leg) bool { return l.Result == call.LegAnswered }

// person is the extension of the one of ours whom the call belongs to.
func person(c *call.Call) (extension string, why []string) {
	if c.Direction != call.Internal && c.Result == call.Answered {
		if e := lastWhoTalked(c); e != "" {
			return e, []string{"of ours, " + e + " talked with the client last"}
		}
		if e := forwarder(c); e != "" {
			return e, []string{"the call was sent on to a number outside after " + e + " rang"}
		}
	}
	if c.Direction != call.Incoming {
		if e := c.From.Extension; e != "" {
			return e, []string{"of ours, " + e + " called"}
		}
	}
	if e := lastThatRang(c, nil); e != "" {
		return e, []string{"of ours, " + e + " rang last"}
	}
	return "", []string{"nobody of ours talked or rang"}
}

// lastWhoTalked is the last of ours in a talk with the client, else in any.
func lastWhoTalked(c *call.Call) string {
	with := []string{c.From.Label()}
	if c.Direction != call.Incoming {
		with = []string{c.To.Label(), client(c)}
	}
	anybody := ""
	for _, talk := range slices.Backward(c.Talks) {
		parties := talk.Parties
		e := newest(c, parties)
		if e == "" {
			continue
		}
		if slices.ContainsFunc(with, func(label string) bool { return slices.Contains(parties, label) }) {
			return e
		}
		if anybody == "" {
			anybody = e
		}
	}
	return anybody
}

// newest is, of ours among the parties of a talk, the one who came in last.
func newest(c *call.Call, parties []string) string {
	extension := ""
	if e := c.From.Extension; e != "" && slices.Contains(parties, e) {
		extension = e
	}
	var at call.Time
	for i := range c.Legs {
		l := &c.Legs[i]
		e := l.Party.Extension
		if e == "" || l.AnsweredAt.IsZero() || !slices.Contains(parties, e) {
			continue
		}
		if extension == "" || extension == c.From.Extension || l.AnsweredAt.After(at.Time) {
			extension, at = e, l.AnsweredAt
		}
	}
	return extension
}

// forwarder is, where only a number outside answered, the one of ours whose call
// was sent on to it.
func forwarder(c *call.Call) string {
	for i := len(c.Legs) - 1; i >= 0; i-- {
		if l := &c.Legs[i]; l.Via == call.ViaForward && answered(l) {
			if e := lastThatRang(c, &l.RangAt); e != "" {
				return e
			}
			return c.To.Extension
		}
	}
	return ""
}

// lastThatRang is the last of ours that rang, before a moment where one is given.
func lastThatRang(c *call.Call, before *call.Time) string {
	extension := ""
	var at call.Time
	for i := range c.Legs {
		l := &c.Legs[i]
		if l.Party.Extension == "" || l.Via == call.ViaOriginate {
			continue
		}
		if before != nil && l.RangAt.After(before.Time) {
			continue
		}
		if extension == "" || !l.RangAt.Before(at.Time) {
			extension, at = l.Party.Extension, l.RangAt
		}
	}
	return extension
}
