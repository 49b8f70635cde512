package table

import (
	"context"
	"math"
	"time"

	"ringback/internal/cel"
	"ringback/internal/cel/source/row"
)

// margin is how many rows beside an edge are looked at for late ones at a time.
const margin = 256

// edges finds where a period begins and ends in the order of keys.
type edges struct {
	t     *Table
	times *row.Builder
}

// mark is a row's place and time.
type mark struct{ id, at int64 }

func (t *Table) newEdges() *edges { return &edges{t: t, times: t.scattered()} }

// keys gives the range of keys (after, upto] that holds every row with
// from <= time < until, as far as rows are late by less than margin rows. open
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
	for {
		var least int64
		var rows int
		late := false
		err := e.marks(ctx, e.t.sql.before, []any{found, int64(margin)}, func() { least, rows, late = found, 0, false }, func(m mark) {
			least = m.id
			rows++
			late = late || m.at >= edge
		})
		if err != nil {
			return 0, err
		}
		if !late {
			return found - 1, nil
		}
		found = least
		if rows < margin {
			return found - 1, nil
		}
	}
}

// upper is the last key of the rows before until; open says that there are none
// after it, so that more may come.
func (e *edges) upper(ctx context.Context, until time.Time, first, last int64) (upto int64, open bool, err error) {
	edge := until.UnixMicro()
	found, ok, err := e.bisect(ctx, edge, first, last)
	if err != nil || !ok {
		return last, true, err
	}
	for {
		var greatest int64
		var rows int
		late := false
		err := e.marks(ctx, e.t.sql.after, []any{found, int64(margin)}, func() { greatest, rows, late = found, 0, false }, func(m mark) {
			greatest = m.id
			rows++
			late = late || m.at < edge
		})
		if err != nil {
			return 0, false, err
		}
		// So near the newest row, late rows may still come.
		if rows < margin {
			return max(last, greatest), true, nil
		}
		if !late {
			return found - 1, false, nil
		}
		found = greatest + 1
	}
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
		at, _, _ := e.times.Time(values[1], string(values[2]))
		each(mark{id, at})
		return nil
	})
}
