package demo

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"slices"
	"strings"
	"time"

	"ringback/internal/captures"
)

// stampLayout is how the captures write eventtime, in UTC.
const stampLayout = "2006-01-02 15:04:05.000000"

// row is one CEL record as text, by column.
type row struct {
	at     time.Time
	fields []string
}

// take is one captured scenario: rows in order of writing.
type take struct {
	name    string
	columns []string
	rows    []row
}

// length is the time from the first row to the last.
func (t *take) length() time.Duration { return t.rows[len(t.rows)-1].at.Sub(t.rows[0].at) }

// column is the place of a column in each row's fields.
func (t *take) column(name string) int { return slices.Index(t.columns, name) }

// otherPBX is how the names of scenarios begin that were captured on a PBX with
// another dial plan.
const otherPBX = "office-"

// takes reads the captures that can be played: those of one PBX that left no
// channel open. A call without an end counts as under way for hours.
func takes() ([]*take, error) {
	var all []*take
	for _, name := range captures.Names() {
		if strings.HasPrefix(name, otherPBX) {
			continue
		}
		text, err := captures.CSV(name)
		if err != nil {
			return nil, err
		}
		if len(text) == 0 {
			continue
		}
		t, err := readTake(name, text)
		if err != nil {
			return nil, fmt.Errorf("capture %s: %w", name, err)
		}
		if t.over() {
			all = append(all, t)
		}
	}
	return all, nil
}

// over says that every channel of the take ended.
func (t *take) over() bool {
	id, event := t.column("uniqueid"), t.column("eventtype")
	open := map[string]bool{}
	for _, r := range t.rows {
		switch r.fields[event] {
		case "CHAN_START":
			open[r.fields[id]] = true
		case "CHAN_END":
			delete(open, r.fields[id])
		}
	}
	return len(open) == 0
}

func readTake(name string, text []byte) (*take, error) {
	lines, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	if err != nil {
		return nil, err
	}
	t := &take{name: name, columns: lines[0]}
	eventtime := t.column("eventtime")
	for _, fields := range lines[1:] {
		at, err := time.Parse(stampLayout, fields[eventtime])
		if err != nil {
			return nil, err
		}
		t.rows = append(t.rows, row{at: at, fields: fields})
	}
	return t, nil
}

// example says that a scenario is one that the welcome points at.
func (t *take) example() bool { return t.name == incomingTake || t.name == transferredTake }

// ordinary says that a scenario is what a telephone sees every day.
func (t *take) ordinary() bool {
	for _, prefix := range []string{"inbound-", "outbound-", "internal", "ivr-", "ringgroup-", "queue-", "blind-transfer"} {
		if strings.HasPrefix(t.name, prefix) {
			return true
		}
	}
	return false
}
