package listing

import (
	"fmt"
	"io"
	"strings"
	"time"

	"ringback/internal/call"
)

const (
	// noScreen is the table's width where nobody looks at a screen.
	noScreen = 120
	// narrow is the width below which dates lose their year, so that numbers fit.
	narrow = 100
	// wide is the width from which there is room to tell who talked.
	wide = 112
	// leastParty is the least room for a party: a number of eleven digits with its plus.
	leastParty = 12
	mostParty  = 32
)

// cell is a column of the table.
type cell struct {
	title string
	width int
	right bool
	// value gives what stands in the column, which is cut where it is wider than the width given.
	value func(c *call.Call, width int) string
}

// table prints a line a call. Calls are not known beforehand, so columns have
// fixed widths that fill the screen.
type table struct {
	w     io.Writer
	cells []cell
	begun bool
	line  strings.Builder
}

func newTable(w io.Writer, width int) *table {
	if width <= 0 {
		width = noScreen
	}
	started := cell{"STARTED", 19, false, func(c *call.Call, _ int) string { return c.StartedAt.Format(time.DateTime) }}
	if width < narrow {
		started = cell{"STARTED", 14, false, func(c *call.Call, _ int) string { return c.StartedAt.Format("01-02 15:04:05") }}
	}
	cells := []cell{
		started,
		{"DIR", 3, false, direction},
		{"FROM", 0, false, func(c *call.Call, width int) string { return party(c.From, width) }},
		{"TO", 0, false, func(c *call.Call, width int) string { return party(c.To, width) }},
		{"RESULT", 12, false, result},
		{"TALK", 7, true, talk},
	}
	flexible := 2
	if width >= wide {
		cells = append(cells, cell{"TALKED WITH", 0, false, with})
		flexible++
	}
	// The id stands last and is never cut: it is what one asks for next.
	cells = append(cells, cell{"ID", 15, false, func(c *call.Call, _ int) string { return c.ID }})
	room := width - (len(cells) - 1)
	for _, c := range cells {
		room -= c.width
	}
	for i := range cells {
		if cells[i].width == 0 {
			cells[i].width = min(mostParty, max(leastParty, room/flexible))
		}
	}
	return &table{w: w, cells: cells}
}

func (t *table) Print(c *call.Call) error {
	if err := t.header(); err != nil {
		return err
	}
	return t.print(func(col cell) string { return visible(col.value(c, col.width)) })
}

func (t *table) Close() error { return t.header() }

func (t *table) header() error {
	if t.begun {
		return nil
	}
	t.begun = true
	return t.print(func(col cell) string { return col.title })
}

func (t *table) print(value func(cell) string) error {
	t.line.Reset()
	for i, col := range t.cells {
		text := value(col)
		switch {
		case i == len(t.cells)-1:
		case col.right:
			text = strings.Repeat(" ", max(0, col.width-screenWidth(text))) + text
		default:
			text = fit(text, col.width)
		}
		if i > 0 {
			t.line.WriteByte(' ')
		}
		t.line.WriteString(text)
	}
	t.line.WriteByte('\n')
	_, err := io.WriteString(t.w, t.line.String())
	return err
}

func direction(c *call.Call, _ int) string {
	switch c.Direction {
	case call.Incoming:
		return "in"
	case call.Outgoing:
		return "out"
	case call.Internal:
		return "int"
	default:
		return "?"
	}
}

// party shows a number, with the name where a fair part of it has room.
func party(p call.Party, width int) string {
	const fair = 5
	label := p.Label()
	if p.Name == "" || p.Name == label || screenWidth(label)+1+min(fair, screenWidth(p.Name)) > width {
		return label
	}
	return label + " " + p.Name
}

func result(c *call.Call, _ int) string {
	switch {
	case c.InProgress:
		return "in progress"
	case !c.Complete:
		return string(c.Result) + "*"
	default:
		return string(c.Result)
	}
}

// talk writes a length as people read it: 0:07, 12:30, 1:02:03.
func talk(c *call.Call, _ int) string {
	if c.AnsweredAt.IsZero() {
		return "-"
	}
	s := int64(c.Talk + 0.5)
	if s < 3600 {
		return fmt.Sprintf("%d:%02d", s/60, s%60)
	}
	return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
}

// with tells who talked, and what a call went through when nobody did.
func with(c *call.Call, _ int) string {
	switch {
	case len(c.Transfers) > 0:
		return strings.Join(takers(c), " ") + " (" + transfers(c) + ")"
	case c.Conference != "":
		return "conference " + c.Conference
	case len(c.Talks) > 0:
		return strings.Join(takers(c), " ")
	case c.Voicemail != "":
		return "voicemail " + c.Voicemail
	case len(c.Queues) > 0:
		return "queue " + queues(c)
	case c.IVR:
		return "menu"
	default:
		return ""
	}
}
