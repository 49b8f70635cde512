package policy

import (
	"regexp"

	"ringback/internal/call"
	"ringback/internal/dialplan"
)

// Lists name calls by who took part. A call is listed when anything of it is in
// any list.
type Lists struct {
	// Extensions are ours, Trunks are names of trunks' endpoints, Numbers are
	// those of clients, as the PBX knows them.
	Extensions, Trunks, Numbers []*regexp.Regexp
}

func (l Lists) empty() bool { return len(l.Extensions)+len(l.Trunks)+len(l.Numbers) == 0 }

// has says what of the call is listed, "" if nothing is.
func (l Lists) has(p *Part, c *call.Call) string {
	if matches(l.Numbers, p.Client) {
		return "number " + p.Client
	}
	for extension := range ours(c) {
		if matches(l.Extensions, extension) {
			return "extension " + extension
		}
	}
	for trunk := range trunks(c) {
		if matches(l.Trunks, trunk) {
			return "trunk " + trunk
		}
	}
	return ""
}

// leftOut says why the lists leave a part out, "" if they do not.
func (r Rules) leftOut(p *Part, c *call.Call) string {
	if what := r.Leave.has(p, c); what != "" {
		return "the settings leave out calls of " + what
	}
	if r.Keep.empty() {
		return ""
	}
	what := r.Keep.has(p, c)
	if what == "" {
		return "the settings keep only listed calls, and nothing of this one is listed"
	}
	p.Why = append(p.Why, "kept because of "+what)
	return ""
}

func matches(list []*regexp.Regexp, text string) bool {
	for _, r := range list {
		if r.MatchString(text) {
			return true
		}
	}
	return false
}

// ours are the extensions of those of ours who took part, in order.
func ours(c *call.Call) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for _, p := range []call.Party{c.From, c.To} {
			if p.Extension != "" && !yield(p.Extension) {
				return
			}
		}
		for i := range c.Legs {
			if e := c.Legs[i].Party.Extension; e != "" && !yield(e) {
				return
			}
		}
	}
}

// trunks are the names of the trunks that the call went over.
func trunks(c *call.Call) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		if c.Trunk != "" && !yield(c.Trunk) {
			return
		}
		for i := range c.Legs {
			if l := &c.Legs[i]; l.Party.Extension == "" && !yield(trunkOf(l)) {
				return
			}
		}
	}
}

// trunkOf is the name of the trunk of a leg to the outside.
func trunkOf(l *call.Leg) string { return dialplan.ParseChannel(l.Channel).Endpoint }
