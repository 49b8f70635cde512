// Package casefile reads and writes cases of assembly: one readable file that
// says in a sentence what happened, which records the PBX wrote, and which
// calls they must give.
//
//	A caller from outside is answered by 1001 and hangs up.
//
//	settings
//	extensions = ^10\d\d$
//
//	records
//	time  | event      | channel                 | uniqueid | linkedid | exten | context
//	0.000 | CHAN_START | PJSIP/trunk-a-00000001  | 1.1      | 1.1      | 7495… | from-trunk
//
//	calls
//	…
//
// Only the columns that matter need be there. The part after "calls" is
// written by the tests' -update flag, and read by a person before it is
// committed. The package knows calls and records, and no database.
package casefile

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"ringback/internal/call"
	"ringback/internal/cel"
	"ringback/internal/dialplan"
)

// Case is one case of assembly.
type Case struct {
	// About says in a sentence or more what happened.
	About string
	// Settings are the dial-plan settings; what is empty has its default.
	Settings dialplan.Settings
	// Now is how long after the first record the calls are looked at; zero
	// means long after. With it, a call may be going on.
	Now time.Duration
	// Silence is how long a call without an end may be silent; zero means
	// four hours.
	Silence time.Duration
	// Columns are the names of the columns, in order.
	Columns []string
	// Records are the records, their times in seconds after Base.
	Records []cel.Record
	// Calls is what the records give, as Print writes it.
	Calls string
}

// Base is the moment from which times in a case count.
var Base = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)

// Parse reads a case; errors name the line.
func Parse(name string, b []byte) (*Case, error) {
	p := &parser{c: &Case{}, part: about}
	for i, line := range strings.Split(string(bytes.TrimSuffix(b, []byte("\n"))), "\n") {
		if err := p.line(line); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", name, i+1, err)
		}
	}
	p.c.About = strings.TrimSpace(p.c.About)
	p.c.Calls = strings.TrimLeft(p.c.Calls, "\n")
	switch {
	case p.c.About == "":
		return nil, fmt.Errorf("%s: a case begins with a sentence that says what happened", name)
	case len(p.c.Records) == 0:
		return nil, fmt.Errorf("%s: a case has records: a line \"records\", then the names of the columns, then the rows", name)
	}
	return p.c, nil
}

// Run assembles the calls of the case's records.
func (c *Case) Run() ([]*call.Call, error) {
	plan, err := dialplan.New(c.Settings)
	if err != nil {
		return nil, err
	}
	s := call.Settings{Plan: plan, Silence: c.Silence}
	if s.Silence == 0 {
		s.Silence = 4 * time.Hour
	}
	if c.Now != 0 {
		s.Now = Base.Add(c.Now)
	}
	a := call.NewAssembler(s)
	var calls []*call.Call
	for _, g := range call.Join(append([]cel.Record(nil), c.Records...)) {
		if made := a.Assemble(g); made != nil {
			calls = append(calls, made)
		}
	}
	return calls, nil
}

// parts of a case.
const (
	about    = "about"
	settings = "settings"
	records  = "records"
	calls    = "calls"
)

type parser struct {
	c    *Case
	part string
	row  int64
}

func (p *parser) line(line string) error {
	trimmed := strings.TrimSpace(line)
	switch {
	case p.part != calls && (trimmed == settings || trimmed == records || trimmed == calls):
		p.part = trimmed
		return nil
	case p.part == about:
		p.c.About += line + "\n"
		return nil
	case p.part == calls:
		p.c.Calls += strings.TrimRight(line, " ") + "\n"
		return nil
	case trimmed == "" || strings.HasPrefix(trimmed, "#"):
		return nil
	case p.part == settings:
		return p.setting(trimmed)
	}
	return p.record(line)
}

func (p *parser) setting(line string) error {
	name, value, ok := strings.Cut(line, "=")
	if !ok {
		return fmt.Errorf("a setting is written name = value, not %q", line)
	}
	name, value = strings.TrimSpace(name), strings.TrimSpace(value)
	var err error
	switch name {
	case "extensions":
		p.c.Settings.Extensions = append(p.c.Settings.Extensions, value)
	case "trunks":
		p.c.Settings.Trunks = append(p.c.Settings.Trunks, value)
	case "incoming_contexts":
		p.c.Settings.IncomingContexts = append(p.c.Settings.IncomingContexts, value)
	case "now":
		p.c.Now, err = time.ParseDuration(value)
	case "silence":
		p.c.Silence, err = time.ParseDuration(value)
	default:
		return fmt.Errorf("no setting is called %q; there are extensions, trunks, incoming_contexts, now, silence", name)
	}
	return err
}

func (p *parser) record(line string) error {
	cells := split(line)
	if p.c.Columns == nil {
		for _, name := range cells {
			if _, ok := columns[name]; !ok {
				return fmt.Errorf("no column is called %q", name)
			}
		}
		p.c.Columns = cells
		return nil
	}
	if len(cells) > len(p.c.Columns) {
		return fmt.Errorf("%d cells for %d columns", len(cells), len(p.c.Columns))
	}
	p.row++
	row := row{}
	for i, cell := range cells {
		row[p.c.Columns[i]] = cell
	}
	r, err := row.record(p.row)
	if err != nil {
		return err
	}
	p.c.Records = append(p.c.Records, r)
	return nil
}

// split takes a line apart at its bars. A bar within a cell is written \|.
func split(line string) []string {
	var cells []string
	for cell := range strings.SplitSeq(strings.ReplaceAll(line, `\|`, "\x00"), "|") {
		cells = append(cells, strings.TrimSpace(strings.ReplaceAll(cell, "\x00", "|")))
	}
	return cells
}
