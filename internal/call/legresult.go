package call

import (
	"fmt"
	"slices"
)

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
	if l.talked() || l.channel == m.caller && m.lifted() {
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
	if m.sentOn(l) {
		m.because(fact, "it sent the call on (FORWARD), and was given up for that", l.records)
		return LegFailed
	}
	if m.lostRace(l) {
		m.because(fact, "another one answered just when it stopped ringing", l.records)
		return LegAnsweredElsewhere
	}
	if l.answer != 0 {
		m.because(fact, "it was answered", l.records)
		return LegAnswered
	}
	if !l.dialled() {
		m.because(fact, "it was given up before anybody answered", l.records)
		return LegCancelled
	}
	if m.leftByCaller(c, l) {
		m.because(fact, "the caller gave up while it rang", l.records)
		return LegCancelled
	}
	m.because(fact, "it rang until it was given up", l.records)
	return LegNoAnswer
}

// sentOn says that the telephone answered with 302: Dial reports the FORWARD
// and hangs its channel up (app_dial.c, do_forward). The hangup cause is 23 on
// new versions and 0 on others, and the leg that was sent on to follows.
func (m *model) sentOn(l *leg) bool {
	if causeOf(l) == 23 {
		return true
	}
	if l.dialer == nil || l.answer != 0 || !l.over() {
		return false
	}
	return slices.ContainsFunc(l.dialer.sentOn, func(at int64) bool {
		return l.start <= at+m.tie() && l.until() >= at-m.tie() && l.until() <= at+m.slack
	})
}

// legRefusals is refusalOf in the words for legs.
func legRefusals(cause int) (LegResult, bool) {
	result, refused := refusalOf(cause)
	switch {
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
	return slices.ContainsFunc(m.talkers(), func(o *leg) bool {
		if o == l || o.dialer == nil || m.root(o.dialer) != root {
			return false
		}
		answered := m.answeredAt(o.channel)
		return o.start <= l.until() && answered >= l.start && answered <= l.until()+m.slack && l.until() <= answered+2*slackSeconds
	})
}

// talkers are the legs that were in a talk.
func (m *model) talkers() []*leg {
	if m.talked == nil {
		m.talked = []*leg{}
		for _, l := range m.legs {
			if l.talked() {
				m.talked = append(m.talked, l)
			}
		}
	}
	return m.talked
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
	return waiting.facts.Source == waiting.name.Name || m.dialStatus(waiting) == "CANCEL"
}
