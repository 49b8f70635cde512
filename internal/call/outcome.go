package call

import (
	"fmt"
	"slices"

	"ringback/internal/cel"
	"ringback/internal/dialplan"
)

// decideEnd works out whether and when the call ended.
func (m *model) decideEnd(c *Call) {
	m.starterEnd(c)
	open := 0
	for _, ch := range m.channels {
		if !ch.companion && !ch.over() {
			open++
		}
	}
	ended := m.linkedIDsEnded()
	if !ended && open == 0 {
		m.warn("no_linkedid_end")
	}
	switch {
	case open == 0 || ended:
		m.because("complete", "every channel has ended", nil)
	case m.mayGoOn():
		m.inProgress = true
		c.InProgress, c.Complete = true, false
		m.because("in_progress", "a channel has not ended, and its last record is not old", nil)
		return
	default:
		c.Complete = false
		m.because("complete", "the records stop before every channel has ended", nil)
	}
	c.EndedAt = m.at(m.ended())
}

// starterEnd gives the hangup cause, which is that of the channel that started
// the call.
func (m *model) starterEnd(c *Call) {
	if m.starter.hungUp && m.starter.facts.Cause >= 0 {
		cause := m.starter.facts.Cause
		c.HangupCause = &cause
	}
}

// linkedIDsEnded says that Asterisk told the end of every linkedid.
func (m *model) linkedIDsEnded() bool {
	for _, id := range m.linkedIDs {
		if !slices.ContainsFunc(m.records, func(r cel.Record) bool { return r.Type == cel.LinkedIDEnd && r.LinkedID == id }) {
			return false
		}
	}
	return true
}

// mayGoOn says that the newest record is young enough for a call to be going
// on.
func (m *model) mayGoOn() bool {
	s := m.settings
	return !s.Now.IsZero() && s.Now.UnixMicro()-m.last < s.Silence.Microseconds()
}

// ended is when the last channel of the call ended.
func (m *model) ended() int64 {
	var end int64
	for _, c := range m.channels {
		if !c.companion && c.person() {
			end = max(end, c.until())
		}
	}
	if end == 0 || !m.linkedIDsEnded() && m.someOpen() {
		return m.last
	}
	if left := m.leftRoom(); left != 0 && end == m.caller.until() {
		return left
	}
	return end
}

// leftRoom is when a caller who hung up in a conference left it, 0 for others:
// the channel lasts on while the others are told.
func (m *model) leftRoom() int64 {
	for _, i := range m.caller.stays {
		s := &m.stays[i]
		if m.bridges[s.bridge].conference && m.caller.facts.Source == m.caller.name.Name && m.caller.until()-s.until <= m.lingering() {
			return s.until
		}
	}
	return 0
}

func (m *model) someOpen() bool {
	return slices.ContainsFunc(m.channels, func(c *channel) bool { return !c.companion && !c.over() })
}

// decideTimes gives start, answer, end and the lengths between them.
func (m *model) decideTimes(c *Call) {
	c.StartedAt = m.at(m.first)
	end := m.last
	if !c.EndedAt.IsZero() {
		end = c.EndedAt.UnixMicro()
	}
	c.Duration = seconds(end - m.first)
	c.Talk = seconds(m.talkTimeOf(m.callerIn))
	answered := m.callerAnswered(c)
	if answered != 0 && c.Result == Answered {
		c.AnsweredAt = m.at(answered)
		end = answered
	}
	c.Wait = seconds(end - m.first)
}

// callerIn says that the one who started the call is in a talk.
func (m *model) callerIn(t *talk) bool { return slices.Contains(t.channels, m.caller) }

// callerAnswered is when the caller first could talk with a person, or came
// into a conference; 0 if never.
func (m *model) callerAnswered(c *Call) int64 {
	for i := range m.talks {
		if m.callerIn(&m.talks[i]) {
			return m.talks[i].from
		}
	}
	if c.Conference == "" {
		return 0
	}
	for _, i := range m.caller.stays {
		if m.bridges[m.stays[i].bridge].conference {
			return m.stays[i].from
		}
	}
	if r := m.caller.application("ConfBridge"); r != nil {
		return r.At
	}
	if r := m.caller.application("MeetMe"); r != nil {
		return r.At
	}
	return 0
}

// decideResult works out how the call went for the one who started it.
func (m *model) decideResult(c *Call) {
	switch {
	case m.callerAnswered(c) != 0:
		m.because("result", "the caller was joined with a person, or in a conference", nil)
		c.Result = Answered
	case c.Voicemail != "":
		m.because("result", "nobody answered, and the caller reached a voicemail box", nil)
		c.Result = Voicemail
	case c.Direction == Incoming:
		m.because("result", "a call from outside, and nobody answered", nil)
		c.Result = Missed
	case len(m.starter.records) == 0:
		c.Result = m.unansweredResult()
	case m.originated && !m.lifted():
		m.because("result", "the telephone that the PBX rang first never answered", m.caller.records)
		c.Result = NoAnswer
	case m.onlyService():
		m.because("result", "nobody was rung: a service of the PBX answered", m.caller.records)
		c.Result = Service
	default:
		c.Result = m.unansweredResult()
	}
}

// lifted says that the telephone which the PBX rang first was answered.
func (m *model) lifted() bool { return m.caller.answer != 0 || len(m.caller.stays) > 0 }

// onlyService says that one of ours reached a service of the PBX, and nobody
// was made to ring.
func (m *model) onlyService() bool {
	return m.caller.answer != 0 && !slices.ContainsFunc(m.legs, func(l *leg) bool { return l.channel != m.caller && l.dialled() })
}

// unansweredResult is the result of a call of ours that nobody answered: what
// the last ones rung said, else what the caller's own channel tells.
func (m *model) unansweredResult() Result {
	last := m.lastRung()
	facts := m.starter.facts
	for _, l := range last {
		if l.side == dialplan.Outside || len(last) == 1 {
			if r, ok := refusalOf(causeOf(l)); ok {
				m.because("result", "the one rung refused", l.records)
				return r
			}
		}
	}
	if len(last) > 1 && allRefused(last) {
		r, _ := refusalOf(causeOf(last[len(last)-1]))
		m.because("result", "all who were rung refused", last[0].records)
		return r
	}
	if r, ok := statusResults[facts.DialStatus]; ok {
		m.because("result", "DIALSTATUS of the caller's channel is "+facts.DialStatus, m.starter.records)
		return r
	}
	if len(last) > 0 {
		return NoAnswer
	}
	if r, ok := refusalOf(facts.Cause); ok && facts.Cause != 0 {
		m.because("result", "the hangup cause of the caller's channel", m.starter.records)
		return r
	}
	if facts.Source == m.starter.name.Name && facts.Source != "" {
		return Cancelled
	}
	return Failed
}

func allRefused(legs []*leg) bool {
	return !slices.ContainsFunc(legs, func(l *leg) bool { _, ok := refusalOf(causeOf(l)); return !ok })
}

func causeOf(l *leg) int {
	if !l.hungUp {
		return -1
	}
	return l.facts.Cause
}

// statusResults are the values of DIALSTATUS (app_dial.c) as results.
var statusResults = map[string]Result{
	"BUSY": Busy, "NOANSWER": NoAnswer, "CANCEL": Cancelled, "CONGESTION": Congestion,
	"CHANUNAVAIL": Unavailable, "DONTCALL": Rejected, "TORTURE": Rejected, "INVALIDARGS": Failed,
}

// refusalOf reads a Q.850 cause with which a telephone or a line refuses a
// call, as Asterisk maps SIP's answers to it (res_pjsip.c and chan_sip.c,
// hangup_sip2cause): 404 gives 1, 486 gives 17, 603 gives 21, 503 gives 34.
func refusalOf(cause int) (Result, bool) {
	switch cause {
	case 17:
		return Busy, true
	case 21:
		return Rejected, true
	case 1, 2, 3, 22, 28:
		return WrongNumber, true
	case 34, 38, 41, 42, 44, 58, 47:
		return Congestion, true
	case 20, 27:
		return Unavailable, true
	}
	return "", false
}

// lastRung lists the legs that rang at last for the caller, together.
func (m *model) lastRung() []*leg {
	var last []*leg
	for _, l := range m.legs {
		if l.channel == m.caller || !l.dialled() || l.via == ViaAttendedTransfer {
			continue
		}
		if len(last) > 0 && l.start > last[0].start+m.slack && l.start >= last[0].until()-m.slack {
			last = last[:0]
		}
		last = append(last, l)
	}
	return last
}

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
	m.endedByCaller = c.EndedBy == EndedByFrom
	if c.Result == NoAnswer && m.endedByCaller && len(m.lastRung()) > 0 && m.starter.facts.DialStatus != "NOANSWER" {
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
	case named == m.caller && named != nil, named != nil && named == m.starter:
		m.because("ended_by", "hangupsource names the caller's channel", named.records)
		return EndedByFrom
	case named != nil && named.person():
		m.because("ended_by", "hangupsource names the other party's channel", named.records)
		return EndedByTo
	case plan:
		m.because("ended_by", "the dial plan hung up", nil)
		return EndedByPBX
	}
	m.because("ended_by", "no hangupsource names anybody", nil)
	return EndedByUnknown
}

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
	own := facts.Source != "" && (facts.Source == m.caller.name.Name || facts.Source == lastName(m.caller))
	switch {
	case c.Result == Busy || c.Result == Rejected || c.Result == WrongNumber || c.Result == Congestion || c.Result == Unavailable:
		m.because("ended_by", "the one rung refused", nil)
		return EndedByTo
	case m.refusedIncoming(c):
		m.because("ended_by", "the one rung refused", nil)
		return EndedByTo
	case m.ringTimeOut(c, own):
		m.because("ended_by", "nobody answered in the time that the dial plan gave", m.caller.records)
		return EndedByPBX
	case own:
		m.because("ended_by", "hangupsource names the caller's own channel", m.caller.records)
		return EndedByFrom
	case facts.Source == "dialplan/builtin":
		m.because("ended_by", "the dial plan hung up", m.caller.records)
		return EndedByPBX
	case m.caller.hungUp && facts.DialStatus == "CANCEL":
		m.because("ended_by", "DIALSTATUS is CANCEL", m.caller.records)
		return EndedByFrom
	}
	if other := m.named(facts.Source, m.caller.until()); other != nil && other.person() {
		return EndedByTo
	}
	return EndedByUnknown
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
	if c.Result != Missed && c.Result != NoAnswer || m.caller.facts.DialStatus != "NOANSWER" || len(m.lastRung()) == 0 {
		return false
	}
	if len(m.queues) > 0 {
		return !own
	}
	return true
}

// decideLegResults works out how each leg went.
func (m *model) decideLegResults(c *Call) {
	for i, l := range m.legs {
		l.result = m.legResult(c, l)
		c.Legs[i].Result = l.result
		if l.result != LegAnswered {
			c.Legs[i].AnsweredAt = Time{}
		}
	}
}

func (m *model) legResult(c *Call, l *leg) LegResult {
	fact := "legs." + l.id + ".result"
	if l.talked || l.channel == m.caller && m.lifted() {
		m.because(fact, "it was joined with a person", l.records)
		return LegAnswered
	}
	if m.takenFrom(l.channel) {
		m.because(fact, "another telephone picked its call up", l.records)
		return LegAnsweredElsewhere
	}
	cause := causeOf(l)
	if cause == 26 {
		m.because(fact, "hangup cause 26: another one answered", l.records)
		return LegAnsweredElsewhere
	}
	if result, refused := legRefusals(cause); refused {
		m.because(fact, fmt.Sprintf("hangup cause %d", cause), l.records)
		return result
	}
	if m.lostRace(l) {
		m.because(fact, "another one answered just when it stopped ringing", l.records)
		return LegAnsweredElsewhere
	}
	if l.answer != 0 {
		m.because(fact, "it was answered", l.records)
		return LegAnswered
	}
	if m.leftByCaller(c, l) {
		m.because(fact, "the caller gave up while it rang", l.records)
		return LegCancelled
	}
	m.because(fact, "it rang until it was given up", l.records)
	return LegNoAnswer
}

// legRefusals is refusalOf in the words for legs: 302 gives cause 23, and the
// leg that was sent on to follows.
func legRefusals(cause int) (LegResult, bool) {
	result, refused := refusalOf(cause)
	switch {
	case cause == 23:
		return LegFailed, true
	case !refused:
		return "", false
	case result == Busy:
		return LegBusy, true
	case result == Rejected:
		return LegRejected, true
	case result == WrongNumber, result == Unavailable:
		return LegUnavailable, true
	}
	return LegFailed, true
}

// takenFrom says that the call which rang at the channel was picked up.
func (m *model) takenFrom(c *channel) bool {
	return slices.ContainsFunc(m.pickups, func(p pickupEvent) bool { return p.target == c })
}

// lostRace says that another leg of the same dialling was answered just when
// this one stopped ringing: not all telephones are told the cause.
func (m *model) lostRace(l *leg) bool {
	if l.dialer == nil || l.answer != 0 {
		return false
	}
	root := m.root(l.dialer)
	return slices.ContainsFunc(m.legs, func(o *leg) bool {
		if o == l || o.dialer == nil || !o.talked || m.root(o.dialer) != root {
			return false
		}
		answered := m.answeredAt(o.channel)
		return o.start <= l.until() && answered >= l.start && answered <= l.until()+m.slack && l.until() <= answered+2*slackSeconds
	})
}

// leftByCaller says that the one for whom the leg rang hung up, and that this
// ended the ringing.
func (m *model) leftByCaller(c *Call, l *leg) bool {
	waiting := m.caller
	if l.dialer != nil {
		waiting = m.root(l.dialer)
	}
	if waiting.name.Local() {
		waiting = m.caller
	}
	gap := l.until() - waiting.until()
	if !waiting.over() || gap > slackSeconds || gap < -slackSeconds {
		return false
	}
	if waiting == m.caller {
		return c.EndedBy == EndedByFrom
	}
	return waiting.facts.Source == waiting.name.Name || waiting.facts.DialStatus == "CANCEL"
}
