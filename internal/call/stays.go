package call

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"ringback/internal/cel"
)

// stay is one channel's time in one bridge.
type stay struct {
	channel     *channel
	bridge      int
	from, until int64
	// unended says that the exit is missing, and until is only the last that is
	// known.
	unended bool
	enter   *cel.Record
}

// bridge is one bridge of Asterisk.
type bridge struct {
	id string
	// holding bridges keep their members apart: parking lots, waiting rooms.
	holding bool
	// conference says that the bridge is a room which members join on their
	// own.
	conference bool
	stays      []int
}

// readStays derives who was in which bridge from when to when. Entries and
// exits are paired for each channel and bridge alone, so their order against
// other channels' records does not matter.
func (m *model) readStays() {
	for _, c := range m.channels {
		m.staysOf(c)
	}
	m.staysOfMissing()
}

// indexStays lets channels and bridges know their stays.
func (m *model) indexStays() {
	for i := range m.stays {
		s := &m.stays[i]
		s.channel.stays = append(s.channel.stays, i)
		b := &m.bridges[s.bridge]
		b.stays = append(b.stays, i)
	}
}

func (m *model) staysOf(c *channel) {
	from := len(m.stays)
	p := pairing{model: m, channel: c, unnamed: -1, open: m.open[:0]}
	for i := 0; i < len(c.records); {
		end := i + 1
		for end < len(c.records) && c.records[end].At == c.records[i].At {
			end++
		}
		p.moment(c.records[i:end])
		i = end
	}
	for _, i := range p.open {
		m.stays[i].unended = true
		m.stays[i].until = m.lastOf(c)
	}
	m.open = p.open[:0]
	slices.SortFunc(m.stays[from:], func(a, b stay) int { return cmp.Compare(a.from, b.from) })
}

// pairing pairs one channel's entries and exits.
type pairing struct {
	model   *model
	channel *channel
	// open are the stays without an exit yet.
	open []int
	// unnamed is the bridge that the channel entered without an id, or -1.
	unnamed int
}

// moment reads the records of one moment, whose order may mean nothing: the
// channel leaves where it was, enters, and leaves again where it only passed
// through.
func (p *pairing) moment(records []*cel.Record) {
	if len(records) == 1 {
		p.read(records[0])
		return
	}
	var late []*cel.Record
	for _, r := range records {
		if r.Type == cel.BridgeExit && !p.exit(r) {
			late = append(late, r)
		}
	}
	for _, r := range records {
		if r.Type != cel.BridgeExit {
			p.read(r)
		}
	}
	for _, r := range late {
		p.read(r)
	}
}

func (p *pairing) read(r *cel.Record) {
	switch r.Type {
	case cel.BridgeEnter:
		b := p.model.bridgeOf(p.channel, r)
		if !hasBridgeID(r) {
			p.unnamed = b
		}
		p.open = append(p.open, len(p.model.stays))
		p.model.stays = append(p.model.stays, stay{channel: p.channel, bridge: b, from: r.At, enter: r})
	case cel.BridgeExit:
		if !p.exit(r) {
			p.missedEntry(r)
		}
	}
}

// exit closes the channel's oldest open stay in the bridge.
func (p *pairing) exit(r *cel.Record) bool {
	b := p.unnamed
	if hasBridgeID(r) {
		b = p.model.bridgeOf(p.channel, r)
	}
	for n, i := range p.open {
		if s := &p.model.stays[i]; s.bridge == b {
			s.until = r.At
			p.open = slices.Delete(p.open, n, n+1)
			return true
		}
	}
	return false
}

// missedEntry stands in for an entry that is missing: the channel was in the
// bridge since its records begin.
func (p *pairing) missedEntry(r *cel.Record) {
	m := p.model
	if !p.channel.companion {
		m.warn("missing_rows")
	}
	if !hasBridgeID(r) {
		return
	}
	since := min(max(p.channel.start, p.channel.answer, m.first), r.At)
	if p.channel.headless {
		since = min(m.first, r.At)
	}
	m.stays = append(m.stays, stay{channel: p.channel, bridge: m.bridgeOf(p.channel, r), from: since, until: r.At})
}

func hasBridgeID(r *cel.Record) bool {
	id, ok := cel.Field(r.Extra, "bridge_id")
	return ok && id != ""
}

// bridgeOf is the bridge that a BRIDGE_ENTER or BRIDGE_EXIT speaks of. Where
// the id is missing, the members that are named tell: whoever comes second
// names the first.
func (m *model) bridgeOf(c *channel, r *cel.Record) int {
	id, _ := cel.Field(r.Extra, "bridge_id")
	if id == "" {
		m.warn("missing_extra_column")
		if other := m.bridgeOfPeer(r); other >= 0 {
			return other
		}
		id = "of " + c.id + " at " + strconv.FormatInt(r.At, 10)
	}
	i := m.bridgeNamed(id)
	if i < 0 {
		i = len(m.bridges)
		m.bridges = append(m.bridges, bridge{id: id})
		if len(m.bridges) > manyAtOnce {
			m.indexBridge(i)
		}
	}
	m.note(&m.bridges[i], r)
	return i
}

// bridgeNamed is the place of a bridge, -1 if it is new.
func (m *model) bridgeNamed(id string) int {
	if len(m.bridges) > manyAtOnce {
		if i, ok := m.bridgeAt[id]; ok {
			return i
		}
		return -1
	}
	return slices.IndexFunc(m.bridges, func(b bridge) bool { return b.id == id })
}

// indexBridge keeps the map of bridges, which only calls with many of them
// use.
func (m *model) indexBridge(i int) {
	if m.bridgeAt == nil {
		m.bridgeAt = make(map[string]int)
		for j := range m.bridges[:i] {
			m.bridgeAt[m.bridges[j].id] = j
		}
	}
	m.bridgeAt[m.bridges[i].id] = i
}

// bridgeOfPeer is the bridge in which one of the record's peers is.
func (m *model) bridgeOfPeer(r *cel.Record) int {
	for name := range strings.SplitSeq(r.Peer, ",") {
		peer := m.named(name, r.At)
		if peer == nil {
			continue
		}
		for i := len(m.stays) - 1; i >= 0; i-- {
			s := &m.stays[i]
			if s.channel == peer && s.from <= r.At && (s.until == 0 || s.until >= r.At) {
				return s.bridge
			}
		}
		// The peer's own records come later in the list of channels.
		for _, p := range peer.records {
			if p.Type == cel.BridgeEnter && p.At <= r.At && p.Peer == "" {
				return m.bridgeOf(peer, p)
			}
		}
	}
	return -1
}

// note learns from a record what kind of bridge it speaks of.
func (m *model) note(b *bridge, r *cel.Record) {
	if technology, ok := cel.Field(r.Extra, "bridge_technology"); ok && technology == "holding_bridge" {
		b.holding = true
	}
	if conferenceApp(r.App) {
		b.conference = true
	}
}

// staysOfMissing puts the channel whose records are all missing into the
// bridges where others say it was or, where none names it, where somebody
// else's only company can have been it.
func (m *model) staysOfMissing() {
	if m.starter == nil || !m.starter.lost {
		return
	}
	for i, s := range slices.Clone(m.stays) {
		if m.bridges[s.bridge].holding || s.until == s.from {
			continue
		}
		if !m.saysPeer(s, m.starter.name.Name) && (m.starter.name.Name != "" || !m.alone(i)) {
			continue
		}
		m.stays = append(m.stays, stay{channel: m.starter, bridge: s.bridge, from: s.from, until: s.until})
	}
}

// alone says that no other channel of which there are records was in the
// bridge of a stay.
func (m *model) alone(i int) bool {
	for j := range m.stays {
		if m.stays[j].bridge == m.stays[i].bridge && m.stays[j].channel != m.stays[i].channel {
			return false
		}
	}
	return true
}

// saysPeer says that the records of a stay name a channel as being there.
func (m *model) saysPeer(s stay, name string) bool {
	if name == "" {
		return false
	}
	for _, r := range s.channel.records {
		if (r.Type == cel.BridgeEnter || r.Type == cel.BridgeExit) && r.At >= s.from && r.At <= s.until && strings.Contains(r.Peer, name) {
			return true
		}
	}
	return false
}
