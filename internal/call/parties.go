package call

import (
	"cmp"
	"slices"
	"strings"

	"ringback/internal/cel"
	"ringback/internal/dialplan"
)

// decideParties works out who started the call, to what number, in which
// direction, and over which trunk.
func (m *model) decideParties(c *Call) {
	m.findDialers()
	c.From = m.from()
	c.Direction = m.direction()
	m.outgoing = c.Direction == Outgoing
	c.To = m.to(c.Direction)
	m.nameOutsiders(c)
	c.Trunk = m.trunk()
}

// from is the party who started the call.
func (m *model) from() Party {
	p := m.caller.party
	if m.caller.side == dialplan.NoSide && m.settings.Plan.Extension(m.caller.name.Exten) {
		p.Number, p.Extension = m.caller.name.Exten, m.caller.name.Exten
	}
	m.because("from", "the channel that started the call: "+m.caller.name.Name, m.caller.records)
	return p
}

// direction follows from who started the call and, for one of ours, from what
// was dialled.
func (m *model) direction() Direction {
	caller := m.caller
	switch {
	case len(m.starter.records) == 0 && caller.side == dialplan.Outside:
		m.because("direction", "every record of the caller is missing; a trunk is named in others'", nil)
		return Incoming
	case len(m.starter.records) == 0:
		m.because("direction", "every record of the caller is missing, and none names a trunk", nil)
		return UnknownDirection
	case caller.side == dialplan.Outside && !m.originated:
		m.because("direction", "the channel that started the call is a trunk's", caller.records)
		return Incoming
	case m.originated:
		return m.originatedDirection()
	}
	if leg := m.directOutside(); leg != nil {
		m.because("direction", "one of ours started the call and a trunk was dialled", leg.records)
		return Outgoing
	}
	// A Dial that made no channel (the trunk is away) leaves its status alone.
	unheard := (caller.answer == 0 || m.dialStatus(caller) != "") && !m.rang(dialplan.Ours)
	if number := caller.dialledIn; !m.settings.Plan.Extension(number) && outsideNumber(number) && unheard {
		m.because("direction", "one of ours started the call to a number that is not ours", caller.records)
		return Outgoing
	}
	m.because("direction", "one of ours started the call and no trunk was dialled for it", caller.records)
	return Internal
}

// originatedDirection is that of a call which the PBX began by ringing one of
// ours.
func (m *model) originatedDirection() Direction {
	for _, l := range m.channels {
		if m.isLeg(l) && l.side == dialplan.Outside {
			m.because("direction", "the PBX began the call, and dialled a trunk for it", l.records)
			return Outgoing
		}
	}
	number := m.originatedNumber()
	switch {
	case number != "" && !m.settings.Plan.Extension(number):
		m.because("direction", "the PBX rang one of ours first, for a number that is not ours", m.caller.records)
		return Outgoing
	case m.rang(dialplan.Ours) || number != "":
		m.because("direction", "the PBX rang one of ours first, for another of ours", m.caller.records)
		return Internal
	}
	m.because("direction", "the PBX rang one of ours; no record tells for which number", m.caller.records)
	return UnknownDirection
}

// directOutside is the trunk's channel that was dialled for the number that
// the caller asked for: no transfer, no forwarding of an extension.
func (m *model) directOutside() *channel {
	dialled := m.caller.dialledIn
	for _, l := range m.channels {
		if !m.isLeg(l) || l.side != dialplan.Outside || l.dialer == nil || m.root(l.dialer) != m.caller {
			continue
		}
		if m.stage(m.caller, l.start) > 0 {
			continue
		}
		if !m.settings.Plan.Extension(dialled) {
			return l
		}
		sent := m.sentNumber(l)
		if sent == "" && !l.dialer.name.Local() || sent != "" && (strings.HasSuffix(sent, dialled) || strings.HasSuffix(dialled, sent)) {
			return l
		}
	}
	return nil
}

// rang says that a channel of that side was made to ring.
func (m *model) rang(side dialplan.Side) bool {
	return slices.ContainsFunc(m.channels, func(c *channel) bool {
		return m.isLeg(c) && c != m.caller && c.side == side
	})
}

// outsideNumber says that a number is too long to be a service of the PBX.
func outsideNumber(number string) bool {
	digits := 0
	for _, r := range number {
		switch {
		case r >= '0' && r <= '9':
			digits++
		case r == '+':
		default:
			return false
		}
	}
	return digits >= 6
}

// to is what was dialled at first.
func (m *model) to(direction Direction) Party {
	if len(m.starter.records) == 0 {
		return Party{}
	}
	number := m.starter.dialledIn
	switch {
	case m.originated:
		number = m.originatedNumber()
	case direction == Incoming:
		number = m.did()
	case number == "":
		number = laterExten(m.starter, 0)
	}
	m.because("to", "the number that came with the channel that started the call", m.starter.records)
	p := Party{Number: number}
	if direction == Internal && m.settings.Plan.Extension(number) {
		p.Extension = number
		for _, c := range m.channels {
			if !c.companion && c.party.Extension == number && c.party.Name != "" {
				p.Name = c.party.Name
				break
			}
		}
	}
	return p
}

// did is the number that a caller from outside dialled.
func (m *model) did() string {
	if m.starter.dialledIn != "" {
		return m.starter.dialledIn
	}
	for _, r := range m.starter.records {
		if real(r.CIDDNID) {
			return r.CIDDNID
		}
	}
	return laterExten(m.starter, 0)
}

// laterExten is the first number in the dial plan's course since a moment, for
// lines that bring their number only later.
func laterExten(c *channel, since int64) string {
	for _, r := range c.records {
		if r.At >= since && real(r.Exten) && r.Type != cel.Hangup && r.Type != cel.ChanEnd && r.Type != cel.LinkedIDEnd {
			return r.Exten
		}
	}
	return ""
}

// originatedNumber is the number for which the PBX rang one of ours: as it was
// dialled where a record holds it, else as it was sent to the trunk, else the
// number shown to the telephone.
func (m *model) originatedNumber() string {
	for _, c := range []*channel{m.starter, m.caller} {
		if c.side == dialplan.Outside {
			return m.numberCalled(c)
		}
	}
	own := m.caller.party.Extension
	for _, c := range []*channel{m.starter, m.caller} {
		for _, r := range c.records {
			number := outsideNumber(r.Exten) || m.settings.Plan.Extension(r.Exten)
			if number && r.Exten != own && r.Exten != c.name.Exten {
				return r.Exten
			}
		}
	}
	for _, l := range m.channels {
		if !m.isLeg(l) || l == m.caller {
			continue
		}
		if l.side == dialplan.Outside && !l.own {
			if sent := m.sentNumber(l); sent != "" {
				return sent
			}
		}
		if l.party.Extension != "" && l.party.Extension != own {
			return l.party.Extension
		}
	}
	for _, c := range []*channel{m.caller, m.starter, m.starter.partner} {
		if c == nil {
			continue
		}
		if number := bornNumber(c); number != "" {
			return number
		}
	}
	for _, l := range m.channels {
		if m.isLeg(l) && l.own && l.side == dialplan.Outside && l != m.caller {
			return bornNumber(l)
		}
	}
	return ""
}

// numberCalled is the number of somebody outside whom the PBX called first: as it
// was asked for, through a Local channel, or as it was sent.
func (m *model) numberCalled(c *channel) string {
	if m.starter != c && outsideNumber(m.starter.name.Exten) {
		return m.starter.name.Exten
	}
	return cmp.Or(m.sentNumber(c), bornNumber(c))
}

// bornNumber is the first number of somebody outside that a channel bore.
func bornNumber(c *channel) string {
	for _, r := range c.records {
		if outsideNumber(r.CIDNum) {
			return r.CIDNum
		}
	}
	return ""
}

// trunk is the name of the line over which the outside party was reached: the
// caller's, else that of the leg that answered, else of the last one tried.
func (m *model) trunk() string {
	if m.caller.side == dialplan.Outside {
		return m.caller.name.Endpoint
	}
	name := ""
	for _, c := range m.channels {
		if c.companion || c.side != dialplan.Outside {
			continue
		}
		if c.talked() {
			return c.name.Endpoint
		}
		name = c.name.Endpoint
	}
	return name
}
