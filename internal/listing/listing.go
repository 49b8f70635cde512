// Package listing prints calls for people and for other programs: as a table,
// as one JSON object a line, as CSV.
//
// It prints each call as it comes and keeps none, so that any number of them
// can be listed. It knows what a call looks like, and nothing of where calls
// come from or where the text goes.
package listing

import (
	"fmt"
	"io"
	"strings"

	"ringback/internal/call"
)

// Format is a form in which calls are printed.
type Format string

// The formats.
const (
	Table Format = "table"
	JSONL Format = "jsonl"
	CSV   Format = "csv"
)

// Formats lists all formats.
func Formats() []Format { return []Format{Table, JSONL, CSV} }

// Printer prints calls, one after the other.
type Printer interface {
	// Print prints a call; it does not keep it.
	Print(c *call.Call) error
	// Close prints what comes after the last call.
	Close() error
}

// New returns a printer. Width is that of the reader's screen, in columns; only
// the table minds it, and zero means that there is no screen.
func New(format Format, w io.Writer, width int) (Printer, error) {
	switch format {
	case Table:
		return newTable(w, width), nil
	case JSONL:
		return &jsonl{w: w}, nil
	case CSV:
		return newCSV(w), nil
	}
	return nil, fmt.Errorf("there is no format %q; there are %v", format, Formats())
}

type jsonl struct {
	w io.Writer
	b []byte
}

func (p *jsonl) Print(c *call.Call) error {
	p.b = append(c.AppendJSON(p.b[:0]), '\n')
	_, err := p.w.Write(p.b)
	return err
}

func (p *jsonl) Close() error { return nil }

// takers are those who were in a talk with the one who called, in order and
// each once.
func takers(c *call.Call) []string {
	var labels []string
	seen := map[string]bool{c.From.Label(): true}
	for i := range c.Talks {
		for _, label := range c.Talks[i].Parties {
			if !seen[label] {
				seen[label] = true
				labels = append(labels, label)
			}
		}
	}
	return labels
}

// transfers writes each transfer as by→to.
func transfers(c *call.Call) string {
	texts := make([]string, len(c.Transfers))
	for i, t := range c.Transfers {
		texts[i] = t.By + "→" + t.To
	}
	return strings.Join(texts, " ")
}
