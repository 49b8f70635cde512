package call

import (
	"slices"

	"ringback/internal/cel"
)

// staysWithoutBridges stands in for the bridges where cel.conf does not log
// them: who was answered was joined with whoever dialled, until one of the two
// ended.
func (m *model) staysWithoutBridges() {
	if len(m.stays) > 0 || !slices.ContainsFunc(m.records, func(r cel.Record) bool { return r.Type == cel.Answer }) {
		return
	}
	for _, l := range m.channels {
		if l.companion || !l.person() || l.own || l.answer == 0 || !m.answeredThrough(l) {
			continue
		}
		owner := m.find(l.firstLinkedID)
		if owner == nil || owner == l || owner.answer == 0 || owner.start > l.answer || !owner.person() {
			continue
		}
		m.join(owner, l)
	}
}

// answeredThrough says that the Local channels between a telephone and whoever
// dialled were answered too. They are not while the telephone is asked whether
// it takes the call: then nobody was joined with it.
func (m *model) answeredThrough(l *channel) bool {
	for range len(m.channels) {
		half := m.halfFor(l)
		if half == nil || half.partner == nil {
			return true
		}
		if half.answer == 0 || half.partner.answer == 0 {
			return false
		}
		l = half.partner
	}
	return true
}

// join puts two channels into a bridge from the moment when both were
// answered.
func (m *model) join(a, b *channel) {
	from, until := max(a.answer, b.answer), min(a.until(), b.until())
	if until < from {
		return
	}
	m.bridges = append(m.bridges, bridge{id: "of " + b.id})
	for _, c := range []*channel{a, b} {
		m.stays = append(m.stays, stay{channel: c, bridge: len(m.bridges) - 1, from: from, until: until})
	}
	m.warn("no_bridge_events")
}
