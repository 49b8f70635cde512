package policy

import (
	"fmt"
	"strconv"
	"strings"

	"ringback/internal/call"
)

// usual is who is responsible where nothing says otherwise.
var usual = []Responsible{OfPerson, OfDefault}

// preset gives a part what the target and its trunk say of line, source and who is
// responsible.
func (r Rules) preset(p *Part) {
	trunk := r.Trunks[p.Trunk]
	of := func(what, value string) {
		p.Why = append(p.Why, fmt.Sprintf("%s %s by [target.trunks.%s]", what, value, p.Trunk))
	}
	switch {
	case trunk.Line != "":
		p.Line = trunk.Line
		of("line", p.Line)
	case r.Line != "":
		p.Line = r.Line
		p.Why = append(p.Why, "line "+p.Line+" by line")
	}
	p.Source = r.Source
	if trunk.Source != "" {
		p.Source = trunk.Source
		of("source", p.Source)
	}
	if p.DefaultUser = trunk.DefaultUser; p.DefaultUser != 0 {
		of("default user", strconv.FormatInt(p.DefaultUser, 10))
	}
	p.Responsible = usual
	if p.Direction != call.Incoming || p.Result == call.Answered {
		return
	}
	if len(r.Missed) > 0 {
		p.Responsible = r.Missed
	}
	if len(trunk.Missed) > 0 {
		p.Responsible = trunk.Missed
		of("missed_responsible", words(p.Responsible))
	}
}

// words are a ladder as the configuration has it.
func words(ladder []Responsible) string {
	text := make([]string, len(ladder))
	for i, one := range ladder {
		if text[i] = string(one); one == OfPerson {
			text[i] = "rang"
		}
	}
	return strings.Join(text, ", ")
}
