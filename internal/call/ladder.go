package call

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

// columnWidth is how wide a party's column of the ladder is, in characters.
const columnWidth = 26

// WriteText draws the ladder for a terminal, parties as columns and time
// downwards, and lists the rule that decided each fact.
func (e *Explanation) WriteText(w io.Writer) error {
	l := ladder{explanation: e, alive: make([]bool, len(e.Parties))}
	var b strings.Builder
	l.head(&b)
	for i := range e.Steps {
		l.step(&b, &e.Steps[i])
	}
	b.WriteString("\n")
	for _, r := range e.Reasons {
		fmt.Fprintf(&b, "%-24s %s%s\n", r.Fact, r.Rule, recordList(r.Records))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func recordList(ids []int64) string {
	if len(ids) == 0 {
		return ""
	}
	return "  [records " + strings.Trim(fmt.Sprint(ids), "[]") + "]"
}

// ladder is the drawing under way.
type ladder struct {
	explanation *Explanation
	alive       []bool
}

const timeWidth = 17

func (l *ladder) head(b *strings.Builder) {
	for _, text := range []func(Column) string{
		func(c Column) string { return c.Party },
		func(c Column) string { return c.Channel },
	} {
		row := newRow(len(l.explanation.Parties))
		for i, c := range l.explanation.Parties {
			row.put(i*columnWidth, clip(text(c), columnWidth-2))
		}
		fmt.Fprintf(b, "%*s%s\n", timeWidth, "", row)
	}
}

func clip(s string, width int) string {
	if utf8.RuneCountInString(s) <= width {
		return s
	}
	r := []rune(s)
	half := (width - 1) / 2
	return string(r[:half]) + "…" + string(r[len(r)-(width-1-half):])
}

func (l *ladder) step(b *strings.Builder, s *Step) {
	l.alive[s.From], l.alive[s.To] = true, true
	row := newRow(len(l.alive))
	for i, alive := range l.alive {
		if alive {
			row.put(i*columnWidth, "│")
		}
	}
	switch s.Kind {
	case StepTalk, StepEnd:
		row.span(s, "╞", "═", "╡")
	case StepRings:
		row.arrow(s)
	default:
		if s.From != s.To {
			row.arrow(s)
			break
		}
		row.put(s.To*columnWidth, mark(s.Kind)+" "+s.Text)
	}
	if s.Kind == StepHangUp {
		l.alive[s.To] = false
	}
	layout := "15:04:05"
	if s.At.Fraction {
		layout = "15:04:05.000000"
	}
	fmt.Fprintf(b, "%-*s%s\n", timeWidth, s.At.Format(layout), row)
}

func mark(kind StepKind) string {
	switch kind {
	case StepDials:
		return "●"
	case StepAnswers:
		return "✓"
	case StepHangUp:
		return "✕"
	default:
		return "◆"
	}
}

// row is one line of the drawing.
type row []rune

func newRow(columns int) row {
	return []rune(strings.Repeat(" ", max(1, columns)*columnWidth+48))
}

func (r row) put(at int, text string) {
	for _, c := range text {
		if at < len(r) {
			r[at] = c
		}
		at++
	}
}

// arrow draws a line from one column to another, with the step's text on it.
func (r row) arrow(s *Step) {
	a, b := s.From*columnWidth, s.To*columnWidth
	if a == b {
		r.put(b, "○ "+s.Text)
		return
	}
	low, high := min(a, b), max(a, b)
	r.put(low, strings.Repeat("─", high-low))
	if b > a {
		r.put(a, "├")
		r.put(b, "► "+s.Text)
		return
	}
	r.put(a, "┤")
	r.put(b, "◄")
	r.put(b+2, " "+s.Text+" ")
}

// span draws a line through all columns of a talk.
func (r row) span(s *Step, left, line, right string) {
	low, high := s.From*columnWidth, s.To*columnWidth
	r.put(low, strings.Repeat(line, high-low))
	for i := s.From + 1; i < s.To; i++ {
		if slices.Contains(s.With, i) {
			r.put(i*columnWidth, "╪")
		}
	}
	r.put(low, left)
	if high > low {
		r.put(high, right)
	}
	r.put(low+2, " "+s.Text+" ")
}

func (r row) String() string { return strings.TrimRight(string(r), " ") }
