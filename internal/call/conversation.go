package call

import (
	"slices"
)

// decideTalks lists the talks of this call with the names of who was in them.
func (m *model) decideTalks(c *Call) {
	for i := range m.talks {
		t := &m.talks[i]
		if !m.ofThisCall(t) {
			continue
		}
		parties := m.partiesOf(t, c)
		if len(parties) < 2 {
			continue
		}
		c.Talks = append(c.Talks, Talk{
			From: m.at(t.from), Until: m.at(t.until), Seconds: seconds(t.until - t.from), Parties: parties,
		})
	}
}

// partiesOf names who is in a talk, the one who started the call first.
func (m *model) partiesOf(t *talk, c *Call) []string {
	list := make([]string, 0, len(t.channels))
	from := c.From.Label()
	if from == "" {
		// Whom the PBX called of its own accord did not start the call.
		from = m.caller.party.Label()
	}
	with := false
	for _, ch := range t.channels {
		label := ch.party.Label()
		if ch == m.caller || label == from {
			with = true
			continue
		}
		if label != "" && slices.Contains(list, label) {
			continue
		}
		list = append(list, label)
	}
	slices.Sort(list)
	if with {
		list = slices.Insert(list, 0, from)
	}
	return list
}
