package call

import (
	"slices"
	"strconv"

	"ringback/internal/cel"
)

// readPairs reads the bridges of Asterisk up to 11, which tie two channels:
// BRIDGE_START, BRIDGE_UPDATE when one takes another's place, BRIDGE_END. The
// other channel is named in peer.
func (m *model) readPairs() {
	for i := range m.records {
		r := &m.records[i]
		switch r.Type {
		case cel.BridgeStart, cel.BridgeUpdate:
			m.pair(m.find(r.UniqueID), m.named(r.Peer, r.At), r)
		case cel.BridgeEnd:
			m.unpair(m.find(r.UniqueID), m.named(r.Peer, r.At), r.At)
		}
	}
	for i := range m.stays {
		if s := &m.stays[i]; s.until == 0 {
			s.until = m.lastOf(s.channel)
		}
	}
}

// pair ties two channels; whoever either was tied to before is so no more.
func (m *model) pair(a, b *channel, r *cel.Record) {
	if a == nil || b == nil || a == b || m.pairOf(a, b) >= 0 {
		return
	}
	for _, c := range []*channel{a, b} {
		m.release(c, r.At)
	}
	m.bridges = append(m.bridges, bridge{id: "pair of " + a.id + " in record " + strconv.FormatInt(r.ID, 10)})
	place := len(m.bridges) - 1
	for _, c := range []*channel{a, b} {
		m.stays = append(m.stays, stay{channel: c, bridge: place, from: r.At, enter: r})
	}
}

// unpair ends the tie of two channels.
func (m *model) unpair(a, b *channel, at int64) {
	if a == nil || b == nil {
		return
	}
	if place := m.pairOf(a, b); place >= 0 {
		m.closeBridge(place, at)
	}
}

// pairOf is the open bridge in which both channels are, or -1.
func (m *model) pairOf(a, b *channel) int {
	for _, s := range m.stays {
		if s.channel == a && s.until == 0 && slices.ContainsFunc(m.stays, func(o stay) bool {
			return o.channel == b && o.until == 0 && o.bridge == s.bridge
		}) {
			return s.bridge
		}
	}
	return -1
}

// release ends whatever tie a channel is in.
func (m *model) release(c *channel, at int64) {
	for i := range m.stays {
		if s := &m.stays[i]; s.channel == c && s.until == 0 {
			m.closeBridge(s.bridge, at)
		}
	}
}

func (m *model) closeBridge(place int, at int64) {
	for i := range m.stays {
		if s := &m.stays[i]; s.bridge == place && s.until == 0 {
			s.until = at
		}
	}
}

// unmask gives records of Asterisk up to 11 the uniqueid that their channel
// began with: a masquerade moves a channel's name to another uniqueid, and the
// telephone goes with the name.
func unmask(records []cel.Record) {
	if !slices.ContainsFunc(records, func(r cel.Record) bool {
		return r.Type == cel.BridgeStart || r.Type == cel.BridgeEnd || r.Type == cel.BridgeUpdate
	}) {
		return
	}
	began := make(map[string]string)
	for i := range records {
		r := &records[i]
		name := unmasked(r.Channel)
		if r.Type == cel.ChanStart && began[name] == "" {
			began[name] = r.UniqueID
		}
	}
	for i := range records {
		if id := began[unmasked(records[i].Channel)]; id != "" {
			records[i].UniqueID = id
		}
	}
}
