package listing

import (
	"encoding/csv"
	"io"
	"regexp"
	"strconv"
	"strings"
	"time"

	"ringback/internal/call"
)

// column is one column of the CSV form. Those that hold text from outside are
// guarded against being taken for formulas.
type column struct {
	name  string
	guard bool
	value func(*call.Call) string
}

var columns = []column{
	{"id", true, func(c *call.Call) string { return c.ID }},
	{"pbx", true, func(c *call.Call) string { return c.PBX }},
	{"direction", false, func(c *call.Call) string { return string(c.Direction) }},
	{"from_number", true, func(c *call.Call) string { return c.From.Number }},
	{"from_name", true, func(c *call.Call) string { return c.From.Name }},
	{"from_extension", true, func(c *call.Call) string { return c.From.Extension }},
	{"to_number", true, func(c *call.Call) string { return c.To.Number }},
	{"to_name", true, func(c *call.Call) string { return c.To.Name }},
	{"to_extension", true, func(c *call.Call) string { return c.To.Extension }},
	{"trunk", true, func(c *call.Call) string { return c.Trunk }},
	{"result", false, func(c *call.Call) string { return string(c.Result) }},
	{"hangup_cause", false, cause},
	{"ended_by", false, func(c *call.Call) string { return string(c.EndedBy) }},
	{"started_at", false, func(c *call.Call) string { return moment(c.StartedAt) }},
	{"answered_at", false, func(c *call.Call) string { return moment(c.AnsweredAt) }},
	{"ended_at", false, func(c *call.Call) string { return moment(c.EndedAt) }},
	{"wait_seconds", false, func(c *call.Call) string { return seconds(c.Wait) }},
	{"talk_seconds", false, func(c *call.Call) string { return seconds(c.Talk) }},
	{"duration_seconds", false, func(c *call.Call) string { return seconds(c.Duration) }},
	{"legs", false, func(c *call.Call) string { return strconv.Itoa(len(c.Legs)) }},
	{"talked_with", true, func(c *call.Call) string { return strings.Join(takers(c), " ") }},
	{"transfers", true, transfers},
	{"queues", true, queues},
	{"parked", false, func(c *call.Call) string { return strconv.Itoa(len(c.Parked)) }},
	{"conference", true, func(c *call.Call) string { return c.Conference }},
	{"voicemail", true, func(c *call.Call) string { return c.Voicemail }},
	{"ivr", false, func(c *call.Call) string { return strconv.FormatBool(c.IVR) }},
	{"recordings", true, func(c *call.Call) string { return strings.Join(c.Recordings, " ") }},
	{"in_progress", false, func(c *call.Call) string { return strconv.FormatBool(c.InProgress) }},
	{"complete", false, func(c *call.Call) string { return strconv.FormatBool(c.Complete) }},
	{"warnings", false, func(c *call.Call) string { return strings.Join(c.Warnings, " ") }},
}

type csvPrinter struct {
	w      *csv.Writer
	record []string
	begun  bool
}

func newCSV(w io.Writer) *csvPrinter {
	return &csvPrinter{w: csv.NewWriter(w), record: make([]string, len(columns))}
}

func (p *csvPrinter) Print(c *call.Call) error {
	p.header()
	for i, col := range columns {
		p.record[i] = col.value(c)
		if col.guard {
			p.record[i] = harmless(p.record[i])
		}
	}
	// The error stays in the writer until it is flushed.
	_ = p.w.Write(p.record)
	return p.flush()
}

func (p *csvPrinter) Close() error {
	p.header()
	return p.flush()
}

func (p *csvPrinter) header() {
	if p.begun {
		return
	}
	p.begun = true
	for i, col := range columns {
		p.record[i] = col.name
	}
	_ = p.w.Write(p.record) // as in Print
}

func (p *csvPrinter) flush() error {
	p.w.Flush()
	return p.w.Error()
}

var plainNumber = regexp.MustCompile(`^\+\d+$`)

// harmless keeps a caller's name from being run as a formula by a spreadsheet,
// or as a command by a terminal. Only a telephone number may begin with a plus.
func harmless(text string) string {
	text = visible(text)
	if text == "" || !strings.ContainsRune("=+-@", rune(text[0])) || plainNumber.MatchString(text) {
		return text
	}
	return "'" + text
}

func cause(c *call.Call) string {
	if c.HangupCause == nil {
		return ""
	}
	return strconv.Itoa(*c.HangupCause)
}

// moment writes a time as the JSON form does, and nothing for none.
func moment(t call.Time) string {
	switch {
	case t.IsZero():
		return ""
	case t.Fraction:
		return t.Format("2006-01-02T15:04:05.000000Z07:00")
	default:
		return t.Format(time.RFC3339)
	}
}

func seconds(s call.Seconds) string { return strconv.FormatFloat(float64(s), 'f', -1, 64) }

func queues(c *call.Call) string {
	texts := make([]string, len(c.Queues))
	for i, q := range c.Queues {
		texts[i] = q.Name
		if q.Result != "" {
			texts[i] += ":" + string(q.Result)
		}
	}
	return strings.Join(texts, " ")
}
