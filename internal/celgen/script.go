package celgen

import (
	"container/heap"
	"fmt"

	"ringback/internal/cel"
)

// script writes the records of one call, going on in time.
type script struct {
	g        *generator
	now      int64
	linkedID string
}

// channel is a channel as CEL sees it.
type channel struct {
	name, uniqueID                   string
	cidName, cidNum, cidANI, cidDNID string
	exten, context, app, data        string
}

// pass lets time pass: from least to most milliseconds.
func (s *script) pass(least, most int) {
	s.now += int64(least)*1000 + s.g.rand.Int64N(int64(most-least)*1000+1)
}

// tick is the little time between two records that follow one another.
func (s *script) tick() { s.now += 50 + s.g.rand.Int64N(1200) }

// create makes a channel, the first of a script naming its call, and writes
// CHAN_START.
func (s *script) create(c channel) *channel {
	c.uniqueID = fmt.Sprintf("%d.%d", s.now/1_000_000, s.g.uniqueIDs)
	s.g.uniqueIDs++
	if s.linkedID == "" {
		s.linkedID = c.uniqueID
	}
	s.write(&c, cel.ChanStart, "", "")
	return &c
}

func (s *script) write(c *channel, t cel.Type, peer, extra string) {
	heap.Push(&s.g.pending, pendingRecord{order: s.g.written, record: cel.Record{
		At: s.now, Fraction: true, Type: t,
		CIDName: c.cidName, CIDNum: c.cidNum, CIDANI: c.cidANI, CIDDNID: c.cidDNID,
		Exten: c.exten, Context: c.context, Channel: c.name, App: c.app, AppData: c.data,
		UniqueID: c.uniqueID, LinkedID: s.linkedID, Peer: peer, Extra: extra,
	}})
	s.g.written++
}

func (s *script) answer(c *channel) {
	s.write(c, cel.Answer, "", "")
	s.tick()
}

// talk lets two channels be bridged for a while, a entering first.
func (s *script) talk(a, b *channel, leastSeconds, mostSeconds int) {
	bridge := s.bridge()
	s.enter(a, nil, bridge)
	s.enter(b, a, bridge)
	s.pass(leastSeconds*1000, mostSeconds*1000)
	s.leave(b, a, bridge)
	s.leave(a, nil, bridge)
}

func (s *script) bridge() string {
	r := s.g.rand
	return fmt.Sprintf("%08x-%04x-4%03x-%04x-%012x", r.Uint32(), r.Uint32()&0xffff, r.Uint32()&0xfff, r.Uint32()&0x3fff|0x8000, r.Uint64()&0xffffffffffff)
}

func (s *script) enter(c, other *channel, bridge string) {
	s.bridged(c, other, cel.BridgeEnter, bridge)
}

func (s *script) leave(c, other *channel, bridge string) { s.bridged(c, other, cel.BridgeExit, bridge) }

func (s *script) bridged(c, other *channel, t cel.Type, bridge string) {
	peer := ""
	if other != nil {
		peer = other.name
	}
	s.write(c, t, peer, fmt.Sprintf(`{"bridge_id":"%s","bridge_technology":"simple_bridge"}`, bridge))
	s.tick()
}

// hangup ends a channel.
func (s *script) hangup(c *channel, cause int, source, dialStatus string) {
	s.write(c, cel.Hangup, "", fmt.Sprintf(`{"hangupcause":%d,"hangupsource":"%s","dialstatus":"%s"}`, cause, source, dialStatus))
	s.write(c, cel.ChanEnd, "", "")
}

// over ends the call; c is its last channel.
func (s *script) over(c *channel) { s.write(c, cel.LinkedIDEnd, "", "") }
