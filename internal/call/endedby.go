package call

import (
	"slices"

	"ringback/internal/dialplan"
)

// decideEndedBy works out who ended the call.
func (m *model) decideEndedBy(c *Call) {
	if c.InProgress || !c.Complete {
		return
	}
	if t := m.lastTalk(); t != nil && c.Result == Answered && !m.callerStayedOn(t) {
		c.EndedBy = m.endOfTalk(t)
		return
	}
	c.EndedBy = m.endOfUnanswered(c)
	if c.Result == NoAnswer && c.EndedBy == EndedByFrom && len(m.lastRung()) > 0 && m.dialStatus(m.starter) != "NOANSWER" {
		m.because("result", "the caller gave up while it rang", m.caller.records)
		c.Result = Cancelled
	}
}

// lastTalk is the one that ended last among people of this call.
func (m *model) lastTalk() *talk {
	var last *talk
	for i := range m.talks {
		t := &m.talks[i]
		if m.ofThisCall(t) && (last == nil || t.until >= last.until) {
			last = t
		}
	}
	return last
}

func (m *model) ofThisCall(t *talk) bool {
	return slices.ContainsFunc(t.channels, func(c *channel) bool { return !c.companion })
}

// callerStayedOn says that the caller's channel went on after the last talk,
// to a menu, a queue or a parking lot.
func (m *model) callerStayedOn(t *talk) bool {
	return m.caller.until() > t.until+m.lingering()
}

// lingering is how long a channel may need to end after its talk has.
func (m *model) lingering() int64 { return 2 * slackSeconds }

// endOfTalk tells who ended a talk: the channel that HANGUP names as the
// source is copied to the others' records, so one's own record counts most.
func (m *model) endOfTalk(t *talk) EndedBy {
	var named *channel
	plan := false
	for _, c := range m.endingChannels(t) {
		source := c.facts.Source
		if source == "dialplan/builtin" {
			plan = true
			continue
		}
		if source == "" {
			continue
		}
		if source == c.name.Name || lastName(c) == source {
			named = c
			break
		}
		if other := m.named(source, t.until); other != nil && named == nil {
			named = other
		}
	}
	switch {
	case named != nil && named == m.caller && m.calledByPBX():
		m.because("ended_by", "hangupsource names the channel of the one whom the PBX called", named.records)
		return EndedByTo
	case named == m.caller && named != nil, named != nil && named == m.starter && !named.person():
		m.because("ended_by", "hangupsource names the caller's channel", named.records)
		return EndedByFrom
	case named != nil && named.person():
		m.because("ended_by", "hangupsource names the other party's channel", named.records)
		return EndedByTo
	case plan:
		m.because("ended_by", "the dial plan hung up", nil)
		return EndedByPBX
	}
	if untold(t.channels) {
		if first := m.firstToLeave(t); first != nil {
			m.because("ended_by", "no HANGUP tells; this channel left the bridge first", first.records)
			if first == m.caller && !m.calledByPBX() {
				return EndedByFrom
			}
			return EndedByTo
		}
	}
	m.because("ended_by", "no hangupsource names anybody", nil)
	return EndedByUnknown
}

// calledByPBX says that the PBX called somebody outside of its own accord: the
// channel that counts as the caller's is that of the one called.
func (m *model) calledByPBX() bool { return m.originated && m.caller.side == dialplan.Outside }

// endingChannels are the channels of a talk that ended with it, the persons
// first, then the Local ones beside them.
func (m *model) endingChannels(t *talk) []*channel {
	var list []*channel
	for _, c := range t.channels {
		if c.hungUp && !c.companion {
			list = append(list, c)
		}
	}
	for _, c := range m.channels {
		if c.name.Local() && c.hungUp && c.until() >= t.until-m.slack && c.until() <= t.until+m.lingering() {
			list = append(list, c)
		}
	}
	return list
}

// lastName is the channel's name in its last record.
func lastName(c *channel) string {
	if len(c.records) == 0 {
		return ""
	}
	return c.records[len(c.records)-1].Channel
}

// endOfUnanswered tells who ended a call in which nobody was talked with at
// the end.
func (m *model) endOfUnanswered(c *Call) EndedBy {
	facts := m.caller.facts
	own := facts.Source != "" && (facts.Source == m.caller.name.Name || facts.Source == lastName(m.caller)) && ordinary(facts.Cause)
	switch {
	case c.Result == Busy || c.Result == Rejected || c.Result == WrongNumber || c.Result == Congestion || c.Result == Unavailable:
		m.because("ended_by", "the one rung refused", nil)
		return EndedByTo
	case m.refusedIncoming(c):
		m.because("ended_by", "the one rung refused", nil)
		return EndedByTo
	case !ordinary(facts.Cause) && allRefused(m.lastRung()) && len(m.lastRung()) > 0:
		m.because("ended_by", "the one rung refused, and the dial plan told the caller so", nil)
		return EndedByTo
	case m.ringTimeOut(c, own):
		m.because("ended_by", "nobody answered in the time that the dial plan gave", m.caller.records)
		return EndedByPBX
	case own && m.calledByPBX():
		m.because("ended_by", "hangupsource names the channel of the one whom the PBX called", m.caller.records)
		return EndedByTo
	case own:
		m.because("ended_by", "hangupsource names the caller's own channel", m.caller.records)
		return EndedByFrom
	case facts.Source == "dialplan/builtin", facts.Cause > 0 && !ordinary(facts.Cause):
		m.because("ended_by", "the dial plan hung up", m.caller.records)
		return EndedByPBX
	case m.originated && c.Result == NoAnswer:
		m.because("ended_by", "the PBX gave up ringing the telephone", m.caller.records)
		return EndedByPBX
	case m.caller.hungUp && m.dialStatus(m.caller) == "CANCEL":
		m.because("ended_by", "DIALSTATUS is CANCEL", m.caller.records)
		return EndedByFrom
	}
	if facts.Cause >= 0 && facts.Source == "" && m.ringingGivenUp() {
		m.because("ended_by", "the dial plan came to its end", m.caller.records)
		return EndedByPBX
	}
	if other := m.named(facts.Source, m.caller.until()); other != nil && other.person() {
		m.because("ended_by", "hangupsource names the other party's channel", other.records)
		return EndedByTo
	}
	m.because("ended_by", "no hangupsource names anybody", nil)
	return EndedByUnknown
}

// ringingGivenUp says that those who rang last for the caller stopped ringing
// by no doing of theirs or his: Dial gives such channels no cause.
func (m *model) ringingGivenUp() bool {
	last := m.lastRung()
	return len(last) > 0 && !slices.ContainsFunc(last, func(l *leg) bool { return causeOf(l) != 0 })
}

// ordinary says that a Q.850 cause is one with which people hang up, not one
// that Busy, Congestion or Hangup of the dial plan give.
func ordinary(cause int) bool {
	return cause <= 0 || cause == 16 || cause == 31 || cause == 127
}

// refusedIncoming says that all who were rung for a missed call refused it,
// and the call ended with that.
func (m *model) refusedIncoming(c *Call) bool {
	if c.Result != Missed || len(m.queues) > 0 {
		return false
	}
	last := m.lastRung()
	if len(last) == 0 || !allRefused(last) {
		return false
	}
	return m.caller.until()-last[len(last)-1].until() <= m.lingering()
}

// ringTimeOut says that the dial plan gave up ringing: then the source that
// HANGUP names means nothing, since Busy and Congestion name the caller's own
// channel.
func (m *model) ringTimeOut(c *Call, own bool) bool {
	if c.Result != Missed && c.Result != NoAnswer || m.dialStatus(m.caller) != "NOANSWER" || len(m.lastRung()) == 0 {
		return false
	}
	if len(m.queues) > 0 {
		return !own
	}
	return true
}
