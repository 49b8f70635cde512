package table

import (
	"context"
	"math"
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
	r := t.newReader(from, until)
	for {
		if after, err = r.read(ctx, after, upto, yield); err != nil {
			return err
		}
		if !open {
			return nil
		}
		last, ok, err := t.oneKey(ctx, t.sql.last)
		if err != nil {
			return err
		}
		if !ok || last <= after {
			return nil
		}
		upto = last
	}
}

// reader reads rows by key.
type reader struct {
	t       *Table
	build   *row.Builder
	records []cel.Record
	keep    window
}

func (t *Table) newReader(from, until time.Time) *reader {
	return &reader{t: t, build: t.builder(), records: make([]cel.Record, portionRows), keep: newWindow(from, until, t.opts.Location)}
}

// read hands over the rows with keys in (after, upto], and returns the key up
// to which it got.
func (r *reader) read(ctx context.Context, after, upto int64, yield func(batch []cel.Record) error) (int64, error) {
	var cells row.Cells
	for after < upto {
		var rows, kept int
		next := after
		begin := func() { rows, kept, next = 0, 0, after }
		err := r.t.query(ctx, begin, r.t.sql.portion, []any{after, upto, int64(portionRows)}, func(values [][]byte) error {
			id, err := r.t.parseKey(values[0])
			if err != nil {
				return err
			}
			r.t.sql.cells(values, &cells)
			rec := &r.records[kept]
			r.build.Build(rec, id, &cells)
			rows++
			next = id
			if r.keep.holds(rec.At) {
				kept++
			}
			return nil
		})
		if err != nil {
			return after, err
		}
		after = next
		if err := handOver(ctx, r.records[:kept], yield); err != nil {
			return after, err
		}
		if rows < portionRows {
			return max(after, upto), nil
		}
	}
	return after, nil
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

// window is a period in microseconds, widened where a wall clock is set back.
type window struct{ from, until int64 }

func newWindow(from, until time.Time, loc *time.Location) window {
	w := window{math.MinInt64, math.MaxInt64}
	if !from.IsZero() {
		w.from = from.UnixMicro() - cel.SetBack(loc, from.Unix())*1_000_000
	}
	if !until.IsZero() {
		w.until = until.UnixMicro() + cel.SetBack(loc, until.Unix())*1_000_000
	}
	return w
}

func (w window) holds(at int64) bool { return at >= w.from && at < w.until }
