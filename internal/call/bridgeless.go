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
		if owner := m.ownerOf(l); owner != nil && owner.answer != 0 && owner.start <= l.answer {
			m.join(owner, l)
		}
	}
	for _, p := range m.pickups {
		if p.target == nil || p.picker == nil || p.picker.answer == 0 {
			continue
		}
		if owner := m.ownerOf(p.target); owner != nil && owner != p.picker && owner.answer != 0 {
			m.join(owner, p.picker)
		}
	}
}

// ownerOf is the person for whom a channel was made to ring, nil if none is
// known: where the PBX began the call with a Local channel, the telephone that
// it rang first.
func (m *model) ownerOf(l *channel) *channel {
	owner := m.find(l.firstLinkedID)
	if owner != nil && owner.name.Local() {
		owner = m.caller
	}
	if owner == nil || owner == l || !owner.person() {
		return nil
	}
	return owner
}

// answeredThrough says that the Local pair through which a telephone was
// dialled was answered too. It is not while the telephone is asked whether it
// takes the call: then nobody was joined with it.
func (m *model) answeredThrough(l *channel) bool {
	half := m.halfFor(l)
	return half == nil || half.partner == nil || half.answer != 0 && half.partner.answer != 0
}

// join puts two channels into a bridge from the moment when both were
// answered.
func (m *model) join(a, b *channel) {
	from, until := max(a.answer, b.answer), min(m.lastOf(a), m.lastOf(b))
	if until < from {
		return
	}
	m.bridges = append(m.bridges, bridge{id: "of " + b.id})
	for _, c := range []*channel{a, b} {
		m.stays = append(m.stays, stay{channel: c, bridge: len(m.bridges) - 1, from: from, until: until})
	}
	m.warn("no_bridge_events")
}
