package call

import (
	"slices"
	"strings"
)

// infer fills in what the extra of an event would have told, where a table has
// no such column or a name was cut off: by who else did something just then.
func (m *model) infer() {
	for i := range m.pickups {
		if p := &m.pickups[i]; p.picker == nil && p.target != nil {
			p.picker = m.newcomer(p.at, p.target)
		}
	}
	for i := range m.parks {
		p := &m.parks[i]
		if p.retriever == nil && p.parked != nil && p.until != 0 && (p.reason == "" || retrievedReason(p.reason)) {
			p.retriever = m.newcomer(p.until, p.parked)
			if p.retriever != nil {
				p.reason = "ParkedCallUnparked"
			}
		}
	}
	for i := range m.transfers {
		if t := &m.transfers[i]; t.by != nil {
			m.inferTransfer(t)
		}
	}
}

// inferTransfer finds who was transferred, and where to, from what the
// channels did.
func (m *model) inferTransfer(t *transferEvent) {
	if t.kind == Attended {
		m.inferRoles(t)
		if t.second == nil {
			t.second = m.secondOf(t)
		}
		if t.second == nil || t.second == t.by {
			return
		}
	}
	if t.transferee == nil {
		t.transferee = m.companyOf(t.by, t.at)
	}
	if t.kind == Attended && t.application == "" && t.target == nil {
		t.application = m.waitsIn(t.second, t.at)
	}
	if t.kind == Blind && t.extension == "" && t.transferee != nil {
		t.extension = laterExten(t.transferee, t.at-m.tie())
	}
}

// inferRoles sorts out who is who in an attended transfer of Asterisk up to 11:
// with a feature code, the record is the transferee's and names the target
// (main/features.c), and the one who talked with both transferred.
func (m *model) inferRoles(t *transferEvent) {
	if t.target == nil || t.second != nil || t.transferee != nil {
		return
	}
	for _, c := range m.channels {
		if c != t.by && c != t.target && c.person() && m.met(c, t.by, t.at) && m.met(c, t.target, t.at) {
			t.transferee, t.by, t.second = t.by, c, c
			return
		}
	}
	if t.target.side == t.by.side || m.met(t.by, t.target, t.at) {
		// The peer of a telephone's own transfer is the one it talked with.
		t.transferee, t.target = t.target, nil
	}
}

// met says that two channels had been in a bridge together before a moment.
func (m *model) met(a, b *channel, at int64) bool {
	return slices.ContainsFunc(a.stays, func(i int) bool {
		s := &m.stays[i]
		return s.from < at && slices.ContainsFunc(b.stays, func(j int) bool {
			o := &m.stays[j]
			return o.bridge == s.bridge && o.from <= s.until && s.from <= o.until
		})
	})
}

// companyOf is the only channel that was in a bridge with another before a
// moment, nil if there are several.
func (m *model) companyOf(c *channel, at int64) *channel {
	var company *channel
	for _, i := range c.stays {
		s := &m.stays[i]
		if s.from > at || s.until < at-m.slack {
			continue
		}
		for _, j := range m.bridges[s.bridge].stays {
			o := &m.stays[j]
			if o.channel == c || o.from >= at-m.tie() || o.until < at-m.slack || o.channel == company {
				continue
			}
			if company != nil {
				return nil
			}
			company = o.channel
		}
	}
	return company
}

// waitsIn is the application in which a channel is at a moment, "" while it is
// in a bridge.
func (m *model) waitsIn(c *channel, at int64) string {
	if slices.ContainsFunc(c.stays, func(i int) bool { return m.stays[i].from <= at && m.stays[i].until >= at-m.slack }) {
		return ""
	}
	app := ""
	for _, r := range c.records {
		if r.At <= at && r.App != "" {
			app = r.App
		}
	}
	return app
}

// markRoles lets channels know what events say of them.
func (m *model) markRoles() {
	for _, p := range m.pickups {
		if p.picker != nil {
			p.picker.picker = true
		}
	}
	for _, p := range m.parks {
		if p.retriever != nil && p.retriever != p.parked {
			p.retriever.retriever = true
		}
	}
	for _, t := range m.transfers {
		if t.transferee != nil {
			t.transferee.transferee = true
		}
		if t.kind != Attended || t.second == nil || t.by == nil || t.by == t.second {
			continue
		}
		t.second.consults = t.second.own
		if t.second.start < t.by.start {
			t.by.consults = t.by.own
		}
	}
}

// newcomer is the channel that had begun a call of its own and, at that
// moment, came into this one.
func (m *model) newcomer(at int64, other *channel) *channel {
	var found *channel
	for _, c := range m.channels {
		if c == other || c == m.starter || c.companion || !c.person() || !c.own || c.start > at || !c.alive(at) {
			continue
		}
		joins := slices.ContainsFunc(c.stays, func(i int) bool {
			return m.stays[i].from >= at-m.slack && m.stays[i].from <= at+m.slack
		})
		if joins && (found == nil || c.start > found.start) {
			found = c
		}
	}
	return found
}

// secondOf is the channel on which a transferer consulted: another one of the
// same telephone, with a call of its own, that ended with the transfer.
func (m *model) secondOf(t *transferEvent) *channel {
	for _, c := range m.channels {
		if c != t.by && !c.companion && c.own && c.name.Endpoint == t.by.name.Endpoint && c.start <= t.at &&
			c.until() >= t.at-m.slack && c.until() <= t.at+m.slack {
			return c
		}
	}
	return nil
}

// dialStatus is DIALSTATUS as HANGUP tells it or, where it does not (there is
// no extra, or Dial made no channel), as FreePBX's dial plan goes on: to the
// exten s-BUSY, s-NOANSWER, ….
func (m *model) dialStatus(c *channel) string {
	if c.facts.DialStatus != "" {
		return c.facts.DialStatus
	}
	for _, r := range slices.Backward(c.records) {
		if status, ok := strings.CutPrefix(r.Exten, "s-"); ok {
			return status
		}
	}
	return ""
}

// untold says that no HANGUP of these channels tells anything.
func untold(channels []*channel) bool {
	return !slices.ContainsFunc(channels, func(c *channel) bool { return c.facts.Cause >= 0 || c.facts.Source != "" })
}

// firstToLeave is the one who left a talk first: whoever hangs up leaves the
// bridge, and Asterisk then sends the others out of it.
func (m *model) firstToLeave(t *talk) *channel {
	if !m.fraction {
		return nil
	}
	var first *channel
	var left int64
	for _, c := range t.channels {
		if c.companion || !c.over() || len(c.stays) == 0 {
			return nil
		}
		until := m.stays[c.stays[len(c.stays)-1]].until
		if first == nil || until < left {
			first, left = c, until
		}
	}
	return first
}
