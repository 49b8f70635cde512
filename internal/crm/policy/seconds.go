package policy

import (
	"cmp"
	"slices"

	"ringback/internal/call"
)

// seconds are the parts of further outside parties: those whom one of ours
// brought into the call and who talked. A number outside to which a call of
// ours was sent on (follow-me, a mobile in a group or queue) is none: somebody
// of ours is behind it.
func seconds(c *call.Call) []Part {
	main := Digits(client(c))
	var legs []*call.Leg
	for i := range c.Legs {
		l := &c.Legs[i]
		if broughtIn(l) && (c.Direction == call.Internal || !sameNumber(main, Digits(l.Party.Number))) {
			legs = append(legs, l)
		}
	}
	slices.SortStableFunc(legs, func(a, b *call.Leg) int {
		return cmp.Or(a.RangAt.Compare(b.RangAt.Time), cmp.Compare(a.ID, b.ID))
	})
	var parts []Part
	at := make(map[string]int)
	for _, l := range legs {
		if i, ok := at[l.Party.Number]; ok {
			parts[i].Talk += whole(l.Talk)
			continue
		}
		at[l.Party.Number] = len(parts)
		parts = append(parts, second(c, l, len(parts)+1))
	}
	return parts
}

func broughtIn(l *call.Leg) bool {
	if l.Party.Extension != "" || !answered(l) || l.Talk == 0 {
		return false
	}
	switch l.Via {
	case call.ViaAttendedTransfer, call.ViaBlindTransfer, call.ViaConference:
		return true
	case call.ViaDialled, call.ViaQueue, call.ViaGroup, call.ViaForward, call.ViaPickup, call.ViaPark, call.ViaOriginate:
	}
	return false
}

// sameNumber compares digits as CRMs do: by the last ten where both have as many.
func sameNumber(a, b string) bool {
	const significant = 10
	if len(a) >= significant && len(b) >= significant {
		return a[len(a)-significant:] == b[len(b)-significant:]
	}
	return a == b
}

// second is a part for an outside party whom one of ours brought in: an
// outgoing call of that one, from the consultation on.
func second(c *call.Call, l *call.Leg, number int) Part {
	by := whoBroughtIn(c, l)
	return Part{
		Number: number, Person: by, Client: l.Party.Number,
		Direction: call.Outgoing, Result: call.Answered,
		Start: consultation(c, l, by).Time, Talk: whole(l.Talk), Trunk: trunkOf(l), Line: trunkOf(l),
		Why: []string{by + " brought in a further outside party"},
	}
}

// whoBroughtIn is who handed the call over to the party, else who talked with
// it first, else who the call belongs to.
func whoBroughtIn(c *call.Call, l *call.Leg) string {
	mine := func(label string) bool {
		for e := range ours(c) {
			if e == label {
				return true
			}
		}
		return false
	}
	for _, t := range c.Transfers {
		if t.To == l.Party.Label() && mine(t.By) {
			return t.By
		}
	}
	for _, t := range c.Talks {
		if !slices.Contains(t.Parties, l.Party.Label()) {
			continue
		}
		if i := slices.IndexFunc(t.Parties, mine); i >= 0 {
			return t.Parties[i]
		}
	}
	extension, _ := person(c)
	return extension
}

// consultation is when the one who brought the party in lifted a telephone to
// call it, else when the party began to ring.
func consultation(c *call.Call, l *call.Leg, by string) call.Time {
	start := l.RangAt
	for i := range c.Legs {
		o := &c.Legs[i]
		if o.Party.Extension == by && o.Via == call.ViaAttendedTransfer && !o.RangAt.IsZero() && !o.RangAt.After(l.RangAt.Time) &&
			(start == l.RangAt || o.RangAt.After(start.Time)) {
			start = o.RangAt
		}
	}
	if start.IsZero() {
		return c.StartedAt
	}
	return start
}
