package call

import (
	"slices"

	"ringback/internal/cel"
)

// decideEnd works out whether and when the call ended.
func (m *model) decideEnd(c *Call) {
	m.starterEnd(c)
	open, ended := m.someOpen(), m.linkedIDsEnded()
	if !ended && !open {
		m.warn("no_linkedid_end")
	}
	switch {
	case !open || ended:
		m.because("complete", "every channel has ended", nil)
	case m.mayGoOn():
		c.InProgress, c.Complete = true, false
		m.because("in_progress", "a channel has not ended, and its last record is not old", nil)
		return
	default:
		c.Complete = false
		m.because("complete", "the records stop before every channel has ended", nil)
	}
	end := m.ended(open && !ended)
	m.clipTalks(end)
	c.EndedAt = m.at(end)
}

// clipTalks ends every talk with the call: a record that came late, or a clock
// that was set, must not make anybody talk after the end.
func (m *model) clipTalks(end int64) {
	for i := range m.talks {
		t := &m.talks[i]
		t.until = min(t.until, end)
		t.from = min(t.from, t.until)
	}
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
	ended := make(map[string]bool, len(m.linkedIDs))
	for i := range m.records {
		if r := &m.records[i]; r.Type == cel.LinkedIDEnd && r.LinkedID != "" {
			ended[r.LinkedID] = true
		}
	}
	return len(ended) == len(m.linkedIDs)
}

// mayGoOn says that the newest record is young enough for a call to be going
// on.
func (m *model) mayGoOn() bool {
	s := m.settings
	return !s.Now.IsZero() && s.Now.UnixMicro()-m.last < s.Silence.Microseconds()
}

// ended is when the last channel of the call ended; cut says that the records
// stop before that.
func (m *model) ended(cut bool) int64 {
	var end int64
	for _, c := range m.channels {
		if !c.companion && c.person() {
			end = max(end, c.until())
		}
	}
	if end == 0 || cut {
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
	c.Talk = seconds(m.talkTime(m.caller))
	answered := m.callerAnswered(c)
	if answered != 0 && c.Result == Answered {
		answered = min(answered, end)
		c.AnsweredAt = m.at(answered)
		end = answered
	}
	c.Wait = seconds(end - m.first)
}

// callerAnswered is when the caller first could talk with a person, or came
// into a conference; 0 if never.
func (m *model) callerAnswered(c *Call) int64 {
	if len(m.caller.talks) > 0 {
		return m.talks[m.caller.talks[0]].from
	}
	if c.Conference == "" {
		return 0
	}
	for _, i := range m.caller.stays {
		if m.bridges[m.stays[i].bridge].conference {
			return m.stays[i].from
		}
	}
	for _, app := range conferenceApps {
		if r := m.caller.application(app); r != nil {
			return m.enteredBy(r)
		}
	}
	return 0
}

// enteredBy is when the caller came into a room that only a record of his end
// may name: when he was answered, at the latest.
func (m *model) enteredBy(r *cel.Record) int64 {
	if r.Type == cel.Hangup && m.caller.answer != 0 {
		return m.caller.answer
	}
	return r.At
}
