package table

import (
	"context"
	"math"
	"time"

	"ringback/internal/cel"
	"ringback/internal/cel/source/row"
)

const (
	// margin is how many rows beside an edge are looked at for late ones at a
	// time, marginTime (in microseconds) how far from it at least: a clock that
	// was set back by less loses nothing. maxMargin ends the search.
	margin     = 256
	marginTime = 10 * 60 * 1_000_000
	maxMargin  = 64 * margin
)

// edges finds where a period begins and ends in the order of keys.
type edges struct {
	t     *Table
	times *row.Builder
}

// mark is a row's place and time.
type mark struct{ id, at int64 }

func (t *Table) newEdges() *edges { return &edges{t: t, times: t.scattered()} }

// keys gives the range of keys (after, upto] that holds every row with
// from <= time < until, as far as rows are late by less than the margin. open
// says that rows to come may belong to the period.
func (e *edges) keys(ctx context.Context, from, until time.Time) (after, upto int64, open bool, err error) {
	first, last, err := e.t.ends(ctx)
	if err != nil {
		return 0, 0, false, err
	}
	if last < first {
		return math.MinInt64, math.MinInt64, true, nil
	}
	after, upto, open = first-1, last, true
	if !e.t.ordered {
		return after, upto, open, nil
	}
	if !from.IsZero() {
		if after, err = e.lower(ctx, from, first, last); err != nil {
			return 0, 0, false, err
		}
	}
	if !until.IsZero() {
		if upto, open, err = e.upper(ctx, until, first, last); err != nil {
			return 0, 0, false, err
		}
	}
	return after, upto, open, nil
}

// lower is the key after which the rows since from are.
func (e *edges) lower(ctx context.Context, from time.Time, first, last int64) (int64, error) {
	// Where the wall clock is set back, rows of the second hour may be taken
	// for rows of the first: look for the edge that much earlier.
	edge := from.UnixMicro() - cel.SetBack(e.t.opts.Location, from.Unix())*1_000_000
	found, _, err := e.bisect(ctx, edge, first, last)
	if err != nil {
		return 0, err
	}
	least, _, err := e.walk(ctx, e.t.sql.before, found, func(m mark) (next int64, late, far bool) {
		return m.id, m.at >= edge, m.at < edge-marginTime
	})
	return least - 1, err
}

// upper is the last key of the rows before until; open says that so few rows are
// after it that more may come.
func (e *edges) upper(ctx context.Context, until time.Time, first, last int64) (upto int64, open bool, err error) {
	edge := until.UnixMicro()
	found, ok, err := e.bisect(ctx, edge, first, last)
	if err != nil || !ok {
		return last, true, err
	}
	end, ended, err := e.walk(ctx, e.t.sql.after, found, func(m mark) (next int64, late, far bool) {
		return m.id + 1, m.at < edge, m.at >= edge+marginTime
	})
	if ended {
		return last, true, err
	}
	return end - 1, false, err
}

// walk goes away from an edge as long as late rows turn up, and gives the edge
// that takes them in. ended says that it came to the end of the table. Of each
// row, look says where to go on after it, whether it belongs to the period, and
// whether it is well outside.
func (e *edges) walk(ctx context.Context, query string, edge int64, look func(mark) (next int64, late, far bool)) (widened int64, ended bool, err error) {
	widened = edge
	for clean := 0; clean < maxMargin; {
		var rows int
		var next int64
		var late, far bool
		begin := func() { rows, next, late, far = 0, edge, false, false }
		err := e.marks(ctx, query, []any{edge, int64(margin)}, begin, func(m mark) {
			rows++
			var isLate bool
			next, isLate, far = look(m)
			late = late || isLate
		})
		if err != nil {
			return 0, false, err
		}
		edge = next
		clean += rows
		if late {
			widened, clean = edge, 0
		}
		if rows < margin {
			return widened, true, nil
		}
		if !late && far {
			break
		}
	}
	return widened, false, nil
}

// bisect finds the first key in [first, last] whose row is not before edge; ok
// is false when all are.
func (e *edges) bisect(ctx context.Context, edge, first, last int64) (id int64, ok bool, err error) {
	lo, hi := first-1, last+1
	for hi-lo > 1 {
		mid := lo + (hi-lo)/2
		m, found, err := e.probe(ctx, mid)
		switch {
		case err != nil:
			return 0, false, err
		case !found || m.id >= hi:
			hi = mid
		case m.at < edge:
			lo = m.id
		default:
			hi = mid
		}
	}
	return hi, hi <= last, nil
}

// probe is the first row at or after the key.
func (e *edges) probe(ctx context.Context, id int64) (m mark, ok bool, err error) {
	err = e.marks(ctx, e.t.sql.probe, []any{id}, func() { ok = false }, func(found mark) { m, ok = found, true })
	return m, ok, err
}

// marks runs a query for key, eventtime and uniqueid.
func (e *edges) marks(ctx context.Context, query string, args []any, begin func(), each func(mark)) error {
	return e.t.query(ctx, begin, query, args, func(values [][]byte) error {
		id, err := e.t.parseKey(values[0])
		if err != nil {
			return err
		}
		at := e.times.Time(values[1], string(values[2]))
		each(mark{id, at})
		return nil
	})
}
