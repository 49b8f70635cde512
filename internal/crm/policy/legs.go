package policy

import (
	"cmp"
	"hash/fnv"
	"slices"
	"time"

	"ringback/internal/call"
)

// answer is an answered leg of an incoming call, with the one of ours behind it.
type answer struct {
	leg    *call.Leg
	person string
	// talk is how long they talked with the caller, in seconds.
	talk float64
	why  string
}

// byLegs splits the part of a whole incoming call into one for each of ours who
// talked with the caller: the first keeps number and start of the call, further ones
// start when their leg began to ring. A call that nobody answered, or in which no leg
// tells who talked, stays whole.
func byLegs(c *call.Call, p Part) []Part {
	if c.Direction != call.Incoming || c.Result != call.Answered {
		return []Part{p}
	}
	answers := answersOf(c)
	if len(answers) == 0 {
		return []Part{p}
	}
	parts := make([]Part, len(answers))
	used := map[int]bool{0: true}
	for i, a := range answers {
		part := p
		part.Person, part.Talk, part.Why = a.person, whole(call.Seconds(a.talk)), []string{`calls = "answered_legs": ` + a.why}
		if i > 0 {
			part.Leg, part.Number, part.Start = a.leg.ID, numberOf(a.leg.ID, used), begin(c, a.leg)
		}
		parts[i] = part
	}
	return parts
}

// firstLeg is the least number of a part for a further leg: above those of
// outside parties.
const firstLeg = 1 << 30

// numberOf makes a leg's id a number that no part has yet, the same whatever other
// legs the call turns out to have.
func numberOf(id string, used map[int]bool) int {
	h := fnv.New32a()
	_, _ = h.Write([]byte(id)) // it never fails
	n := firstLeg | int(h.Sum32()&(firstLeg-1))
	for used[n] {
		n = firstLeg | (n+1)&(firstLeg-1)
	}
	used[n] = true
	return n
}

// begin is when a leg began to ring, else when it was answered.
func begin(c *call.Call, l *call.Leg) time.Time {
	switch {
	case !l.RangAt.IsZero():
		return l.RangAt.Time
	case !l.AnsweredAt.IsZero():
		return l.AnsweredAt.Time
	}
	return c.StartedAt.Time
}

// answersOf are the legs on which somebody of ours talked with the caller, in the
// order in which they were answered.
func answersOf(c *call.Call) []answer {
	var all []answer
	seen := make(map[string]bool)
	for i := range c.Legs {
		l := &c.Legs[i]
		if !answered(l) || seen[l.ID] || consults(c, l) {
			continue
		}
		a := answer{leg: l, person: l.Party.Extension, why: "of ours, " + l.Party.Extension + " answered"}
		if a.person == "" {
			if a.person = behind(c, l); a.person == "" {
				continue
			}
			a.why = "a number outside answered, to which the call of " + a.person + " was sent on"
		}
		if a.talk = withCaller(c, l); a.talk == 0 {
			continue
		}
		seen[l.ID] = true
		all = append(all, a)
	}
	slices.SortStableFunc(all, func(a, b answer) int {
		return cmp.Or(a.leg.AnsweredAt.Compare(b.leg.AnsweredAt.Time), a.leg.RangAt.Compare(b.leg.RangAt.Time), cmp.Compare(a.leg.ID, b.leg.ID))
	})
	return all
}

// consults says that somebody who is in the call already opened the leg to speak with
// another before handing the call over.
func consults(c *call.Call, l *call.Leg) bool {
	if l.Via != call.ViaAttendedTransfer {
		return false
	}
	return slices.ContainsFunc(c.Legs, func(o call.Leg) bool {
		return o.ID != l.ID && o.Party.Extension != "" && o.Party.Extension == l.Party.Extension && answered(&o) &&
			o.AnsweredAt.Before(l.RangAt.Time) && (o.EndedAt.IsZero() || !o.EndedAt.Before(l.RangAt.Time))
	})
}

// behind is the one of ours whose call was sent on to a number outside, "" where
// the leg is a further outside party.
func behind(c *call.Call, l *call.Leg) string {
	if broughtIn(l) {
		return ""
	}
	if e := lastThatRang(c, &l.RangAt); e != "" {
		return e
	}
	return c.To.Extension
}

// withCaller is how long the one on a leg talked with the caller while the leg was
// up, in seconds. Who only talked with a colleague, such as somebody asked before a
// transfer, did not.
func withCaller(c *call.Call, l *call.Leg) float64 {
	var sum time.Duration
	for i := range c.Talks {
		t := &c.Talks[i]
		if !slices.Contains(t.Parties, c.From.Label()) || !slices.Contains(t.Parties, l.Party.Label()) {
			continue
		}
		from, until := t.From.Time, t.Until.Time
		if from.Before(l.AnsweredAt.Time) {
			from = l.AnsweredAt.Time
		}
		if !l.EndedAt.IsZero() && until.After(l.EndedAt.Time) {
			until = l.EndedAt.Time
		}
		sum += max(0, until.Sub(from))
	}
	return sum.Seconds()
}
