package call

import (
	"slices"
	"strings"

	"ringback/internal/cel"
	"ringback/internal/dialplan"
)

// readChannels groups records by channel and notes when each lived.
func (m *model) readChannels(records []cel.Record, companion bool) {
	from := len(m.channels)
	var last *channel
	for i := range records {
		r := &records[i]
		if last == nil || last.id != r.UniqueID {
			last = m.channelOf(r, companion)
		}
		if last == nil || last.companion != companion {
			continue
		}
		last.take(r)
	}
	for _, c := range m.channels[from:] {
		m.complete(c)
	}
}

// channelOf finds or makes the channel that a record speaks of.
func (m *model) channelOf(r *cel.Record, companion bool) *channel {
	if c := m.find(r.UniqueID); c != nil {
		return c
	}
	if r.UniqueID == "" {
		return nil
	}
	c := m.newChannel()
	*c = channel{id: r.UniqueID, records: c.records[:0], stays: c.stays[:0], talks: c.talks[:0], companion: companion}
	c.firstLinkedID = r.LinkedID
	c.own = r.LinkedID == r.UniqueID
	m.channels = append(m.channels, c)
	if len(m.channels) > manyAtOnce {
		m.index()
	}
	return c
}

func (m *model) newChannel() *channel {
	if n := len(m.channels); n < len(m.pool) {
		return m.pool[n]
	}
	c := &channel{}
	m.pool = append(m.pool, c)
	return c
}

// index keeps the map of channels, which only calls with many of them use.
func (m *model) index() {
	if len(m.byID) == 0 {
		for _, c := range m.channels {
			m.byID[c.id] = c
		}
		return
	}
	c := m.channels[len(m.channels)-1]
	m.byID[c.id] = c
}

// find is the channel with a uniqueid, nil if there is none.
func (m *model) find(uniqueID string) *channel {
	if uniqueID == "" {
		return nil
	}
	if len(m.channels) > manyAtOnce {
		return m.byID[uniqueID]
	}
	for _, c := range m.channels {
		if c.id == uniqueID {
			return c
		}
	}
	return nil
}

// named is the channel that bears a name at a moment, nil if there is none.
// Names repeat after a restart, so the nearest in time is meant.
func (m *model) named(name string, at int64) *channel {
	if name == "" {
		return nil
	}
	name = dialplan.ParseChannel(name).Name
	var best *channel
	for _, c := range m.channels {
		if c.name.Name != name {
			continue
		}
		if c.alive(at) {
			return c
		}
		best = c
	}
	return best
}

// take notes what one record says of its channel.
func (c *channel) take(r *cel.Record) {
	c.records = append(c.records, r)
	switch r.Type {
	case cel.ChanStart:
		if c.start == 0 {
			c.begin(r)
		}
	case cel.Answer:
		if c.answer == 0 {
			c.answer = r.At
		}
	case cel.Hangup:
		c.hangup, c.hungUp = r.At, true
		c.facts = r.Hangup()
	case cel.ChanEnd:
		c.end = r.At
	}
}

// begin notes what the first record of a channel tells. In a table of whole
// seconds others of the same second may have come before it.
func (c *channel) begin(r *cel.Record) {
	c.start = r.At
	c.firstLinkedID = r.LinkedID
	c.own = r.LinkedID == r.UniqueID
	if real(r.Exten) {
		c.dialledIn = r.Exten
	}
	if last := len(c.records) - 1; last > 0 && c.records[0].At == r.At {
		copy(c.records[1:], c.records[:last])
		c.records[0] = r
	}
}

// real says that an exten is a number somebody dialled, not a step of the dial
// plan.
func real(exten string) bool {
	switch exten {
	case "", "s", "h", "i", "t", "T", "o", "a", "e", "failed":
		return false
	}
	return !strings.HasPrefix(exten, "s-")
}

// complete derives what a channel's first records tell.
func (m *model) complete(c *channel) {
	if len(c.records) == 0 {
		return
	}
	first := c.records[0]
	c.name = dialplan.ParseChannel(m.nameOf(c))
	if c.start == 0 {
		c.headless = true
		c.start = first.At
		if !c.companion {
			c.start = m.first
			m.warn("missing_rows")
		}
	}
	if cel.Cut(c.records[len(c.records)-1].Extra) || hasCutExtra(c.records) {
		m.warn("extra_truncated")
	}
}

// nameOf is the channel's name as it was first written: pickups and redirects
// give it another for a while.
func (m *model) nameOf(c *channel) string {
	for _, r := range c.records {
		if r.Channel != "" {
			return r.Channel
		}
	}
	return ""
}

func hasCutExtra(records []*cel.Record) bool {
	for _, r := range records {
		if cel.Cut(r.Extra) {
			return true
		}
	}
	return false
}

// pairLocals ties the two halves of each Local pair: the same name, the same
// time.
func (m *model) pairLocals() {
	var open map[string]*channel
	for _, c := range m.channels {
		if c.name.Half == 0 {
			continue
		}
		if c.name.Half == 2 && !c.companion {
			m.halves = append(m.halves, c)
		}
		if open == nil {
			open = make(map[string]*channel)
		}
		other := open[c.name.OtherHalf()]
		if other != nil && other.partner == nil && other.alive(c.start) {
			c.partner, other.partner = other, c
			continue
		}
		open[c.name.Name] = c
	}
	slices.SortStableFunc(m.halves, func(a, b *channel) int { return cmpInt(a.start, b.start) })
}

func equalFold(a, b string) bool { return strings.EqualFold(a, b) }
