package call

import (
	"cmp"
	"slices"
	"strings"

	"ringback/internal/cel"
	"ringback/internal/dialplan"
)

// chooseStarter finds the call's id, the channel that started it and who was
// at it.
func (m *model) chooseStarter() {
	m.collectLinkedIDs()
	m.starter = m.find(m.id)
	if m.starter == nil {
		m.starter = m.missingStarter()
	}
	if m.starter == nil {
		return
	}
	m.caller = m.starter
	m.originated = m.starter.originated() || m.starter.own && m.starter.name.Local()
	if m.starter.name.Local() || m.originated && m.starter.side == dialplan.Outside {
		// The PBX may ring the client first, and one of ours when he lifts.
		m.caller = m.firstTelephone()
		if m.caller == nil {
			m.caller = m.starter
		}
	}
	if m.caller.side == dialplan.NoSide && m.nobody() {
		m.starter = nil
	}
}

// collectLinkedIDs lists the linkedids, the oldest first: it is the call's id.
func (m *model) collectLinkedIDs() {
	type age struct {
		id string
		at int64
	}
	var ages []age
	newest := ""
	var seen map[string]bool
	for i := range m.records {
		r := &m.records[i]
		if r.LinkedID == "" || r.LinkedID == newest {
			continue
		}
		newest = r.LinkedID
		if len(ages) > 0 && (r.LinkedID == ages[0].id || seen[r.LinkedID]) {
			continue
		}
		ages = append(ages, age{r.LinkedID, r.At})
		if len(ages) == 2 {
			seen = make(map[string]bool)
		}
		if seen != nil {
			seen[r.LinkedID] = true
		}
	}
	slices.SortStableFunc(ages, func(a, b age) int {
		if a.at == b.at && idBefore(a.id, b.id) {
			return -1
		}
		return cmp.Or(cmpInt(a.at, b.at), 1)
	})
	m.linkedIDs = make([]string, len(ages))
	for i, a := range ages {
		m.linkedIDs[i] = a.id
	}
	if len(ages) > 0 {
		m.id = ages[0].id
	}
}

// missingStarter stands in for the channel that started the call where every
// record of it is missing. What others say of it tells its name at best.
func (m *model) missingStarter() *channel {
	m.warn("missing_rows")
	if m.id == "" {
		return nil
	}
	c := m.newChannel()
	*c = channel{id: m.id, own: true, firstLinkedID: m.id, records: c.records[:0], stays: c.stays[:0], talks: c.talks[:0], start: m.first, lost: true}
	c.name = dialplan.ParseChannel(m.mentioned())
	c.dialledIn = "?"
	if side, _ := m.settings.Plan.Side(c.name, dialplan.Hints{}); side == dialplan.Outside {
		c.side = dialplan.Outside
	}
	c.hangup = m.last
	m.channels = append(m.channels, c)
	m.index()
	return c
}

// mentioned is the name of a channel that records speak of and that has none
// of its own; a trunk's first.
func (m *model) mentioned() string {
	var names []string
	for i := range m.records {
		r := &m.records[i]
		names = append(names, strings.Split(r.Peer, ",")...)
		if r.Type == cel.Hangup {
			names = append(names, r.Hangup().Source)
		}
	}
	other := ""
	for _, name := range names {
		parsed := dialplan.ParseChannel(name)
		if !parsed.Line() || m.anyNamed(parsed.Name) {
			continue
		}
		if side, _ := m.settings.Plan.Side(parsed, dialplan.Hints{}); side == dialplan.Outside {
			return name
		}
		other = name
	}
	return other
}

func (m *model) anyNamed(name string) bool {
	return slices.ContainsFunc(m.channels, func(c *channel) bool { return c.name.Name == name })
}

// firstTelephone is the one that rang first where the PBX itself began the
// call: one of ours before others and, of several that rang at once, the one
// that was lifted.
func (m *model) firstTelephone() *channel {
	var first *channel
	for _, c := range m.channels {
		if !c.companion && c.person() && (first == nil || c.startsBefore(first)) {
			first = c
		}
	}
	return first
}

// startsBefore says that c rather than other is the telephone with which the
// PBX began the call; other comes before c in the order of channels.
func (c *channel) startsBefore(other *channel) bool {
	switch {
	case (c.side == dialplan.Ours) != (other.side == dialplan.Ours):
		return c.side == dialplan.Ours
	case (c.answer != 0) != (other.answer != 0):
		return c.answer != 0
	}
	return c.answer < other.answer
}

// nobody says that no channel of the call has anybody behind it.
func (m *model) nobody() bool {
	return !slices.ContainsFunc(m.channels, func(c *channel) bool { return !c.companion && c.person() })
}
