package call

import (
	"slices"

	"ringback/internal/dialplan"
)

// decideResult works out how the call went for the one who started it.
func (m *model) decideResult(c *Call) {
	switch {
	case m.callerAnswered(c) != 0:
		m.because("result", "the caller was joined with a person, or in a conference", nil)
		c.Result = Answered
	case c.Voicemail != "" || m.voicemail:
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
	return m.caller.answer != 0 && m.dialStatus(m.caller) == "" && !slices.ContainsFunc(m.legs, func(l *leg) bool { return l.channel != m.caller && l.dialled() })
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
	if len(m.forwards) > 0 && len(last) > 0 && !slices.ContainsFunc(last, func(l *leg) bool { return !m.sentOn(l) }) {
		m.because("result", "the call was sent on and on, and rang nowhere", last[0].records)
		return Failed
	}
	if r, ok := statusResults[m.dialStatus(m.starter)]; ok && !m.refusedBefore(last) {
		m.because("result", "DIALSTATUS of the caller's channel is "+m.dialStatus(m.starter), m.starter.records)
		return r
	}
	if len(last) > 0 {
		m.because("result", "nobody of those rung last answered or refused", last[0].records)
		return NoAnswer
	}
	if r, ok := refusalOf(facts.Cause); ok && facts.Cause != 0 {
		m.because("result", "the hangup cause of the caller's channel", m.starter.records)
		return r
	}
	if facts.Source == m.starter.name.Name && facts.Source != "" {
		m.because("result", "nobody was rung, and the caller hung up", m.starter.records)
		return Cancelled
	}
	m.because("result", "nobody was rung, and no record tells why", m.starter.records)
	return Failed
}

// refusedBefore says that others than those who rang last, and did not refuse,
// had refused before: DIALSTATUS in HANGUP then tells of them, since the first
// failure stays there (main/cel.c).
func (m *model) refusedBefore(last []*leg) bool {
	if len(last) == 0 {
		return false
	}
	return slices.ContainsFunc(m.legs, func(l *leg) bool {
		_, refused := refusalOf(causeOf(l))
		return refused && l.dialled() && l.channel != m.caller && !slices.Contains(last, l)
	})
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
	case 1, 22, 28:
		return WrongNumber, true
	case 2, 3, 20, 27:
		return Unavailable, true
	case 25, 29:
		return Congestion, true
	}
	if cause >= firstOfNetwork && cause <= lastOfNetwork {
		return Congestion, true
	}
	return "", false
}

// Of these Q.850 causes, from "no circuit available" to "protocol error", each
// tells of the network: resources, services, messages, protocol. SIP's 500 gives
// 38, 488 gives 58, 504 gives 102.
const (
	firstOfNetwork = 34
	lastOfNetwork  = 111
)

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
