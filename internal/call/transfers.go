package call

import (
	"slices"
	"sort"

	"ringback/internal/cel"
	"ringback/internal/dialplan"
)

// decideTransfers lists the hand-overs that came to something.
func (m *model) decideTransfers(c *Call) {
	for i := range m.transfers {
		t := &m.transfers[i]
		if t.by == nil {
			continue
		}
		to, ok := "", false
		if t.kind == Blind {
			to, ok = m.blindTo(t)
		} else {
			to, ok = m.attendedTo(t)
		}
		if !ok {
			continue
		}
		m.because("transfers", string(t.kind)+" transfer, and somebody talked after it", []*cel.Record{t.record})
		c.Transfers = append(c.Transfers, Transfer{Kind: t.kind, At: m.at(t.at), By: t.by.party.Label(), To: to})
	}
}

// blindTo is where a blind transfer led; it counts when somebody answered.
func (m *model) blindTo(t *transferEvent) (string, bool) {
	if slices.ContainsFunc(m.parks, func(p parkEvent) bool { return m.toLot(t, &p) }) {
		return "", false
	}
	answered := m.answeredTransfer(t)
	if answered == nil && !m.joinedConference(t) {
		return "", false
	}
	if answered != nil && answered.side == dialplan.Outside && answered.party.Number != "" {
		return answered.party.Label(), true
	}
	return t.extension, true
}

// answeredTransfer is the first leg that a blind transfer made ring and that was
// answered, nil if there is none, or if the call came back to the one who had
// transferred it.
func (m *model) answeredTransfer(t *transferEvent) *leg {
	first := sort.Search(len(m.legs), func(i int) bool { return m.legs[i].start >= t.at-m.slack })
	for _, l := range m.legs[first:] {
		if l.talked() && m.blindFor(l.channel) == t {
			if l.party.Label() == t.by.party.Label() {
				return nil
			}
			return l
		}
		if t.transferee != nil && m.talkedBetween(t.transferee, t.at+m.slack, l.start) {
			return nil
		}
	}
	return nil
}

func (m *model) joinedConference(t *transferEvent) bool {
	return t.transferee != nil && slices.ContainsFunc(t.transferee.stays, func(i int) bool {
		s := &m.stays[i]
		return m.bridges[s.bridge].conference && s.from >= t.at-m.slack
	})
}

// attendedTo is who an attended transfer handed over to; it counts when the
// two who remain talked.
func (m *model) attendedTo(t *transferEvent) (string, bool) {
	for i := range m.talks {
		k := &m.talks[i]
		if k.until < t.at || m.endedBy(k, t) {
			continue
		}
		for _, c := range k.channels {
			if m.handedTo(t, c, k) {
				return m.targetLabel(t, c), true
			}
		}
	}
	if t.second != nil && (t.application != "" || m.joinedConference(t)) {
		return t.second.dialledIn, t.second.dialledIn != ""
	}
	return "", false
}

// endedBy says that a talk is one of those that the transfer ended: somebody who
// transferred is in it.
func (m *model) endedBy(k *talk, t *transferEvent) bool {
	return slices.Contains(k.channels, t.by) || t.second != nil && slices.Contains(k.channels, t.second)
}

// handedTo says that c, in talk k after the transfer, is the one handed over
// to: not the transferee, and somebody with whom the transferer consulted.
func (m *model) handedTo(t *transferEvent, c *channel, k *talk) bool {
	if c == t.transferee || c == t.by || c == t.second || c.companion {
		return false
	}
	if c == t.target {
		return true
	}
	if t.transferee != nil && !slices.Contains(k.channels, t.transferee) {
		return false
	}
	if c.leg != nil && (c.leg.via == ViaAttendedTransfer || c.leg.via == ViaQueue || c.leg.via == ViaGroup) && c.start >= m.consultedSince(t) {
		return true
	}
	return t.target == nil && t.transferee == nil && c != m.caller
}

// consultedSince is when the consultation of an attended transfer began.
func (m *model) consultedSince(t *transferEvent) int64 {
	if t.second != nil && t.second != t.by {
		return t.second.start
	}
	if t.target != nil {
		return t.target.start
	}
	return 0
}

// targetLabel is how the one handed over to is named: a queue or a group keeps
// the number that was dialled for it.
func (m *model) targetLabel(t *transferEvent, c *channel) string {
	if c.leg != nil && (c.leg.via == ViaQueue || c.leg.via == ViaGroup) {
		if t.second != nil && t.second != t.by && t.second.dialledIn != "" {
			return t.second.dialledIn
		}
		if t.target != nil && t.target.name.Exten != "" {
			return t.target.name.Exten
		}
	}
	return c.party.Label()
}
