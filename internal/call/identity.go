package call

import (
	"slices"

	"ringback/internal/cel"
	"ringback/internal/dialplan"
)

// identify decides whose end each channel is, and who is behind it.
func (m *model) identify() {
	sent := m.numbersSent()
	for _, c := range m.channels {
		hints := m.hintsOf(c, sent)
		side, told := m.settings.Plan.Side(c.name, hints)
		c.side = side
		if !told && m.callsOut(c, hints) {
			c.side = dialplan.Ours
		}
		switch c.side {
		case dialplan.NoSide:
		case dialplan.Ours:
			c.party.Extension = m.settings.Plan.ExtensionOf(c.name, hints)
			c.party.Number = c.party.Extension
			if c.party.Number == "" {
				c.party.Number = c.name.Endpoint
			}
			c.party.Name = c.displayName()
		case dialplan.Outside:
			if c.own && !c.originated() {
				c.party.Number = c.callerNumber()
				c.party.Name = c.displayName()
			}
		}
	}
}

// unmasked is a channel's name without the marks of a masquerade.
func unmasked(name string) string { return dialplan.ParseChannel(name).Name }

// hintsOf are taken from the first records of a channel: the dial plan may
// write another caller id over its own later.
func (m *model) hintsOf(c *channel, sent []dialplan.Dialled) dialplan.Hints {
	var h dialplan.Hints
	for _, r := range c.records {
		if h.Context == "" {
			h.Context = r.Context
		}
		if h.CallerNumber == "" {
			h.CallerNumber = r.CIDNum
		}
		if h.Account == "" {
			h.Account = r.AccountCode
		}
		if h.CallerNumber != "" && h.Context != "" {
			break
		}
	}
	h.OwnContext = c.own || c.dialledIn != "" || m.dialledFromInside(c)
	for _, d := range sent {
		if d.Endpoint == c.name.Endpoint && d.Technology == c.name.Technology && d.Number != d.Endpoint {
			h.Sent = d.Number
			break
		}
	}
	return h
}

// dialledFromInside says that whoever dialled the channel began where calls
// from outside do not.
func (m *model) dialledFromInside(c *channel) bool {
	owner := m.find(c.firstLinkedID)
	if owner == nil || len(owner.records) == 0 {
		return false
	}
	context := owner.records[0].Context
	return context != "" && !m.settings.Plan.IncomingContext(context)
}

// numbersSent lists the destinations to which Dial sent a number.
func (m *model) numbersSent() []dialplan.Dialled {
	var list []dialplan.Dialled
	last := ""
	for i := range m.records {
		r := &m.records[i]
		if r.AppData == last {
			continue
		}
		last = r.AppData
		for _, d := range dialOf(r) {
			if d.Number != "" && !slices.Contains(list, d) {
				list = append(list, d)
			}
		}
	}
	return list
}

// callsOut says that a channel of which nothing tells whose it is has called a
// number outside, for which a trunk was dialled, and bears no number of
// somebody outside itself: a telephone with a name of its own.
func (m *model) callsOut(c *channel, h dialplan.Hints) bool {
	if !c.own || !outsideNumber(c.dialledIn) || outsideNumber(h.CallerNumber) || h.Sent != "" {
		return false
	}
	return slices.ContainsFunc(m.channels, func(o *channel) bool {
		if o == c || o.own || o.firstLinkedID != c.id || !o.name.Line() {
			return false
		}
		side, told := m.settings.Plan.Side(o.name, dialplan.Hints{})
		return told && side == dialplan.Outside
	})
}

// callerNumber is the number of one who calls from outside: the first that the
// channel's records tell.
func (c *channel) callerNumber() string {
	for _, r := range c.records {
		if r.CIDNum != "" && r.CIDNum != "s" {
			return r.CIDNum
		}
	}
	for _, r := range c.records {
		if r.CIDANI != "" {
			return r.CIDANI
		}
	}
	return ""
}

// displayName is the caller id name that the channel came with. A dial plan
// puts the number there where there is none.
func (c *channel) displayName() string {
	for _, r := range c.records {
		if r.CIDName != "" {
			if r.CIDName == r.CIDNum {
				return ""
			}
			return r.CIDName
		}
		if r.Type == cel.BridgeEnter {
			break
		}
	}
	return ""
}
