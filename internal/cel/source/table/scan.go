package table

import (
	"context"
	"errors"
	"time"

	"ringback/internal/cel"
	"ringback/internal/cel/source/row"
)

const (
	// portionRows is how many rows one query reads.
	portionRows = 4000
	// batchRows is how many records are handed over at a time.
	batchRows = 1000
)

// Scan hands over a period's records; see source.Source.
func (t *Table) Scan(ctx context.Context, from, until time.Time, yield func(batch []cel.Record) error) error {
	return t.scan(ctx, from, until, yield, func(ctx context.Context, r *reader, after, upto int64) error {
		return r.read(ctx, after, upto, yield)
	})
}

// scan has read read the rows with keys in (after, upto], or yields those of a table without
// a usable key.
func (t *Table) scan(
	ctx context.Context, from, until time.Time, yield func(batch []cel.Record) error,
	read func(ctx context.Context, r *reader, after, upto int64) error,
) error {
	if !until.IsZero() && !until.After(from) {
		return nil
	}
	if !t.key.indexed {
		return t.scanByTime(ctx, from, until, yield)
	}
	after, upto, open, err := t.newEdges().keys(ctx, from, until)
	if err != nil {
		return err
	}
	if t.ordered {
		// Where a clock was set in mid-call, rows of a call lie outside the period among
		// those inside it: without them the call would look whole, and not be.
		from, until = time.Time{}, time.Time{}
	}
	r := t.newReader(from, until)
	defer func() { t.report(r.build.Unreadable) }()
	if err := read(ctx, r, after, upto); err != nil || !open {
		return err
	}
	// What has come meanwhile is read too, once: a busy PBX never stops.
	last, ok, err := t.oneKey(ctx, t.sql.last)
	if err != nil || !ok {
		return err
	}
	return read(ctx, r, max(after, upto), last)
}

// report tells of rows whose time was guessed.
func (t *Table) report(unreadable int) {
	if unreadable > 0 {
		t.opts.Logger.Warn("times of rows cannot be read and were guessed", "place", t.schema.Place, "rows", unreadable)
	}
}

// reader reads rows by key, one portion ahead of whoever takes them.
type reader struct {
	t     *Table
	build *row.Builder
	keep  row.Window
	// spare are the two pieces of memory that portions take turns in.
	spare chan []cel.Record
}

// portion is what one query gave.
type portion struct {
	// memory is what records is part of.
	memory, records []cel.Record
	err             error
}

func (t *Table) newReader(from, until time.Time) *reader {
	r := &reader{t: t, build: t.builder(), keep: row.NewWindow(from, until, t.opts.Location), spare: make(chan []cel.Record, 2)}
	for range cap(r.spare) {
		r.spare <- nil
	}
	return r
}

// read hands over the rows with keys in (after, upto].
func (r *reader) read(ctx context.Context, after, upto int64, yield func(batch []cel.Record) error) error {
	reading, cancel := context.WithCancel(ctx)
	portions := make(chan portion)
	go func() {
		defer close(portions)
		r.ahead(reading, after, upto, portions)
	}()
	var err error
	for p := range portions {
		if err == nil {
			err = p.err
		}
		if err == nil {
			err = handOver(ctx, p.records, yield)
		}
		if err != nil {
			cancel()
		}
		r.spare <- p.memory
	}
	cancel()
	return err
}

// ahead reads portion after portion until all are read, one fails or ctx ends.
func (r *reader) ahead(ctx context.Context, after, upto int64, portions chan<- portion) {
	for after < upto {
		p := portion{memory: <-r.spare}
		if p.memory == nil {
			p.memory = make([]cel.Record, portionRows)
		}
		next, err := r.portion(ctx, &p, after, upto)
		p.err = err
		portions <- p
		if err != nil {
			return
		}
		after = next
	}
}

// portion reads the first rows with keys in (after, upto], and returns the key
// up to which it got.
func (r *reader) portion(ctx context.Context, p *portion, after, upto int64) (int64, error) {
	if r.t.sql.packed != "" {
		last, err := r.query(ctx, p, r.t.sql.packed, r.t.sql.unpack, after, upto)
		if !errors.Is(err, errPacked) {
			return last, err
		}
	}
	return r.query(ctx, p, r.t.sql.portion, r.t.sql.cells, after, upto)
}

func (r *reader) query(
	ctx context.Context, p *portion, query string, place func(values [][]byte, c *row.Cells) error, after, upto int64,
) (int64, error) {
	var cells row.Cells
	var rows, kept int
	last := after
	begin := func() { rows, kept, last = 0, 0, after }
	err := r.t.query(ctx, begin, query, []any{after, upto, int64(portionRows)}, func(values [][]byte) error {
		id, err := r.t.parseKey(values[0])
		if err != nil {
			return err
		}
		if rows > 0 && id == last {
			return r.t.doubledKey(id)
		}
		if err := place(values, &cells); err != nil {
			return err
		}
		rec := &p.memory[kept]
		r.build.Build(rec, id, &cells)
		rows++
		last = id
		if r.keep.Holds(rec.At) {
			kept++
		}
		return nil
	})
	p.records = p.memory[:kept]
	if err == nil && rows < portionRows {
		last = upto
	}
	return last, err
}

func handOver(ctx context.Context, records []cel.Record, yield func(batch []cel.Record) error) error {
	for len(records) > 0 {
		if err := ctx.Err(); err != nil {
			return err
		}
		n := min(batchRows, len(records))
		if err := yield(records[:n:n]); err != nil {
			return err
		}
		records = records[n:]
	}
	return nil
}
