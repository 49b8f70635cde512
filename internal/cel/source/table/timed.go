package table

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"ringback/internal/cel"
	"ringback/internal/cel/source"
	"ringback/internal/cel/source/row"
)

const (
	firstStep = time.Hour
	leastStep = time.Minute
	mostStep  = 32 * 24 * time.Hour
)

// scanByTime is Scan for a table without a usable key: by the index on eventtime
// in stretches of time, or in one pass.
func (t *Table) scanByTime(ctx context.Context, from, until time.Time, yield func(batch []cel.Record) error) error {
	s := &timed{t: t, yield: yield, handed: math.MinInt64}
	if !t.desc.TimeIndex || !t.boundable {
		_, err := s.pass(ctx, from, until, true)
		return err
	}
	least, greatest, ok, err := t.timeEnds(ctx)
	if err != nil || !ok {
		return err
	}
	if from.Before(least) {
		from = least
	}
	end := until
	if until.IsZero() || greatest.Before(until) {
		end = greatest
	}
	step := firstStep
	for a := from.Truncate(time.Second); ; {
		b := a.Add(step)
		last := b.After(end)
		if last {
			b = until
		}
		rows, err := s.pass(ctx, a, b, false)
		if err != nil || last {
			return err
		}
		a = b
		switch {
		case rows < portionRows/4:
			step = min(2*step, mostStep)
		case rows > 2*portionRows:
			step = max(step/2, leastStep)
		}
	}
}

// timed reads rows by eventtime.
type timed struct {
	t     *Table
	yield func(batch []cel.Record) error
	// handed is the greatest ID handed over.
	handed int64
}

// pass hands over the rows of [from, until) and returns how many there were. A
// long pass hands them over while the query runs; else they are read first.
func (s *timed) pass(ctx context.Context, from, until time.Time, long bool) (int, error) {
	t := s.t
	where, args := t.bounds(from, until)
	query := fmt.Sprintf("SELECT %s FROM %s%s ORDER BY %s", t.sql.records, t.schema.From, where, t.expression(source.EventTime))
	keep := row.NewWindow(from, until, nil)
	var pending []cel.Record
	var build *row.Builder
	var cells row.Cells
	rows := 0
	begin := func() { pending, rows, build = pending[:0], 0, t.scattered() }
	run := t.query
	if long {
		run = t.queryLong
	}
	err := run(ctx, begin, query, args, func(values [][]byte) error {
		id, err := t.rowID(values[0])
		if err != nil {
			return err
		}
		if err := t.sql.cells(values, &cells); err != nil {
			return err
		}
		var rec cel.Record
		build.Build(&rec, id, &cells)
		rows++
		if !keep.Holds(rec.At) {
			return nil
		}
		pending = append(pending, rec)
		if long && len(pending) >= portionRows {
			pending, err = s.flush(ctx, pending, rec.At/1_000_000-s.slack(rec.At))
		}
		return err
	})
	if err != nil {
		return rows, err
	}
	_, err = s.flush(ctx, pending, math.MaxInt64)
	if yielded, ok := errors.AsType[*yieldError](err); ok {
		return rows, yielded.err
	}
	return rows, err
}

// slack is by how many seconds instants may go back while local times go on.
func (s *timed) slack(at int64) int64 {
	return 2 + cel.SetBack(s.t.opts.Location, at/1_000_000)
}

// flush hands over the pending records that are before the second, in order, and
// returns the rest.
func (s *timed) flush(ctx context.Context, pending []cel.Record, before int64) ([]cel.Record, error) {
	var due, rest []cel.Record
	for _, r := range pending {
		if r.At/1_000_000 < before {
			due = append(due, r)
		} else {
			rest = append(rest, r)
		}
	}
	numberByTime(due, s.t.key.column != "")
	// After a new beginning, what was handed over comes again.
	for len(due) > 0 && due[0].ID <= s.handed {
		due = due[1:]
	}
	if len(due) > 0 {
		s.handed = due[len(due)-1].ID
	}
	if err := handOver(ctx, due, s.yield); err != nil {
		return nil, &yieldError{err}
	}
	return rest, nil
}

// timeEnds gives the least and the greatest eventtime.
func (t *Table) timeEnds(ctx context.Context) (least, greatest time.Time, ok bool, err error) {
	build := t.scattered()
	column, uniqueID := t.quote(t.column(source.EventTime)), t.expression(source.UniqueID)
	for _, end := range []struct {
		order string
		at    *time.Time
	}{{"ASC", &least}, {"DESC", &greatest}} {
		query := fmt.Sprintf("SELECT %s, %s FROM %s WHERE %s IS NOT NULL ORDER BY %s %s LIMIT 1",
			t.expression(source.EventTime), uniqueID, t.schema.From, column, column, end.order)
		err := t.query(ctx, nil, query, nil, func(values [][]byte) error {
			at := build.Time(values[0], string(values[1]))
			*end.at, ok = time.UnixMicro(at), true
			return nil
		})
		if err != nil {
			return least, greatest, false, err
		}
	}
	return least, greatest, ok, nil
}

// bounds is the condition that leaves out what is surely outside [from, until),
// and its values.
func (t *Table) bounds(from, until time.Time) (where string, args []any) {
	if !t.boundable {
		return "", nil
	}
	var conditions []string
	column := t.quote(t.column(source.EventTime))
	add := func(operator string, edge time.Time, away int64) {
		if edge.IsZero() {
			return
		}
		edge = edge.Add(time.Duration(away*(1+cel.SetBack(t.opts.Location, edge.Unix()))) * time.Second)
		args = append(args, t.timeArgument(edge))
		conditions = append(conditions, fmt.Sprintf("%s %s %s", column, operator, t.dialect.Placeholder(len(args))))
	}
	add(">=", from, -1)
	add("<", until, 1)
	if len(conditions) == 0 {
		return "", nil
	}
	return " WHERE " + strings.Join(conditions, " AND "), args
}

// timeArgument is an instant as the column holds it.
func (t *Table) timeArgument(at time.Time) any {
	const wall = "2006-01-02 15:04:05"
	switch {
	case t.timeKind == Integer, t.timeKind == Number:
		return at.Unix()
	case t.epochs:
		return strconv.FormatInt(at.Unix(), 10)
	case t.timeKind == Instant:
		return at.UTC().Format(wall + "-07:00")
	default:
		return at.In(t.opts.Location).Format(wall)
	}
}
