package api

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"
)

// parameters are the names and values of one request, wherever they stood in
// it, and what was found wrong with them so far.
type parameters struct {
	// known are the names that this endpoint takes.
	known  []string
	given  map[string][]argument
	faults []Fault
	// unknown are well-formed names of PBXs and targets that do not exist.
	unknown []Fault
}

// argument is one value as it came.
type argument struct {
	text string
	form form
	// listed says that it stood in a JSON array.
	listed bool
}

// form is how a value was written; only JSON tells the forms apart.
type form int

const (
	asText form = iota
	asNumber
	asBoolean
)

// readParameters reads the query and, of a POST, the body, and merges them.
// Only what makes the whole request unreadable is returned as a refusal; what
// is wrong with single parameters is kept as faults, to be told together.
func readParameters(r *http.Request, known ...string) (*parameters, *Problem) {
	p := &parameters{known: known, given: map[string][]argument{}}
	if refusal := p.readPairs(r.URL.RawQuery, "query"); refusal != nil {
		return nil, refusal
	}
	body, refusal := readBody(r)
	if refusal != nil {
		return nil, refusal
	}
	switch {
	case len(body.content) == 0:
	case body.isJSON:
		refusal = p.readJSON(body.content)
	default:
		refusal = p.readPairs(string(body.content), "body")
	}
	if refusal != nil {
		return nil, refusal
	}
	p.refuseUnknown()
	return p, nil
}

// readPairs reads name=value pairs joined by "&". A ";" is a plain character:
// to split there, or to drop such pairs, would silently ask for something else
// than what was written.
func (p *parameters) readPairs(text, place string) *Problem {
	var broken []Fault
	for pair := range strings.SplitSeq(text, "&") {
		if pair == "" {
			continue
		}
		rawName, rawValue, _ := strings.Cut(pair, "=")
		name, err := url.QueryUnescape(rawName)
		if err != nil {
			broken = append(broken, escapeFault("", "", err))
			continue
		}
		value, err := url.QueryUnescape(rawValue)
		if err != nil {
			broken = append(broken, escapeFault(name, p.echo(name, rawValue), err))
			continue
		}
		p.given[name] = append(p.given[name], argument{text: value})
	}
	if broken != nil {
		return &Problem{
			Status: http.StatusBadRequest, Faults: broken,
			Detail: "the " + place + " holds a broken percent-escape: a \"%\" is written %25, and stands otherwise before two hexadecimal digits",
		}
	}
	return nil
}

func escapeFault(name, value string, err error) Fault {
	message := "the percent-escape is broken"
	if bad, ok := errors.AsType[url.EscapeError](err); ok && value != "" {
		message = fmt.Sprintf("the percent-escape %q is broken", string(bad))
	}
	return Fault{name, value, message}
}

// echo is value where it may be shown again: what stands under a name that is
// not ours may be a password or token that strayed here.
func (p *parameters) echo(name, value string) string {
	if !slices.Contains(p.known, name) {
		return ""
	}
	return value
}

// maxFaults is how many faults one answer tells: a body may hold a hundred
// thousand.
const maxFaults = 100

// refuse notes a fault of the named parameter.
func (p *parameters) refuse(name, value, message string) {
	if len(p.faults) < maxFaults {
		p.faults = append(p.faults, Fault{name, p.echo(name, value), message})
	}
}

// refuseUnknown notes names that this endpoint does not take, and values that
// are no text.
func (p *parameters) refuseUnknown() {
	names := make([]string, 0, len(p.given))
	for name := range p.given {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if len(p.faults) == maxFaults {
			return
		}
		if slices.Contains(p.known, name) {
			for _, a := range p.given[name] {
				if !utf8.ValidString(a.text) {
					p.refuse(name, strings.ToValidUTF8(a.text, "�"), "is not text in UTF-8")
				}
			}
			continue
		}
		name = strings.ToValidUTF8(name, "�")
		message := "there is no such parameter"
		switch s := suggest(name, p.known); {
		case s != "":
			message += "; did you mean " + s + "?"
		case len(p.known) == 0:
			message += "; none is taken here"
		default:
			message += "; known here: " + strings.Join(p.known, ", ")
		}
		p.refuse(name, "", message)
	}
}

// has says whether the parameter was given at all, well or badly.
func (p *parameters) has(name string) bool {
	_, ok := p.given[name]
	return ok
}

// one returns the value of a parameter that may be given once; ok is false
// when it is absent or was refused.
func (p *parameters) one(name string) (a argument, ok bool) {
	all := p.given[name]
	switch {
	case !p.has(name) || p.refused(name):
		return argument{}, false
	case len(all) == 0 || all[0].listed:
		p.refuse(name, "", "takes one value, not a list")
		return argument{}, false
	case len(all) > 1:
		texts := make([]string, len(all))
		for i, a := range all {
			texts[i] = a.text
		}
		p.refuse(name, strings.Join(texts, ", "), fmt.Sprintf("is given %s; give it once", times(len(all))))
		return argument{}, false
	}
	return all[0], true
}

func times(n int) string {
	if n == 2 {
		return "twice"
	}
	return fmt.Sprintf("%d times", n)
}

// refused says whether a fault of the parameter is known already.
func (p *parameters) refused(name string) bool {
	return slices.ContainsFunc(p.faults, func(f Fault) bool { return f.Parameter == name })
}

// refusal is the answer to what was found wrong, nil if nothing was: 404 when
// nothing but names was, since the request could be right elsewhere.
func (p *parameters) refusal() *Problem {
	faults := slices.Concat(p.faults, p.unknown)
	if len(faults) == 0 {
		return nil
	}
	status := http.StatusBadRequest
	if len(p.faults) == 0 {
		status = http.StatusNotFound
	}
	return &Problem{Status: status, Detail: summary(faults), Faults: faults}
}

// summary is the faults in one sentence.
func summary(faults []Fault) string {
	const start = "the request was not carried out; "
	if len(faults) == 1 {
		return start + strings.TrimPrefix(shorten(faults[0].Parameter)+": ", ": ") + faults[0].Message
	}
	var names []string
	for _, f := range faults {
		if name := shorten(f.Parameter); name != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return start + "mend " + strings.Join(names, ", ") + " and ask again"
}
