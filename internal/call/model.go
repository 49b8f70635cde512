package call

import (
	"slices"

	"ringback/internal/cel"
	"ringback/internal/dialplan"
)

// model is what the records say happened: channels, bridges with their members
// over time, and Local pairs as wires between bridges. Every fact of a call is
// derived from it.
type model struct {
	settings Settings
	why      *Explanation

	records  []cel.Record
	fraction bool
	// slack is the time within which two events may be one: clocks of seconds
	// tell less than clocks of microseconds.
	slack       int64
	first, last int64

	id        string
	linkedIDs []string
	warnings  []string

	channels []*channel
	pool     []*channel
	// halves are the second halves of Local pairs, in order of start.
	halves []*channel
	byID   map[string]*channel
	// starter is the channel that started the call, caller the telephone or
	// line of the one who did: another one where the PBX rang it first.
	starter, caller *channel
	originated      bool

	stays    []stay
	open     []int
	bridges  []bridge
	bridgeAt map[string]int
	talks    []talk

	transfers []transferEvent
	parks     []parkEvent
	pickups   []pickupEvent
	forwards  []forwardEvent

	// voicemail says that the caller reached a voicemail box, though perhaps no
	// record tells which.
	voicemail bool
	// outgoing says that the call goes to the outside from one of ours.
	outgoing bool
	legs     []*leg
	queues   []queueStay
	// talked are the legs that were in a talk, once they were asked for.
	talked []*leg
}

func (m *model) reset(s Settings, why *Explanation) {
	*m = model{
		settings: s, why: why,
		channels: m.channels[:0], pool: m.pool, byID: m.byID, halves: m.halves[:0],
		stays: m.stays[:0], open: m.open[:0], bridges: m.bridges[:0], talks: m.talks[:0],
		transfers: m.transfers[:0], parks: m.parks[:0], pickups: m.pickups[:0], forwards: m.forwards[:0],
		legs: m.legs[:0], queues: m.queues[:0],
	}
	if m.byID == nil {
		m.byID = make(map[string]*channel)
	}
	clear(m.byID)
}

// Slack of clocks that tell microseconds, and of those that tell seconds.
const (
	slackMicros  = 250_000
	slackSeconds = 1_000_000
)

// build reads the records into the model.
func (m *model) build(g Group) {
	m.records = prepare(g.Records)
	if len(m.records) == 0 {
		return
	}
	m.straighten()
	m.first, m.last = m.records[0].At, m.records[len(m.records)-1].At
	for i := range m.records {
		if m.records[i].Fraction {
			m.fraction = true
			break
		}
	}
	m.slack = slackSeconds
	if m.fraction {
		m.slack = slackMicros
	}
	m.readChannels(m.records, false)
	m.readChannels(prepare(g.Companions), true)
	m.pairLocals()
	m.identify()
	m.readEvents()
	m.chooseStarter()
	m.readStays()
	m.readPairs()
	m.staysWithoutBridges()
	m.indexStays()
	m.infer()
	m.findTalks()
	m.inferUnlogged()
	m.markRoles()
}

// prepare sorts records by time and drops those that were written twice.
func prepare(records []cel.Record) []cel.Record {
	if !slices.IsSortedFunc(records, byTime) {
		slices.SortFunc(records, byTime)
	}
	records = dropDoubles(records)
	unmask(records)
	return records
}

// manyAtOnce is how many records of one moment are compared with one another
// before a set takes over.
const manyAtOnce = 16

// dropDoubles removes records that say the same of the same moment: two
// sections of cel_odbc.conf for one table write every row twice.
func dropDoubles(records []cel.Record) []cel.Record {
	kept := records[:0]
	start := 0
	var seen map[sameness]bool
	for i := range records {
		if len(kept) > start && kept[start].At != records[i].At {
			start = len(kept)
			clear(seen)
		}
		if len(kept)-start <= manyAtOnce {
			if slices.ContainsFunc(kept[start:], func(r cel.Record) bool { return same(&r, &records[i]) }) {
				continue
			}
		} else {
			if len(seen) == 0 {
				seen = make(map[sameness]bool)
				for j := start; j < len(kept); j++ {
					seen[samenessOf(&kept[j])] = true
				}
			}
			key := samenessOf(&records[i])
			if seen[key] {
				continue
			}
			seen[key] = true
		}
		kept = append(kept, records[i])
	}
	return kept
}

// sameness is what two records written twice have in common.
type sameness struct {
	kind                                                          cel.Type
	uniqueID, linkedID, extra, channel, app, appData, peer, exten string
}

func samenessOf(r *cel.Record) sameness {
	return sameness{r.Type, r.UniqueID, r.LinkedID, r.Extra, r.Channel, r.App, r.AppData, r.Peer, r.Exten}
}

func same(a, b *cel.Record) bool {
	return a.Type == b.Type && a.UniqueID == b.UniqueID && a.ID != b.ID && samenessOf(a) == samenessOf(b)
}

// channel is one channel of Asterisk over its life.
type channel struct {
	id   string
	name dialplan.Channel
	side dialplan.Side
	// companion says that the channel belongs to another call.
	companion bool
	// own says that it started with a linkedid of its own.
	own bool
	// firstLinkedID is the one it started with.
	firstLinkedID string
	// records are those of the channel, in order.
	records []*cel.Record

	start, answer, hangup, end int64
	// headless says that the records of its beginning are missing.
	headless bool
	// lost says that every record of the channel is missing.
	lost bool
	// dialledIn is the number that came with the channel, "" for one that was
	// dialled by another.
	dialledIn string
	facts     cel.HangupFacts
	hungUp    bool

	party Party
	// partner is the other half of a Local pair.
	partner *channel
	// dialer is the channel that made this one ring, nil if none did or it is
	// not known.
	dialer *channel
	// root is the channel that the dialling began with, once it was asked for.
	root *channel
	// blind is the blind transfer that made this one ring, once it was asked
	// for.
	blind      *transferEvent
	blindKnown bool
	// forwarded is the FORWARD that made this half of a Local pair.
	forwarded *cel.Record
	// sentOn are the moments at which a telephone that the channel dialled sent
	// the call on.
	sentOn []int64

	stays []int
	// talks are the talks that the channel was in, in order.
	talks []int
	// picker, retriever and transferee say what the channel did, or what was
	// done with it, in an event.
	picker, retriever, transferee bool
	// consults says that a telephone opened the channel to speak with somebody
	// before it handed a call over.
	consults bool
	leg      *leg
}

// over says that the channel has ended.
func (c *channel) over() bool { return c.hangup != 0 || c.end != 0 }

// until is when the channel ended, or its last record.
func (c *channel) until() int64 {
	switch {
	case c.hangup != 0:
		return c.hangup
	case c.end != 0:
		return c.end
	case len(c.records) > 0:
		return c.records[len(c.records)-1].At
	}
	return c.start
}

// lastOf is when a channel ended or, where no record tells, when the records
// of the call do.
func (m *model) lastOf(c *channel) int64 {
	if c.over() {
		return c.until()
	}
	return max(c.until(), m.last)
}

// alive says that the channel lived at a moment.
func (c *channel) alive(at int64) bool {
	return c.start <= at && (!c.over() || c.until() >= at)
}

// talked says that the channel was in a talk.
func (c *channel) talked() bool { return len(c.talks) > 0 }

// person says that somebody can be behind the channel.
func (c *channel) person() bool { return c.side != dialplan.NoSide || c.lost }

// dialled says that the channel was made to ring: by Dial or Queue, whose
// channels start with the linkedid of who dialled, or by an originate. A
// telephone that picks a call up takes over the application name of the one
// that rang, so that name alone says nothing.
func (c *channel) dialled() bool { return !c.own || c.originated() }

// originated says that the PBX itself began a call with this channel
// (main/dial.c names the application AppDial2). A telephone of ours that calls
// brings a number, but for an analogue one.
func (c *channel) originated() bool {
	if !c.own || c.dialledIn != "" {
		return false
	}
	return c.ran("AppDial2") || c.side == dialplan.Ours && !analogue[c.name.Technology]
}

// analogue are the technologies of lines on which a telephone is lifted first
// and dials then.
var analogue = map[string]bool{"DAHDI": true, "Zap": true, "Skinny": true, "MGCP": true, "Phone": true}

// ran says that a record of the channel names an application.
func (c *channel) ran(app string) bool {
	return c.application(app) != nil
}

// application is the first record of the channel that names an application.
func (c *channel) application(app string) *cel.Record {
	for _, r := range c.records {
		if len(r.App) == len(app) && equalFold(r.App, app) {
			return r
		}
	}
	return nil
}
