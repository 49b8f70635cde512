// Package policy decides what of a call a CRM gets: whether it gets the call at
// all, who the client is, who of ours the call belongs to, and under which
// number. The adapters for CRMs share it.
//
// It is pure: it knows calls and settings, no CRM, no clock and no network.
package policy

import (
	"fmt"
	"math"
	"slices"
	"time"

	"ringback/internal/call"
	"ringback/internal/crm"
)

// Rules are the settings of one target. The zero Rules deliver every call with
// an outside party whose number is known, as a whole.
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
	// AnsweredLegs makes a part for each of ours who talked with the caller of an
	// incoming call, in place of one for all.
	AnsweredLegs bool
	// Missed is who is responsible for an incoming call that nobody answered, in
	// the order in which they are tried; empty means OfPerson, OfDefault.
	Missed []Responsible
	// Line is the line of every call; "" means the DID of an incoming call and
	// the trunk of another.
	Line string
	// Source is the code of a source, for a CRM that knows any; "" means none.
	Source string
	// Trunks hold for single trunks, by their names.
	Trunks map[string]Trunk
}

// Trunk is what holds for the calls over one trunk, in place of what the rules say
// of all; what is not set is as in the rules.
type Trunk struct {
	DefaultUser  int64
	Line, Source string
	Missed       []Responsible
}

// Responsible is somebody who may be responsible for a call in the CRM.
type Responsible string

// Those who may be: whoever has the client in the CRM, the one of ours whom the
// call belongs to (Part.Person), the default user.
const (
	OfClient  Responsible = "client"
	OfPerson  Responsible = "person"
	OfDefault Responsible = "default"
)

// Part is a call as a CRM sees it: one client and one of ours.
type Part struct {
	// Number is 0 for the call itself, 1 for the second outside party, …. A
	// further leg that was answered has one of its own from 1<<30 on.
	Number int
	// Leg is the id of that leg, "" for all other parts.
	Leg string
	// Person is the extension of the one of ours whom the call belongs to; ""
	// when there is none, such as for a caller who gave up in the menu.
	Person string
	// Responsible is who is responsible, in the order in which they are tried;
	// when none of them is an active user of the CRM, it is the default user.
	Responsible []Responsible
	// DefaultUser is the default user of the part's trunk; 0 means the target's.
	DefaultUser int64
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
	// Trunk is the name of the trunk that the client was on, "" for none.
	Trunk, Line, Source string
	// Why says in words which rules made the part what it is.
	Why []string
}

// Key is what a CRM knows the part by, for ever.
func (p *Part) Key(c *call.Call) string {
	if p.Leg != "" {
		return crm.KeyOfLeg(c, p.Leg)
	}
	return crm.KeyOf(c, p.Number)
}

// Parts lists what of a call is delivered; when that is nothing, skipped says
// why. Numbers of parts never change with the settings, and the first has the same
// whether a call is delivered as a whole or by its legs.
func (r Rules) Parts(c *call.Call) (parts []Part, skipped string) {
	if c.Result == call.Service {
		return nil, "a call to a service of the PBX itself"
	}
	all, reason := r.own(c)
	for _, p := range append(all, seconds(c)...) {
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

// own are the parts of the call itself, before the rules that hold for every part.
func (r Rules) own(c *call.Call) (parts []Part, reason string) {
	p := Part{Direction: c.Direction, Result: c.Result, Start: c.StartedAt.Time, Trunk: c.Trunk, Line: c.Trunk}
	switch c.Direction {
	case call.Internal:
		if !r.Internal {
			return nil, "a call among ours; internal_calls = true delivers them"
		}
		p.Direction = call.Outgoing
	case call.UnknownDirection:
		return nil, "the records do not say who called whom"
	case call.Incoming, call.Outgoing:
	}
	p.Client = client(c)
	p.Person, p.Why = person(c)
	if c.Result == call.Answered {
		p.Talk = whole(c.Talk)
	}
	if c.Direction == call.Incoming && c.To.Number != "" {
		p.Line = c.To.Number
	}
	if r.AnsweredLegs {
		return byLegs(c, p), ""
	}
	return []Part{p}, ""
}

// finish applies the rules that hold for every part; it returns why the part is
// left out, or "".
func (r Rules) finish(p *Part, c *call.Call) string {
	kept, why := r.listed(c, p.Client)
	if why != "" {
		return why
	}
	if kept != "" {
		p.Why = append(p.Why, kept)
	}
	number, why := r.rewrite(p.Client)
	if why != "" {
		p.Why = append(p.Why, why)
	}
	if !Dialable(number) {
		if r.Anonymous == "" {
			return unnamed(p.Client, number)
		}
		p.Anonymous, number = true, r.Anonymous
		p.Why = append(p.Why, "the client shows no number: anonymous_number stands for it")
	}
	p.Client = number
	r.preset(p)
	return ""
}

// unnamed says why a part without a number is left out.
func unnamed(shown, number string) string {
	if Dialable(shown) {
		return fmt.Sprintf("the rules for numbers made %q of %s, which nobody could dial", number, shown)
	}
	return "the caller shows no number; anonymous_number gives such calls one"
}

// whole rounds a length to whole seconds.
func whole(s call.Seconds) int { return int(math.Round(float64(s))) }
