package call

import (
	"cmp"
	"slices"

	"ringback/internal/dialplan"
)

// inferUnlogged finds the attended transfers of a PBX that does not log them
// (the sample cel.conf does not): a telephone talked with two, left both at
// once, and they talked on with one another.
func (m *model) inferUnlogged() {
	if slices.ContainsFunc(m.transfers, func(t transferEvent) bool { return t.kind == Attended }) {
		return
	}
	var telephones []*channel
	for _, c := range m.channels {
		if !c.companion && c.side == dialplan.Ours && c.over() && len(c.talks) > 0 {
			telephones = append(telephones, c)
		}
	}
	if len(telephones) < 2 || len(telephones) > mostTelephones {
		return
	}
	for _, second := range telephones {
		for _, by := range telephones {
			if m.sameTelephone(by, second) {
				m.inferHandOver(by, second)
			}
		}
	}
	slices.SortStableFunc(m.transfers, func(a, b transferEvent) int { return cmp.Compare(a.at, b.at) })
}

// mostTelephones bounds how many telephones of one call are compared with one
// another.
const mostTelephones = 256

// sameTelephone says that a telephone that talked on one channel can have
// consulted on the other, which is the same for a feature code.
func (m *model) sameTelephone(by, second *channel) bool {
	if by == second {
		return len(by.talks) > 1
	}
	gap := by.until() - second.until()
	return second.own && by.start < second.start && by.name.Endpoint == second.name.Endpoint && gap <= m.slack && gap >= -m.slack
}

// inferHandOver notes a transfer where one of those with whom a telephone
// talked went on with the one whom it had consulted.
func (m *model) inferHandOver(by, second *channel) {
	consultation := &m.talks[second.talks[len(second.talks)-1]]
	before := by.talks
	if by == second {
		before = before[:len(before)-1]
	}
	first := &m.talks[before[len(before)-1]]
	for _, transferee := range first.channels {
		if slices.Contains(consultation.channels, transferee) {
			continue
		}
		for _, target := range consultation.channels {
			if target == second || slices.Contains(first.channels, target) {
				continue
			}
			if at := m.talkOn(transferee, target, second.until()); at != 0 {
				m.transfers = append(m.transfers, transferEvent{
					kind: Attended, at: at, by: by, second: second, transferee: transferee, target: target, record: second.records[len(second.records)-1],
				})
				return
			}
		}
	}
}

// talkOn is when two began to talk with one another just as a third left them,
// 0 if they did not.
func (m *model) talkOn(a, b *channel, left int64) int64 {
	for _, i := range a.talks {
		t := &m.talks[i]
		if t.from >= left-m.slack && t.from <= left+m.slack && slices.Contains(t.channels, b) {
			return t.from
		}
	}
	return 0
}
