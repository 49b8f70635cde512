package api

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxID is how long an id may be, in characters: CEL's column holds 150.
const maxID = 150

// flag reads a parameter that is 1 or 0; JSON may also say true or false.
func (p *parameters) flag(name string) bool {
	a, ok := p.one(name)
	if !ok {
		return false
	}
	switch {
	case a.text == "1", a.form == asBoolean && a.text == "true":
		return true
	case a.text == "0", a.form == asBoolean && a.text == "false":
		return false
	}
	p.refuse(name, a.text, "takes 1 or 0, in JSON also true or false")
	return false
}

// whole reads a whole number between low and high; absent is fallback.
func (p *parameters) whole(name string, low, high, fallback int) int {
	a, ok := p.one(name)
	if !ok {
		return fallback
	}
	digits := strings.Trim(a.text, "0123456789") == ""
	n, err := strconv.Atoi(a.text)
	if !digits || err != nil || n < low || n > high || a.form == asBoolean {
		p.refuse(name, a.text, fmt.Sprintf("takes a whole number from %d to %d", low, high))
		return fallback
	}
	return n
}

// text reads a plain text that is not empty; absent is "".
func (p *parameters) text(name string) string {
	a, ok := p.one(name)
	if !ok {
		return ""
	}
	if fault := idFault(a.text); fault != "" {
		p.refuse(name, a.text, fault)
		return ""
	}
	if a.form == asBoolean {
		p.refuse(name, a.text, "takes a text, not true or false")
		return ""
	}
	return a.text
}

// choice reads one of the known values; absent is "".
func (p *parameters) choice(name string, known ...string) string {
	a, ok := p.one(name)
	if !ok {
		return ""
	}
	if !slices.Contains(known, a.text) {
		p.refuse(name, a.text, "takes one of "+strings.Join(known, ", "))
		return ""
	}
	return a.text
}

// ids reads the ids of calls, each once, in the order they came.
func (p *parameters) ids() []string {
	const name = "id"
	if !p.has(name) || p.refused(name) {
		return nil
	}
	if len(p.given[name]) == 0 {
		p.refuse(name, "", "is an empty list; name at least one call")
		return nil
	}
	seen := map[string]bool{}
	var ids []string
	for _, a := range p.given[name] {
		switch fault := idFault(a.text); {
		case a.form == asNumber:
			p.refuse(name, a.text, fmt.Sprintf("is a number, and numbers lose digits (1234567890.10 would become 1234567890.1); write it in quotes: %q", a.text))
		case a.form == asBoolean:
			p.refuse(name, a.text, "takes a text, not true or false")
		case fault != "":
			p.refuse(name, a.text, fault)
		case !seen[a.text]:
			seen[a.text] = true
			ids = append(ids, a.text)
		}
	}
	return ids
}

// idFault says in words why s cannot be an id; "" when it can.
func idFault(s string) string {
	switch {
	case strings.TrimSpace(s) == "":
		return "is empty; give a value"
	case strings.ContainsFunc(s, unicode.IsControl):
		return "holds a control character, such as the end of a line; leave it out"
	case utf8.RuneCountInString(s) > maxID:
		return fmt.Sprintf("is longer than %d characters", maxID)
	}
	return ""
}

// names reads a list of configured names, repeated or joined by commas. kind
// says what they are the names of. Unknown ones are kept as faults of their
// own sort, since they are answered with 404.
func (p *parameters) names(name, kind string, known []string) []string {
	if !p.has(name) || p.refused(name) {
		return nil
	}
	if len(p.given[name]) == 0 {
		p.refuse(name, "", "is an empty list; leave it out to mean all")
	}
	var names []string
	for _, a := range p.given[name] {
		if a.form != asText {
			p.refuse(name, a.text, "takes a name as text")
			continue
		}
		for part := range strings.SplitSeq(a.text, ",") {
			part = strings.TrimSpace(part)
			switch {
			case part == "":
				p.refuse(name, a.text, "is empty; leave it out to mean all")
			case !slices.Contains(known, part) && len(p.unknown) == maxFaults:
			case !slices.Contains(known, part):
				p.unknown = append(p.unknown, unknownName(name, kind, part, known))
			case !slices.Contains(names, part):
				names = append(names, part)
			}
		}
	}
	return names
}

// name reads one configured name; absent is "".
func (p *parameters) name(name, kind string, known []string) string {
	a, ok := p.one(name)
	switch {
	case !ok:
		return ""
	case a.form != asText, strings.TrimSpace(a.text) == "":
		p.refuse(name, a.text, "takes one name as text; leave it out to mean all")
		return ""
	case !slices.Contains(known, a.text):
		p.unknown = append(p.unknown, unknownName(name, kind, a.text, known))
		return ""
	}
	return a.text
}

// unknownName is the fault of a name that nothing configured bears.
func unknownName(parameter, kind, name string, known []string) Fault {
	message := "no " + kind + " has this name; "
	if len(known) == 0 {
		return Fault{parameter, name, message + "none is configured"}
	}
	return Fault{parameter, name, message + "known: " + strings.Join(known, ", ")}
}
