package policy

import (
	"fmt"
	"iter"
	"regexp"
	"slices"

	"ringback/internal/call"
	"ringback/internal/dialplan"
)

// Lists name calls by what took part. A call is listed when anything of it is in
// any list.
type Lists struct {
	// Extensions are ours, Trunks are names of trunks' endpoints, Numbers are
	// those of clients, as the PBX knows them, Contexts those of the dial plan that
	// the call's channels ran in.
	Extensions, Trunks, Numbers, Contexts []*regexp.Regexp
}

func (l Lists) empty() bool {
	return len(l.Extensions)+len(l.Trunks)+len(l.Numbers)+len(l.Contexts) == 0
}

// has says what of a call with these clients is listed, and by which list and
// pattern; "" if nothing is.
func (l Lists) has(c *call.Call, clients ...string) (what, rule string) {
	for _, list := range []struct {
		key, word string
		patterns  []*regexp.Regexp
		texts     iter.Seq[string]
	}{
		{"numbers", "number ", l.Numbers, slices.Values(clients)},
		{"extensions", "extension ", l.Extensions, ours(c)},
		{"trunks", "trunk ", l.Trunks, trunks(c)},
		{"contexts", "context ", l.Contexts, slices.Values(c.Contexts)},
	} {
		for text := range list.texts {
			if i := slices.IndexFunc(list.patterns, func(p *regexp.Regexp) bool { return p.MatchString(text) }); i >= 0 {
				return list.word + text, fmt.Sprintf("%s = '%s'", list.key, list.patterns[i])
			}
		}
	}
	return "", ""
}

// listed says by which rule of the lists a call with these clients is kept, "" where
// they keep every call, or why it is left out.
func (r Rules) listed(c *call.Call, clients ...string) (kept, skipped string) {
	if what, rule := r.Leave.has(c, clients...); what != "" {
		return "", fmt.Sprintf("the settings leave out calls of %s ([target.leave] %s)", what, rule)
	}
	if r.Keep.empty() {
		return "", ""
	}
	what, rule := r.Keep.has(c, clients...)
	if what == "" {
		return "", "the settings keep only listed calls, and nothing of this one is listed ([target.keep])"
	}
	return fmt.Sprintf("kept because of %s ([target.keep] %s)", what, rule), ""
}

// Whole says by which rule of the lists a call is delivered whole, "" where they
// deliver every call, or why it is not. Only the lists count.
func (r Rules) Whole(c *call.Call) (kept, skipped string) {
	clients := []string{client(c)}
	for i := range c.Legs {
		if l := &c.Legs[i]; broughtIn(l) {
			clients = append(clients, l.Party.Number)
		}
	}
	return r.listed(c, clients...)
}

// ours are the extensions of those of ours who took part, in order.
func ours(c *call.Call) iter.Seq[string] {
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
func trunks(c *call.Call) iter.Seq[string] {
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
