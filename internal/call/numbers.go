package call

import (
	"slices"
	"sort"
	"strings"

	"ringback/internal/cel"
	"ringback/internal/dialplan"
)

// nameOutsiders gives the legs to the outside their numbers, and those whom other
// calls brought into a conference.
func (m *model) nameOutsiders(c *Call) {
	for _, l := range m.channels {
		if l.side != dialplan.Outside || !l.dialled() {
			continue
		}
		if l.companion {
			l.party.Number = bornNumber(l)
			continue
		}
		l.party = Party{}
		if !l.own {
			l.party.Number = m.sentNumber(l)
		}
		if l.party.Number == "" {
			l.party.Number = m.askedNumber(l, c)
		}
	}
}

// askedNumber is the number for which a leg was dialled, where no record tells
// what was sent to the trunk.
func (m *model) askedNumber(l *channel, c *Call) string {
	if t := m.blindFor(l); t != nil && t.extension != "" {
		return t.extension
	}
	if l.dialer != nil {
		if l.dialer.name.Local() {
			if digits := digitsOf(l.dialer.name.Exten); len(digits) > 2 {
				return digits
			}
		}
		if l.dialer != m.starter && l.dialer.dialledIn != "" {
			return l.dialer.dialledIn
		}
	}
	if c.Direction != Incoming {
		return c.To.Number
	}
	return ""
}

// sentNumber is the number as it was sent to the trunk: from the arguments of
// the Dial that made the leg, or the leg's own number, or what the same channel
// sent to another trunk when this one failed.
func (m *model) sentNumber(l *channel) string {
	if l.dialer != nil {
		if number := m.dialledNumber(l.dialer.records, l); number != "" {
			return number
		}
	}
	for _, r := range l.records {
		if outsideNumber(r.CIDNum) && !m.shown(r.CIDNum) {
			return r.CIDNum
		}
	}
	if l.dialer == nil || l.answer != 0 {
		return ""
	}
	for _, r := range l.dialer.records {
		if d := dialOf(r); len(d) == 1 && d[0].Technology == l.name.Technology && d[0].Number != "" {
			return d[0].Number
		}
	}
	return ""
}

// dialOf are the destinations in a record of the application Dial.
func dialOf(r *cel.Record) []dialplan.Dialled {
	if r.AppData == "" || !equalFold(r.App, "Dial") {
		return nil
	}
	return dialplan.ParseDial(r.AppData)
}

// shown says that a number is one that the caller's own channels bore.
func (m *model) shown(number string) bool {
	for _, c := range []*channel{m.starter, m.caller} {
		if slices.ContainsFunc(c.records, func(r *cel.Record) bool { return r.CIDNum == number }) {
			return true
		}
	}
	return false
}

// dialledNumber finds the Dial of a channel that names the leg's endpoint: the
// first that is recorded while the leg lives, else the last before, else the
// next that names the very endpoint.
func (m *model) dialledNumber(records []*cel.Record, l *channel) string {
	began := sort.Search(len(records), func(i int) bool { return records[i].At >= l.start })
	ended := max(began, sort.Search(len(records), func(i int) bool { return records[i].At > l.until()+m.slack }))
	for _, r := range records[began:ended] {
		if sent, ok := numberFor(l, dialOf(r), true); ok {
			return sent
		}
	}
	for _, r := range slices.Backward(records[:began]) {
		if sent, ok := numberFor(l, dialOf(r), true); ok {
			return sent
		}
	}
	for _, r := range records[ended:] {
		if sent, ok := numberFor(l, dialOf(r), false); ok {
			return sent
		}
	}
	return ""
}

// numberFor is what Dial's arguments send to the leg's endpoint. A group of
// lines (DAHDI/g0/…, mISDN/g:out/…) has another name than its channels.
func numberFor(l *channel, destinations []dialplan.Dialled, groups bool) (string, bool) {
	for _, d := range destinations {
		if d.Endpoint == l.name.Endpoint && d.Number != "" {
			return d.Number, true
		}
	}
	if groups && len(destinations) == 1 && !endpointNamed[l.name.Technology] {
		if d := destinations[0]; d.Technology == l.name.Technology && d.Number != "" {
			return d.Number, true
		}
	}
	return "", false
}

// endpointNamed are the technologies whose channels bear the endpoint's name
// that was dialled.
var endpointNamed = map[string]bool{"SIP": true, "PJSIP": true, "IAX2": true}

// digitsOf is the longest run of digits in a name such as RG-1001 or FMGL-7916….
func digitsOf(name string) string {
	best := ""
	for _, run := range strings.FieldsFunc(name, func(r rune) bool { return r < '0' || r > '9' }) {
		if len(run) > len(best) {
			best = run
		}
	}
	return best
}
