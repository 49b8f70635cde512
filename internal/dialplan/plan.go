// Package dialplan knows which numbers and channels are ours, what a trunk is
// and how numbers are written. It is pure: settings in, answers out.
package dialplan

import (
	"fmt"
	"regexp"
	"strings"
	"sync"
)

// Settings are regular expressions as users write them (RE2). An empty list
// means the default that fits FreePBX.
type Settings struct {
	// Extensions match numbers that are ours.
	Extensions []string
	// Trunks match the names of channels that lead outside.
	Trunks []string
	// IncomingContexts match dial-plan contexts in which calls from outside
	// start.
	IncomingContexts []string
}

// The defaults, which fit FreePBX.
var (
	DefaultExtensions       = []string{`^\d{2,5}$`}
	DefaultTrunks           = []string{`^(PJSIP|SIP|IAX2|DAHDI)/trunk`}
	DefaultIncomingContexts = []string{`^from-(trunk|pstn|did)`, `^ext-did`}
)

// Plan answers what a number, a channel, a context is. It may be used by
// several goroutines.
type Plan struct {
	settings                     Settings
	extensions, trunks, incoming expressions
}

// New compiles settings; the error names the setting and the expression.
func New(s Settings) (*Plan, error) {
	p := Plan{settings: s}
	for _, list := range []struct {
		name         string
		given, usual []string
		into         *expressions
	}{
		{"extensions", s.Extensions, DefaultExtensions, &p.extensions},
		{"trunks", s.Trunks, DefaultTrunks, &p.trunks},
		{"incoming_contexts", s.IncomingContexts, DefaultIncomingContexts, &p.incoming},
	} {
		given := list.given
		if len(given) == 0 {
			given = list.usual
		}
		for _, expression := range given {
			re, err := regexp.Compile(expression)
			if err != nil {
				return nil, fmt.Errorf("%s: expression %q: %w", list.name, expression, err)
			}
			list.into.list = append(list.into.list, re)
		}
	}
	return &p, nil
}

// Settings are those that the plan was made of.
func (p *Plan) Settings() Settings { return p.settings }

// Default is the plan that fits FreePBX.
func Default() *Plan {
	p, err := New(Settings{})
	if err != nil {
		// The defaults are constants; a test compiles them.
		return &Plan{}
	}
	return p
}

// Extension says that a number is one of ours.
func (p *Plan) Extension(number string) bool {
	return number != "" && p.extensions.match(number)
}

// IncomingContext says that calls from outside start in this context.
func (p *Plan) IncomingContext(context string) bool {
	return context != "" && p.incoming.match(context)
}

// Side is whose end of the line a channel is.
type Side uint8

// The sides of a channel.
const (
	// NoSide is a channel that is nobody's: Local, mixing, announcing.
	NoSide Side = iota
	// Ours is a telephone of ours.
	Ours
	// Outside is a trunk.
	Outside
)

// Hints are what the records of a channel tell besides its name.
type Hints struct {
	// Context is where the channel started.
	Context string
	// OwnContext says that Context is the channel's own, rather than that of
	// whoever dialled it.
	OwnContext bool
	// Sent is the number that Dial sent to the channel's endpoint, "" where the
	// endpoint alone was dialled.
	Sent string
	// CallerNumber is the cid_num of the channel's own records.
	CallerNumber string
	// Account is the accountcode.
	Account string
}

// Side decides whose end a channel is, and says whether anything told. What is
// configured decides first, the form of a number last, since a trunk may be
// called 300 and a city may have four-digit numbers.
func (p *Plan) Side(c Channel, h Hints) (side Side, told bool) {
	switch {
	case !c.Line():
		return NoSide, true
	case p.trunks.matchAs(c.withoutSerial(), c.Name):
		return Outside, true
	case h.OwnContext && p.IncomingContext(h.Context):
		return Outside, true
	case h.Sent != "" && !p.Extension(h.Sent):
		return Outside, true
	case p.device(c.Endpoint) != "":
		return Ours, true
	case p.IncomingContext(h.Context):
		return Outside, true
	case p.Extension(h.CallerNumber), p.Extension(h.Account):
		return Ours, true
	}
	return Outside, false
}

// ExtensionOf is the extension to which a telephone of ours belongs: its
// endpoint's, its account's, or its caller number's; "" if none is an
// extension.
func (p *Plan) ExtensionOf(c Channel, h Hints) string {
	if e := p.device(c.Endpoint); e != "" {
		return e
	}
	if p.Extension(h.Account) {
		return h.Account
	}
	if p.Extension(h.CallerNumber) {
		return h.CallerNumber
	}
	return ""
}

// device is the extension that an endpoint's name stands for: the name itself,
// or the part before a suffix such as 201-mobile, 201_app. FreePBX calls the
// browser phone of 201 by the name 99201.
func (p *Plan) device(endpoint string) string {
	if i := strings.IndexAny(endpoint, "-_@."); i > 0 && p.Extension(endpoint[:i]) {
		return endpoint[:i]
	}
	if web, ok := strings.CutPrefix(endpoint, "99"); ok && len(web) >= 3 && p.Extension(web) {
		return web
	}
	if p.Extension(endpoint) {
		return endpoint
	}
	return ""
}

// expressions remembers what it was asked: a PBX has few endpoints and
// contexts, and asks for them with every record.
type expressions struct {
	list []*regexp.Regexp

	mu    sync.RWMutex
	known map[string]bool
}

// rememberedAnswers bounds the memory for answers; numbers from outside are
// many.
const rememberedAnswers = 4096

func (e *expressions) match(s string) bool { return e.matchAs(s, s) }

// matchAs is match for a text whose answer holds for all that share a key.
func (e *expressions) matchAs(key, s string) bool {
	e.mu.RLock()
	answer, ok := e.known[key]
	e.mu.RUnlock()
	if ok {
		return answer
	}
	for _, re := range e.list {
		if re.MatchString(s) {
			answer = true
			break
		}
	}
	e.mu.Lock()
	if e.known == nil || len(e.known) >= rememberedAnswers {
		e.known = make(map[string]bool)
	}
	e.known[strings.Clone(key)] = answer
	e.mu.Unlock()
	return answer
}
