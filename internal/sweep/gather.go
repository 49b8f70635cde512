package sweep

import (
	"slices"

	"ringback/internal/call"
	"ringback/internal/cel"
)

// gathering is a call whose records are being collected.
type gathering struct {
	records []cel.Record
	links   []*link
	chans   []*channel

	first, last int64
	// seen counts the records that had been read when its last one was.
	seen int64
	// id is the oldest of its linkedids.
	id string
	// inPeriod says that a record lies in the period asked for.
	inPeriod bool
	// open counts channels without an end, openLinks linkedids without one.
	open, openLinks int
	// headless counts channels and linkedids of which the beginning was not
	// seen.
	headless int

	rooms []*room
	// call is the result once all records were seen.
	call *call.Call
	// reach is Beyond when records were looked up for it.
	reach Reach
	// place is where the gathering stands in the queue.
	place int
	// closing says that its end was read and is being waited for, done that it
	// needs no more work.
	closing, done bool
}

// link is a linkedid of a gathering.
type link struct {
	id      string
	of      *gathering
	started bool // its own channel's beginning was seen
	ended   bool
}

// channel is a uniqueid of a gathering.
type channel struct {
	id             string
	of             *gathering
	started, ended bool
}

// board finds gatherings by linkedid and uniqueid.
type board struct {
	links map[string]*link
	chans map[string]*channel
	// spare is memory of gatherings that are done with, to be used again.
	spare [][]cel.Record
}

// mostSpare bounds how much memory is kept for later: as many calls as are
// read at once at a busy place. Longer lists go back to the runtime.
const (
	mostSpare    = 512
	longestSpare = 256
)

// recycle keeps the memory of records that nobody looks at any more.
func (b *board) recycle(records []cel.Record) {
	if len(b.spare) < mostSpare && cap(records) <= longestSpare {
		b.spare = append(b.spare, records[:0])
	}
}

// fresh is an empty list of records.
func (b *board) fresh() []cel.Record {
	n := len(b.spare) - 1
	if n < 0 {
		return make([]cel.Record, 0, 16)
	}
	list := b.spare[n]
	b.spare = b.spare[:n]
	return list
}

func newBoard() *board {
	return &board{links: make(map[string]*link), chans: make(map[string]*channel)}
}

// add puts a record, which has a linkedid or a uniqueid, to the gathering that it belongs to. Two gatherings that
// the record joins become one: gone is the one that was taken in, or nil.
func (b *board) add(r *cel.Record) (g, gone *gathering) {
	linkedID := r.LinkedID
	if linkedID == "" {
		linkedID = r.UniqueID
	}
	l, c := b.links[linkedID], b.chans[r.UniqueID]
	switch {
	case l == nil && c == nil:
		g = &gathering{first: r.At, last: r.At, id: linkedID, place: -1, records: b.fresh()}
	case l == nil:
		g = c.of
	case c == nil || c.of == l.of:
		g = l.of
	default:
		g, gone = b.merge(l.of, c.of)
	}
	if l == nil {
		l = b.newLink(linkedID, g)
	}
	if c == nil && r.UniqueID != "" {
		c = b.newChannel(r.UniqueID, g)
	}
	b.note(g, l, c, r)
	return g, gone
}

func (b *board) newLink(id string, g *gathering) *link {
	l := &link{id: id, of: g}
	b.links[id] = l
	g.links = append(g.links, l)
	g.openLinks++
	g.headless++
	return l
}

func (b *board) newChannel(id string, g *gathering) *channel {
	c := &channel{id: id, of: g}
	b.chans[id] = c
	g.chans = append(g.chans, c)
	g.open++
	g.headless++
	return c
}

// note takes over what a record tells of its call; c is nil where it names no channel.
func (b *board) note(g *gathering, l *link, c *channel, r *cel.Record) {
	g.records = append(g.records, *r)
	if r.At < g.first {
		g.first, g.id = r.At, l.id
	}
	g.last = max(g.last, r.At)
	if c == nil {
		c = &channel{started: true, ended: true}
	}
	switch r.Type {
	case cel.ChanStart:
		if !c.started {
			c.started = true
			g.headless--
		}
		if own := b.links[r.UniqueID]; own != nil && own.of == g && !own.started {
			own.started = true
			g.headless--
		}
	case cel.Hangup, cel.ChanEnd:
		if !c.ended {
			c.ended = true
			g.open--
		}
	case cel.LinkedIDEnd:
		if !l.ended {
			l.ended = true
			g.openLinks--
		}
	}
}

// merge makes two gatherings one; the one with fewer records moves.
func (b *board) merge(x, y *gathering) (kept, gone *gathering) {
	if len(x.records) < len(y.records) {
		x, y = y, x
	}
	for _, l := range y.links {
		l.of = x
	}
	for _, c := range y.chans {
		c.of = x
	}
	x.links = append(x.links, y.links...)
	x.chans = append(x.chans, y.chans...)
	x.records = append(x.records, y.records...)
	b.recycle(y.records)
	y.records = nil
	if y.first < x.first {
		x.first, x.id = y.first, y.id
	}
	x.last = max(x.last, y.last)
	x.inPeriod = x.inPeriod || y.inPeriod
	x.open += y.open
	x.openLinks += y.openLinks
	x.headless += y.headless
	for _, room := range y.rooms {
		room.replace(y, x)
		x.enter(room)
	}
	return x, y
}

// remove forgets the ids of a gathering: later records with them are another
// call's.
func (b *board) remove(g *gathering) {
	for _, l := range g.links {
		delete(b.links, l.id)
	}
	for _, c := range g.chans {
		delete(b.chans, c.id)
	}
}

// begunBefore says that a channel of which the beginning was not seen was made before an instant,
// as its id tells.
func (g *gathering) begunBefore(at int64) bool {
	return g.headless > 0 && slices.ContainsFunc(g.chans, func(c *channel) bool {
		epoch, ok := cel.Epoch(c.id)
		return ok && !c.started && epoch*1_000_000 < at
	})
}

// ids lists what a look-up must ask for to get the whole call.
func (g *gathering) ids() []string {
	ids := make([]string, 0, len(g.links)+len(g.chans))
	for _, l := range g.links {
		ids = append(ids, l.id)
	}
	for _, c := range g.chans {
		ids = append(ids, c.id)
	}
	return ids
}
