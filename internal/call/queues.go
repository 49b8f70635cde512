package call

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"ringback/internal/cel"
)

// queueStay is one stay of a channel in a queue.
type queueStay struct {
	channel *channel
	name    string
	// guessed says that the name is only an exten of the dial plan.
	guessed     bool
	from, until int64
	// newest is the newest sign of the queue.
	newest int64
	// timeout is how long Queue was to hold the caller at most, in
	// microseconds; 0 where no record tells.
	timeout int64
	result  QueueResult
}

// decideQueues finds the stays in queues: from the records that name the
// application Queue, and from the channels that a queue rang.
func (m *model) decideQueues(*Call) {
	for _, sign := range m.queueSigns() {
		if n := len(m.queues); n > 0 && m.queues[n-1].continues(sign, m) {
			s := &m.queues[n-1]
			s.newest, s.timeout = max(s.newest, sign.at), max(s.timeout, sign.timeout)
			if s.name == "" || s.guessed && !sign.guessed && sign.name != "" {
				s.name, s.guessed = sign.name, sign.guessed
			}
			continue
		}
		m.queues = append(m.queues, queueStay{
			channel: sign.channel, name: sign.name, guessed: sign.guessed, from: sign.at, newest: sign.at, timeout: sign.timeout,
		})
	}
}

func (s *queueStay) continues(sign queueSign, m *model) bool {
	same := s.name == sign.name || s.name == "" || sign.name == "" || s.guessed != sign.guessed
	return s.channel == sign.channel && same && !m.talkedBetween(s.channel, s.from, sign.at)
}

// queueSign is a moment at which a channel is known to have been in a queue.
type queueSign struct {
	at      int64
	channel *channel
	name    string
	guessed bool
	timeout int64
}

// queueTimeout is the time that the arguments of Queue give the caller, in
// microseconds: Queue(name,options,url,announcement,timeout,…) (app_queue.c).
// With the option n, Queue goes on after one round, whatever that time is.
func queueTimeout(arguments string) int64 {
	fields := strings.Split(strings.ReplaceAll(arguments, "|", ","), ",")
	if len(fields) < 5 || strings.Contains(fields[1], "n") {
		return 0
	}
	seconds, err := strconv.ParseInt(fields[4], 10, 32)
	if err != nil {
		return 0
	}
	return seconds * slackSeconds
}

func (m *model) queueSigns() []queueSign {
	var signs []queueSign
	for _, c := range m.channels {
		if c.companion {
			continue
		}
		for _, r := range c.records {
			if !equalFold(r.App, "Queue") || m.tellsOfTalk(c, r) {
				continue
			}
			signs = append(signs, queueSign{at: r.At, channel: m.inPlaceOf(c), name: firstArgument(r.AppData), timeout: queueTimeout(r.AppData)})
		}
		if c.ran("AppQueue") && c.dialled() {
			if waiting := m.waitingFor(c); waiting != nil {
				signs = append(signs, queueSign{at: c.start, channel: m.inPlaceOf(waiting), name: m.queueNamed(c), guessed: true})
			}
		}
	}
	slices.SortStableFunc(signs, func(a, b queueSign) int { return cmp.Compare(a.at, b.at) })
	return signs
}

// tellsOfTalk says that a record is of a talk or an end rather than of waiting:
// Queue remains the channel's application until then.
func (m *model) tellsOfTalk(c *channel, r *cel.Record) bool {
	switch r.Type {
	case cel.AppStart:
		return false
	case cel.AppEnd, cel.BridgeExit, cel.BridgeEnd, cel.Hangup, cel.ChanEnd, cel.LinkedIDEnd:
		return true
	}
	return slices.ContainsFunc(m.talks, func(t talk) bool {
		return t.from < r.At && r.At < t.until && slices.Contains(t.channels, c)
	})
}

// inPlaceOf is who waits now where the channel waited: an attended transfer
// into an application puts the transferee there.
func (m *model) inPlaceOf(c *channel) *channel {
	for i := range m.transfers {
		if t := &m.transfers[i]; t.application != "" && t.second == c && t.transferee != nil {
			return t.transferee
		}
	}
	return c
}

// waitingFor is the channel that waits in the queue which rang c.
func (m *model) waitingFor(c *channel) *channel {
	if c.dialer != nil {
		return m.root(c.dialer)
	}
	return m.caller
}

// queueNamed is the queue's number as the channels that it rings bear it: the
// exten of who waits.
func (m *model) queueNamed(c *channel) string {
	for _, r := range c.records {
		if equalFold(r.App, "AppQueue") && real(r.Exten) && r.Exten != c.name.Exten {
			return r.Exten
		}
	}
	return ""
}

// finishQueues tells how each stay ended.
func (m *model) finishQueues(c *Call) {
	for i := range m.queues {
		m.endQueueStay(c, &m.queues[i], i)
	}
	c.Queues = make([]QueueStay, len(m.queues))
	for i, s := range m.queues {
		c.Queues[i] = QueueStay{Name: s.name, EnteredAt: m.at(s.from), LeftAt: m.at(s.until), Result: s.result}
	}
}

func (m *model) endQueueStay(c *Call, s *queueStay, i int) {
	limit, on := s.channel.until(), false
	if i+1 < len(m.queues) && m.queues[i+1].channel == s.channel {
		limit, on = m.queues[i+1].from, true
	}
	for j := range m.talks {
		t := &m.talks[j]
		if t.from >= s.from && t.from <= limit && slices.Contains(t.channels, s.channel) && withAgent(t, s) {
			s.until, s.result = t.from, QueueAnswered
			m.because("queues", "the one who waited was joined with somebody", s.channel.records)
			return
		}
	}
	next := m.afterQueue(s, limit)
	if next == 0 && on {
		next = limit
	}
	early := next != 0 && next-s.from < s.timeout-slackSeconds
	if next == 0 && s.channel == m.caller && m.voicemail {
		next = m.lastQueueLeg(s)
	}
	if next != 0 {
		s.until, s.result = next, QueueTimeout
		if early || m.pressedBefore(s.channel, next) {
			s.result = QueueLeft
		}
		m.because("queues", "the dial plan went on after the queue", s.channel.records)
		return
	}
	if !s.channel.over() && c.InProgress {
		return
	}
	s.until = s.channel.until()
	s.result = QueueAbandoned
	if s.channel == m.caller && c.EndedBy == EndedByPBX || s.channel != m.caller && s.channel.facts.Source == "dialplan/builtin" {
		s.result = QueueTimeout
	}
	m.because("queues", "the channel of the one who waited ended in the queue", s.channel.records)
}

// withAgent says that somebody in the talk was rung by the queue, or picked
// its call up.
func withAgent(t *talk, s *queueStay) bool {
	return slices.ContainsFunc(t.channels, func(c *channel) bool {
		return c != s.channel && c.leg != nil && (c.leg.byQueue() || c.leg.via == ViaPickup)
	})
}

// byQueue says that a queue made the leg ring, or that an agent's telephone
// sent the queue's call on to it: Queue then follows the forwarding.
func (l *leg) byQueue() bool {
	return l.via == ViaQueue || l.forward != nil && equalFold(l.forward.App, "Queue")
}

// afterQueue is when the channel went on in the dial plan, 0 if it did not.
func (m *model) afterQueue(s *queueStay, limit int64) int64 {
	for _, r := range s.channel.records {
		switch r.Type {
		case cel.Hangup, cel.ChanEnd, cel.LinkedIDEnd, cel.StreamEnd, cel.BridgeExit, cel.BridgeEnter:
			continue
		}
		if r.At <= s.newest || r.At >= limit || r.App == "" || equalFold(r.App, "Queue") {
			continue
		}
		return r.At
	}
	for _, l := range m.legs {
		if l.start >= s.newest && l.start > s.from && l.start < limit && !l.byQueue() && l.dialer != nil && m.root(l.dialer) == s.channel {
			return l.start
		}
	}
	return 0
}

// lastQueueLeg is when the last telephone that the queue rang was given up.
func (m *model) lastQueueLeg(s *queueStay) int64 {
	end := s.newest
	for _, l := range m.legs {
		if l.byQueue() && l.start >= s.from {
			end = max(end, l.until())
		}
	}
	return end
}

// pressedBefore says that the one who waited pressed a key just before leaving
// the queue.
func (m *model) pressedBefore(c *channel, at int64) bool {
	return slices.ContainsFunc(c.records, func(r *cel.Record) bool {
		return r.Type == cel.DTMF && r.At <= at && at-r.At <= 2*slackSeconds
	})
}
