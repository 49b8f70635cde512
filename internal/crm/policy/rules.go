// Package policy decides what of a call a CRM gets: whether it gets the call at
// all, who the client is, who of ours the call belongs to, and under which
// number. The adapters for CRMs share it.
//
// It is pure: it knows calls and settings, no CRM, no clock and no network.
package policy

import (
	"math"
	"slices"
	"time"

	"ringback/internal/call"
)

// Rules are the settings of one target. The zero Rules deliver every call with
// an outside party whose number is known.
type Rules struct {
	// Internal says that calls among ours are delivered too.
	Internal bool
	// Keep, where it is not empty, lists the only calls that are delivered;
	// Leave lists calls that are not, even where Keep has them.
	Keep, Leave Lists
	// Rewrite changes clients' numbers before a CRM sees them.
	Rewrite []Rewrite
	// Anonymous stands for the number of a caller who shows none; "" leaves such
	// calls out.
	Anonymous string
	// Line is the line of every call; "" means the DID of an incoming call and
	// the trunk of another.
	Line string
}

// Part is a call as a CRM sees it: one client and one of ours.
type Part struct {
	// Number is 0 for the call itself, 1 for the second outside party, ….
	Number int
	// Person is the extension of the one of ours whom the call belongs to; ""
	// when there is none, such as for a caller who gave up in the menu.
	Person string
	// Client is the outside party's number as rewritten, or the placeholder.
	Client string
	// Anonymous says that Client is the placeholder.
	Anonymous bool
	// Direction is Incoming or Outgoing.
	Direction call.Direction
	Result    call.Result
	Start     time.Time
	// Talk is in whole seconds, 0 when nobody answered.
	Talk int
	Line string
	// Why says in words which rules made the part what it is.
	Why []string
}

// Parts lists what of a call is delivered; when that is nothing, skipped says
// why. Numbers of parts never change with the settings.
func (r Rules) Parts(c *call.Call) (parts []Part, skipped string) {
	if c.Result == call.Service {
		return nil, "a call to a service of the PBX itself"
	}
	first, reason := r.first(c)
	if reason == "" {
		parts = append(parts, first)
	}
	for _, p := range seconds(c) {
		if why := r.finish(&p, c); why == "" {
			parts = append(parts, p)
		} else if reason == "" {
			reason = why
		}
	}
	if len(parts) > 0 {
		return parts, ""
	}
	return nil, reason
}

// Part is one of Parts; false when the rules leave it out.
func (r Rules) Part(c *call.Call, number int) (Part, bool) {
	parts, _ := r.Parts(c)
	i := slices.IndexFunc(parts, func(p Part) bool { return p.Number == number })
	if i < 0 {
		return Part{}, false
	}
	return parts[i], true
}

// first is the part of the call itself.
func (r Rules) first(c *call.Call) (Part, string) {
	p := Part{Direction: c.Direction, Result: c.Result, Start: c.StartedAt.Time}
	switch c.Direction {
	case call.Internal:
		if !r.Internal {
			return p, "a call among ours; internal_calls = true delivers them"
		}
		p.Direction = call.Outgoing
	case call.UnknownDirection:
		return p, "the records do not say who called whom"
	case call.Incoming, call.Outgoing:
	}
	p.Client = client(c)
	p.Person, p.Why = person(c)
	if c.Result == call.Answered {
		p.Talk = whole(c.Talk)
	}
	p.Line = c.Trunk
	if c.Direction == call.Incoming && c.To.Number != "" {
		p.Line = c.To.Number
	}
	return p, r.finish(&p, c)
}

// finish applies the rules that hold for every part; it returns why the part is
// left out, or "".
func (r Rules) finish(p *Part, c *call.Call) string {
	if why := r.leftOut(p, c); why != "" {
		return why
	}
	if r.Line != "" {
		p.Line = r.Line
	}
	number, why := r.rewrite(p.Client)
	if why != "" {
		p.Why = append(p.Why, why)
	}
	if !Dialable(number) {
		if r.Anonymous == "" {
			return "the caller shows no number; anonymous_number gives such calls one"
		}
		p.Anonymous, number = true, r.Anonymous
		p.Why = append(p.Why, "the client shows no number: anonymous_number stands for it")
	}
	p.Client = number
	return ""
}

// whole rounds a length to whole seconds.
func whole(s call.Seconds) int { return int(math.Round(float64(s))) }
