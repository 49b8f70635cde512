package call

import (
	"slices"
	"sort"

	"ringback/internal/cel"
	"ringback/internal/dialplan"
)

// isLeg says that the channel is a telephone or line besides the one that
// started the call; the telephone that the PBX rang first is both.
func (m *model) isLeg(c *channel) bool {
	if c.companion || !c.person() {
		return false
	}
	return c != m.starter || m.originated
}

// findDialers works out which channel dialled each one that was made to ring.
// CEL does not say it; linkedids, bridges, the arguments of Dial and the names
// of Local channels do.
func (m *model) findDialers() {
	for _, c := range m.channels {
		if c.companion || !c.dialled() || c.own || c.name.Half == 2 {
			continue
		}
		c.dialer = m.dialerOf(c)
	}
}

func (m *model) dialerOf(l *channel) *channel {
	if c := m.bridgedWith(l); c != nil {
		return c
	}
	if local := m.halfFor(l); local != nil {
		return local
	}
	if t := m.blindFor(l); t != nil && t.transferee != nil && t.transferee != l {
		return t.transferee
	}
	if owner := m.find(l.firstLinkedID); owner != nil && owner != l && owner.alive(l.start) {
		if owner.name.Local() && owner.name.Half == 1 && l == m.caller && owner.partner != nil {
			return owner.partner
		}
		return owner
	}
	return m.runner(l)
}

// bridgedWith is the channel that the leg was first joined with, if that one
// runs the dial plan: it is who dialled. The second half of a Local pair goes
// before others, who take its place when the pair is optimised away.
func (m *model) bridgedWith(l *channel) *channel {
	if len(l.stays) == 0 {
		return nil
	}
	first := m.stays[l.stays[0]]
	var found *channel
	for _, i := range m.bridges[first.bridge].stays {
		s := &m.stays[i]
		if s.channel == l || s.channel == l.partner || s.from > first.from+m.slack || s.until < first.from {
			continue
		}
		c := s.channel
		if c.name.Half == 2 {
			return c
		}
		runs := c == m.starter || c.person() && (!c.dialled() || c.transferee || m.tookLeave(c, l))
		if runs && c.start <= l.start && !c.picker && !c.retriever && c.bore(l.firstLinkedID) {
			found = c
		}
	}
	return found
}

// tookLeave says that a channel which had been dialled, and had talked, was in
// no bridge any more when l began: it was sent on in the dial plan.
func (m *model) tookLeave(c, l *channel) bool {
	return m.stage(c, l.start) > 0 && !m.inBridge(c, l.records[0])
}

// bore says that the channel had a linkedid at any time: whoever dials gives
// his own to the channel that rings.
func (c *channel) bore(linkedID string) bool {
	return c.firstLinkedID == linkedID || slices.ContainsFunc(c.records, func(r *cel.Record) bool { return r.LinkedID == linkedID })
}

// halfFor is the second half of a Local pair that dialled the leg: one whose
// Dial names it, whose name does, or else one that had just begun and has
// nothing else to dial.
func (m *model) halfFor(l *channel) *channel {
	var recent *channel
	young := sort.Search(len(m.halves), func(i int) bool { return m.halves[i].start > l.start })
	for _, c := range slices.Backward(m.halves[max(0, young-mostHalves):young]) {
		if c == l.partner || !began(c, l) {
			continue
		}
		if !c.alive(l.start) || m.inBridge(c, l.records[0]) {
			continue
		}
		if dialsEndpoint(c, l) || l.party.Extension != "" && digitsOf(c.name.Exten) == l.party.Extension {
			return c
		}
		if recent == nil && l.start-c.start <= m.slack && (l.name.Local() || l.side == dialplan.Outside) {
			recent = c
		}
	}
	return recent
}

// began says that c was there before l. In one moment, the part of a uniqueid
// after the point tells: it counts the channels (main/channel.c).
func began(c, l *channel) bool {
	return c.start < l.start || c.start == l.start && idBefore(c.id, l.id)
}

// mostHalves bounds how many Local channels are looked at to find who dialled:
// a telephone rings just after its own was made, and a loop of forwardings
// makes thousands.
const mostHalves = 256

// dialsEndpoint says that the arguments of a Dial of the channel name the
// leg's endpoint.
func dialsEndpoint(c, l *channel) bool {
	return slices.ContainsFunc(c.records, func(r *cel.Record) bool {
		return slices.ContainsFunc(dialOf(r), func(d dialplan.Dialled) bool {
			return d.Endpoint == l.name.Endpoint && d.Technology == l.name.Technology
		})
	})
}

// runner is a channel of the same linkedid that could have dialled: it lives,
// and it is in no bridge.
func (m *model) runner(l *channel) *channel {
	for _, c := range slices.Backward(m.channels) {
		if c == l || c == l.partner || c.companion || c.start > l.start || !c.alive(l.start) || m.inBridge(c, l.records[0]) {
			continue
		}
		if !c.dialled() || c.talked() {
			return c
		}
	}
	return nil
}

func (m *model) inBridge(c *channel, r *cel.Record) bool {
	return slices.ContainsFunc(c.stays, func(i int) bool {
		s := &m.stays[i]
		entered := s.from < r.At || s.from == r.At && s.enter != nil && s.enter.ID < r.ID
		return entered && s.until > r.At
	})
}

// root follows Local pairs back to the channel that a dialling began with.
func (m *model) root(c *channel) *channel {
	if c.root != nil {
		return c.root
	}
	top := c
	for range len(m.channels) {
		if top.root != nil {
			top = top.root
			break
		}
		if top.name.Half != 2 || top.partner == nil {
			break
		}
		if top.partner.dialer == nil {
			top = top.partner
			break
		}
		top = top.partner.dialer
	}
	c.root = top
	return top
}

// blindFor is the blind transfer that made a leg ring: the newest before it
// of the channel that then went on in the dial plan.
func (m *model) blindFor(l *channel) *transferEvent {
	if l.blindKnown {
		return l.blind
	}
	l.blindKnown = true
	late := sort.Search(len(m.transfers), func(i int) bool { return m.transfers[i].at > l.start+m.tie() })
	for i := late - 1; i >= max(0, late-mostTransfers); i-- {
		if t := &m.transfers[i]; m.madeRing(t, l) {
			l.blind = t
			break
		}
	}
	return l.blind
}

// mostTransfers bounds how many transfers are looked at to find the one that
// made a leg ring.
const mostTransfers = 64

// madeRing says that a blind transfer can have made the leg ring.
func (m *model) madeRing(t *transferEvent, l *channel) bool {
	if t.kind != Blind || t.by == l || t.transferee == l {
		return false
	}
	if t.transferee != nil && (!t.transferee.alive(l.start) || m.talkedBetween(t.transferee, t.at+m.slack, l.start)) {
		return false
	}
	return t.by == nil || t.by.start <= l.start
}

// tie is how far apart records of different channels may be written in the
// wrong order.
func (m *model) tie() int64 {
	if m.fraction {
		return 5_000
	}
	return 0
}

// talkedBetween says that the channel began a talk in that time.
func (m *model) talkedBetween(c *channel, from, until int64) bool {
	i := sort.Search(len(c.talks), func(i int) bool { return m.talks[c.talks[i]].from >= from })
	return i < len(c.talks) && m.talks[c.talks[i]].from < until
}

// stage counts the talks that a channel had ended before a moment: what it
// dials between two talks belongs together.
func (m *model) stage(c *channel, at int64) int {
	// A channel is in one talk at a time, so they end in the order in which
	// they began.
	return sort.Search(len(c.talks), func(i int) bool { return m.talks[c.talks[i]].until > at })
}
