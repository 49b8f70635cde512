package config

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Error lists what is wrong in a configuration.
type Error struct {
	File   string
	Faults []Fault // in order of lines
}

// Fault is one thing that is wrong.
type Fault struct {
	// Line and Column count from 1, in characters; 0 where the fault is in no line.
	Line, Column int
	// Message says what is wrong, Hint, if not "", what to do.
	Message, Hint string
	// Excerpt shows the line with the place marked, and no secret.
	Excerpt string
}

// Error writes every fault with its line.
func (e *Error) Error() string {
	var all []string
	for _, f := range e.Faults {
		all = append(all, f.in(e.File))
	}
	return strings.Join(all, "\n")
}

func (f Fault) in(file string) string {
	var b strings.Builder
	b.WriteString(file)
	if f.Line > 0 {
		fmt.Fprintf(&b, ":%d:%d", f.Line, f.Column)
	}
	b.WriteString(": " + f.Message)
	if f.Excerpt != "" {
		b.WriteString("\n" + f.Excerpt)
	}
	if f.Hint != "" {
		b.WriteString("\n    " + f.Hint)
	}
	return b.String()
}

// document is the file while it is read, with the faults found in it.
type document struct {
	name string
	text []byte
	// masked are stretches that no excerpt may show.
	masked []span
	faults []located
	// places are the values that were found, by their path such as
	// pbx[0].cel.
	places map[string]*node
}

// located is a fault before its excerpt is made, as that needs every secret
// in the file to be known.
type located struct {
	at            span
	message, hint string
}

func (d *document) fault(at span, message, hint string) {
	d.faults = append(d.faults, located{at, message, hint})
}

func (d *document) mask(at span) { d.masked = append(d.masked, at) }

func (d *document) err() error {
	slices.SortStableFunc(d.faults, func(a, b located) int { return a.at.from - b.at.from })
	e := &Error{File: d.name}
	for _, f := range d.faults {
		fault := Fault{Message: f.message, Hint: f.hint}
		if f.at != (span{}) {
			fault.Line, fault.Column, fault.Excerpt = d.excerpt(f.at)
		}
		e.Faults = append(e.Faults, fault)
	}
	return e
}

// excerpt shows the line in which at begins, with at marked.
func (d *document) excerpt(at span) (line, column int, shown string) {
	start := strings.LastIndexByte(string(d.text[:at.from]), '\n') + 1
	end := len(d.text)
	if i := strings.IndexByte(string(d.text[at.from:]), '\n'); i >= 0 {
		end = at.from + i
	}
	line = 1 + strings.Count(string(d.text[:start]), "\n")
	column = 1 + len([]rune(string(d.text[start:at.from])))
	before := d.visible(span{start, at.from})
	marked := d.visible(span{at.from, min(at.to, end)})
	after := d.visible(span{min(at.to, end), end})
	if i := strings.IndexByte(after, '#'); i >= 0 {
		after = after[:i+1] + hidden // a comment, perhaps with an old password
	}
	return line, column, frame(line, before, marked, after)
}

// frame draws a line of the file and a mark under a part of it.
func frame(line int, before, marked, after string) string {
	number := strconv.Itoa(line)
	mark := strings.Repeat(" ", len([]rune(before))) + strings.Repeat("^", max(1, len([]rune(marked))))
	return fmt.Sprintf("    %s | %s\n    %s | %s", number, strings.TrimRight(before+marked+after, " "),
		strings.Repeat(" ", len(number)), mark)
}

// visible gives a stretch of one line with what is masked as "…", and control
// characters as spaces.
func (d *document) visible(s span) string {
	var b strings.Builder
	for i := s.from; i < s.to; {
		if end := d.maskedUntil(i); end > i {
			if !strings.HasSuffix(b.String(), hidden) {
				b.WriteString(hidden)
			}
			i = end
			continue
		}
		b.WriteByte(d.text[i])
		i++
	}
	return printable(b.String())
}

// maskedUntil is the end of the masked stretch that i is in, or i.
func (d *document) maskedUntil(i int) int {
	for _, m := range d.masked {
		if m.from <= i && i < m.to {
			return m.to
		}
	}
	return i
}

func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if !strconv.IsPrint(r) {
			return ' '
		}
		return r
	}, strings.TrimRight(s, "\r\n"))
}
