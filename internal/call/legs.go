package call

import (
	"cmp"
	"slices"
	"sort"

	"ringback/internal/cel"
	"ringback/internal/dialplan"
)

// leg is a channel of the call as a leg.
type leg struct {
	*channel
	via    Via
	result LegResult
	// forward is the FORWARD by which a telephone sent the call on to the leg.
	forward *cel.Record
}

// decideLegs lists the legs and why each rang.
func (m *model) decideLegs(c *Call) {
	for _, ch := range m.channels {
		if m.isLeg(ch) {
			ch.leg = &leg{channel: ch}
			m.legs = append(m.legs, ch.leg)
		}
	}
	slices.SortStableFunc(m.legs, func(a, b *leg) int {
		if a.start != b.start {
			return cmp.Compare(a.start, b.start)
		}
		if began(a.channel, b.channel) {
			return -1
		}
		return 1
	})
	for _, l := range m.legs {
		l.via = m.viaOf(l)
	}
	m.markGroups()
	c.Legs = make([]Leg, len(m.legs))
	for i, l := range m.legs {
		c.Legs[i] = Leg{
			ID: l.id, Channel: l.name.Name, Party: l.party, Via: l.via,
			RangAt: m.at(l.start), AnsweredAt: m.at(m.answeredAt(l.channel)), Talk: seconds(m.talkTime(l.channel)),
		}
		if l.over() || !c.InProgress {
			c.Legs[i].EndedAt = m.at(m.lastOf(l.channel))
		}
	}
}

// answeredAt is when the channel was answered, or joined somebody without
// being answered (early media).
func (m *model) answeredAt(c *channel) int64 {
	at := c.answer
	if len(c.talks) > 0 {
		if from := m.talks[c.talks[0]].from; at == 0 || from < at {
			at = max(from, c.start)
		}
	}
	return at
}

// talkTime is how long the channel was in talks, overlapping ones once, in
// microseconds.
func (m *model) talkTime(c *channel) int64 {
	var total, covered int64
	for _, i := range c.talks {
		t := &m.talks[i]
		from := max(t.from, covered)
		if t.until > from {
			total += t.until - from
		}
		covered = max(covered, t.until)
	}
	return total
}

// viaOf is why a leg rang, or why it took part without ringing.
func (m *model) viaOf(l *leg) Via {
	switch {
	case l.picker:
		m.because("legs."+l.id+".via", "it picked up a call that rang elsewhere", l.records)
		return ViaPickup
	case l.retriever:
		m.because("legs."+l.id+".via", "it took a parked call", l.records)
		return ViaPark
	case l.consults:
		m.because("legs."+l.id+".via", "the one who transferred consulted on it", l.records)
		return ViaAttendedTransfer
	case m.rangFirst(l.channel):
		m.because("legs."+l.id+".via", "the PBX rang it first", l.records)
		return ViaOriginate
	case l.originated() && l.side == dialplan.Ours:
		m.because("legs."+l.id+".via", "the PBX rang it", l.records)
		return ViaOriginate
	case l.ran("AppQueue"):
		m.because("legs."+l.id+".via", "a queue rang it: its application is AppQueue", l.records)
		return ViaQueue
	}
	return m.viaOfDialler(l)
}

// rangFirst says that the PBX began the call with this telephone, or rang it
// together with the one that was lifted: a person may have several.
func (m *model) rangFirst(c *channel) bool {
	if !m.originated || c.ran("AppQueue") {
		return false
	}
	return c == m.caller || c.party == m.caller.party && c.dialer != nil && c.dialer == m.caller.dialer && c.start <= m.caller.answer
}

// viaOfDialler walks from the leg back over Local pairs to whoever dialled.
func (m *model) viaOfDialler(l *leg) Via {
	d := l.dialer
	if t := m.blindFor(l.channel); t != nil && t.transferee == d && d != nil && d.name.Half == 2 {
		m.because("legs."+l.id+".via", "a blind transfer led to it", []*cel.Record{t.record})
		return ViaBlindTransfer
	}
	for range len(m.channels) {
		if d == nil {
			return ViaDialled
		}
		if d.name.Half != 2 || d.partner == nil {
			break
		}
		first := d.partner
		switch {
		case m.originated && first == m.starter:
			return ViaDialled
		case first.ran("AppQueue"):
			m.because("legs."+l.id+".via", "a queue rang it through "+first.name.Name, first.records)
			return ViaQueue
		case first.forwarded != nil:
			m.because("legs."+l.id+".via", "a telephone sent the call on (FORWARD)", []*cel.Record{first.forwarded})
			l.forward = first.forwarded
			return ViaForward
		case !first.ran("AppDial") && m.consultedThrough(first):
			m.because("legs."+l.id+".via", "the one who transferred spoke with it through "+first.name.Name, first.records)
			return ViaAttendedTransfer
		}
		if first.dialer == nil {
			break
		}
		d = first.dialer
	}
	return m.viaOfRunner(l, d)
}

// viaOfRunner is why the channel d, which ran the dial plan, dialled the leg.
func (m *model) viaOfRunner(l *leg, d *channel) Via {
	switch {
	case m.comesBack(l.channel, d):
		m.because("legs."+l.id+".via", "nobody took the parked call in time", d.records)
		return ViaPark
	case d.consults:
		m.because("legs."+l.id+".via", "it was dialled on the channel of a consultation", d.records)
		return ViaAttendedTransfer
	}
	if t := m.blindFor(l.channel); t != nil && (t.transferee == d || t.transferee == nil) {
		m.because("legs."+l.id+".via", "a blind transfer led to it", []*cel.Record{t.record})
		return ViaBlindTransfer
	}
	if m.redirected(d, l) {
		m.because("legs."+l.id+".via", "the call was taken out of a talk and sent on, by no transfer of its own", d.records)
		return ViaBlindTransfer
	}
	if l.side == dialplan.Outside && m.caller != l.channel && !m.dialledOutside(d, l) {
		m.because("legs."+l.id+".via", "a call to one of ours was sent on to a number outside", l.records)
		return ViaForward
	}
	m.because("legs."+l.id+".via", "it was dialled directly", l.records)
	return ViaDialled
}

// dialledOutside says that whoever dialled asked for a number outside.
func (m *model) dialledOutside(d *channel, l *leg) bool {
	if d == m.starter && (m.originated || m.outgoing && m.stage(d, l.start) == 0) {
		return true
	}
	return d.side == dialplan.Ours && !m.settings.Plan.Extension(d.dialledIn)
}

// consultedThrough says that a Local channel was put into a bridge for
// somebody to speak through it: the attended transfer of features.conf.
func (m *model) consultedThrough(first *channel) bool {
	if len(first.stays) == 0 {
		return false
	}
	s := m.stays[first.stays[0]]
	if s.from-first.start <= m.slack && first.answer == 0 || first.answer >= s.from {
		return true
	}
	// Up to 11 the two are joined only when somebody has answered.
	return slices.ContainsFunc(m.bridges[s.bridge].stays, func(i int) bool {
		o := m.stays[i]
		return o.channel != first && o.channel.person() && o.from <= s.until && m.talkedBetween(o.channel, m.first, first.start)
	})
}

// comesBack says that the leg rang because a parked call was not taken.
func (m *model) comesBack(l, d *channel) bool {
	return slices.ContainsFunc(m.parks, func(p parkEvent) bool {
		return p.parked == d && p.reason == "ParkedCallTimeOut" && p.until != 0 && p.until <= l.start+m.slack &&
			!m.talkedBetween(d, p.until, l.start)
	})
}

// redirected says that a channel was in a talk, which none of the others ended by
// hanging up, and dialled on.
func (m *model) redirected(d *channel, l *leg) bool {
	var before *talk
	for _, i := range slices.Backward(d.talks[:m.stage(d, l.start+m.tie())]) {
		if t := &m.talks[i]; !slices.Contains(t.channels, l.channel) {
			before = t
			break
		}
	}
	if before == nil || m.handedToApplication(d, l) {
		return false
	}
	for _, c := range before.channels {
		if c != d && c.hungUp && c.facts.Source == c.name.Name && c.hangup <= before.until+m.lingering() {
			return false
		}
	}
	return true
}

// handedToApplication says that the channel had been handed over to a menu or
// the like, which then dialled the leg.
func (m *model) handedToApplication(d *channel, l *leg) bool {
	late := sort.Search(len(m.transfers), func(i int) bool { return m.transfers[i].at > l.start })
	return slices.ContainsFunc(m.transfers[max(0, late-mostTransfers):late], func(t transferEvent) bool {
		return t.kind == Attended && t.application != "" && t.transferee == d && !m.talkedBetween(d, t.at+m.slack, l.start)
	})
}

// tried are telephones that one channel dialled between two of its talks.
type tried struct {
	by    *channel
	stage int
}

// markGroups finds the telephones that were tried at once or in turn at one
// destination.
func (m *model) markGroups() {
	groups := make(map[tried][]*leg)
	for _, l := range m.legs {
		if (l.via == ViaDialled || l.via == ViaBlindTransfer) && l.side == dialplan.Ours && l.dialled() && l.dialer != nil {
			root := m.root(l.dialer)
			key := tried{root, m.stage(root, l.start)}
			groups[key] = append(groups[key], l)
		}
	}
	for _, legs := range groups {
		if !atOnceOrInTurn(legs) {
			continue
		}
		for _, l := range legs {
			m.because("legs."+l.id+".via", "several telephones were tried for one destination", l.records)
			l.via = ViaGroup
		}
	}
}

// atOnceOrInTurn says that legs, in order of start, are those of a group: of
// several telephones, or ringing together. One that is tried again is none.
func atOnceOrInTurn(legs []*leg) bool {
	for i := 1; i < len(legs); i++ {
		if legs[i].party != legs[0].party || legs[i-1].until() > legs[i].start {
			return true
		}
	}
	return false
}
