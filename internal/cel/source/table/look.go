package table

import (
	"context"
	"fmt"
	"strconv"

	"ringback/internal/cel"
	"ringback/internal/cel/source"
)

const (
	// sampleRows is how many of the newest rows are looked at when a table is opened.
	sampleRows = 300
	// orderProbes is how many rows, spread over the table, are looked at to see
	// whether keys and times grow together.
	orderProbes = 48
)

// look reads some rows: whether times can be read, whether they have fractions,
// how events are numbered, whether keys are in the order of time.
func (t *Table) look(ctx context.Context) error {
	var numbers cel.NumberingSample
	var rows, readable, epochs, walls int
	var unreadable string
	err := t.query(ctx, nil, t.sql.sample, nil, func(values [][]byte) error {
		rows++
		stamp, err := cel.ParseStamp(values[0])
		if err != nil {
			unreadable = string(values[0])
		} else {
			readable++
			t.fraction = t.fraction || stamp.Fraction
			if stamp.Zoned && t.timeKind != Instant {
				epochs++
			}
			if !stamp.Zoned && values[0][4] == '-' && values[0][10] == ' ' {
				walls++
			}
		}
		numbers.Add(string(values[2]), string(values[3]))
		return nil
	})
	if err != nil {
		return err
	}
	if rows > 0 && readable == 0 {
		return &source.SetupError{
			Place:   t.schema.Place,
			Problem: fmt.Sprintf("the times in %s cannot be read: %q", t.column(source.EventTime), unreadable),
			Remedy:  "set dateformat = %F %T.%6q in Asterisk's cel.conf, or name the right column in the settings (columns)",
		}
	}
	t.epochs = epochs > 0
	t.boundable = t.timeKind != Text || epochs == rows || walls == rows
	t.numbering = t.opts.Numbering
	if t.numbering == cel.NumberingUnset {
		t.numbering = numbers.Numbering()
	}
	return t.lookAtOrder(ctx)
}

// lookAtOrder sees whether rows spread over the table are in order of time.
func (t *Table) lookAtOrder(ctx context.Context) error {
	t.ordered = t.key.indexed
	if !t.ordered {
		return nil
	}
	first, last, err := t.ends(ctx)
	if err != nil {
		return err
	}
	if err := t.tryPacked(ctx, first); err != nil {
		return err
	}
	if last-first < 2*orderProbes {
		return nil
	}
	e := t.newEdges()
	// A day is more than zones and mended clocks set back.
	const day = 86400 * 1_000_000
	latest := int64(0)
	for i := range int64(orderProbes) {
		r, ok, err := e.probe(ctx, first+(last-first)/orderProbes*i)
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		if r.at < latest-day {
			t.ordered = false
		}
		latest = max(latest, r.at)
	}
	if !t.ordered {
		t.desc.Warnings = append(t.desc.Warnings, source.Warning{
			Code: "ids_not_in_time_order",
			Text: fmt.Sprintf("%s has rows whose %s and eventtime do not grow together (rows put in later, or a clock that was wrong by days): "+
				"every read passes over the whole table", t.schema.Place, t.key.column),
		})
	}
	return nil
}

// ends gives the least and the greatest key, 0 and -1 for an empty table.
func (t *Table) ends(ctx context.Context) (first, last int64, err error) {
	first, ok, err := t.oneKey(ctx, t.sql.first)
	if err != nil || !ok {
		return 0, -1, err
	}
	last, _, err = t.oneKey(ctx, t.sql.last)
	return first, last, err
}

// oneKey runs a query that gives at most one key.
func (t *Table) oneKey(ctx context.Context, query string) (id int64, ok bool, err error) {
	err = t.query(ctx, nil, query, nil, func(values [][]byte) error {
		id, err = t.parseKey(values[0])
		ok = err == nil
		return err
	})
	return id, ok, err
}

// parseKey reads a key, which must be a whole number.
func (t *Table) parseKey(text []byte) (int64, error) {
	id, err := strconv.ParseInt(string(text), 10, 64)
	if err != nil {
		return 0, &source.SetupError{
			Place:   t.schema.Place,
			Problem: fmt.Sprintf("the key %s holds %q, which is no whole number", t.key.column, text),
			Remedy:  "name a column of numbers that grow with every row in the settings (columns, id)",
			Err:     err,
		}
	}
	return id, nil
}

// doubledKey refuses a key that two rows have: of such rows, some would be passed
// over at the edge of a portion. A key named in the settings may have it, and a
// PostgreSQL table whose partitions each count for themselves.
func (t *Table) doubledKey(id int64) error {
	return &source.SetupError{
		Place:   t.schema.Place,
		Problem: fmt.Sprintf("several rows have the same %s, %d, so that rows cannot be told apart by it", t.key.column, id),
		Remedy:  "name a column of numbers that no two rows share in the settings (columns, id)",
	}
}
