package table

import (
	"context"
	"errors"
	"fmt"
	"time"

	"ringback/internal/cel/source"
)

const (
	firstPause = 100 * time.Millisecond
	maxPause   = 3 * time.Second
)

// query runs a query until it has run to its end, or can not. begin is called
// before each try, so that what an earlier try handed over can be dropped.
func (t *Table) query(ctx context.Context, begin func(), query string, args []any, each func(values [][]byte) error) error {
	return t.try(ctx, t.opts.QueryTimeout, begin, query, args, each)
}

// queryLong is query for one that has to pass over the whole table, however long
// that takes.
func (t *Table) queryLong(ctx context.Context, begin func(), query string, args []any, each func(values [][]byte) error) error {
	return t.try(ctx, 0, begin, query, args, each)
}

// yieldError carries an error of Scan's yield past the tries.
type yieldError struct{ err error }

func (e *yieldError) Error() string { return e.err.Error() }

// try runs a query again and again while the database is away. A query that
// takes longer than limit, if that is not zero, counts as such.
func (t *Table) try(
	ctx context.Context, limit time.Duration, begin func(), query string, args []any, each func(values [][]byte) error,
) error {
	var since time.Time
	pause := firstPause
	for {
		if begin != nil {
			begin()
		}
		err := t.once(ctx, limit, query, args, each)
		yielded, isYield := errors.AsType[*yieldError](err)
		switch {
		case err == nil:
			return nil
		case isYield:
			return yielded.err
		case ctx.Err() != nil:
			return ctx.Err()
		case !t.db.Away(err) && !errors.Is(err, errSlow):
			return t.db.Explain(err)
		}
		now := time.Now()
		if since.IsZero() {
			since = now
		}
		if now.Add(pause).Sub(since) > t.opts.RetryFor {
			return t.unavailable(err)
		}
		t.opts.Logger.Warn("database is away, trying again", "place", t.schema.Place, "error", err, "pause", pause)
		if err := wait(ctx, pause); err != nil {
			return err
		}
		pause = min(2*pause, maxPause)
	}
}

var errSlow = errors.New("no answer in time")

// once runs a query in the time that one query has.
func (t *Table) once(ctx context.Context, limit time.Duration, query string, args []any, each func(values [][]byte) error) error {
	if limit == 0 {
		return t.db.Query(ctx, query, args, each)
	}
	limited, cancel := context.WithTimeoutCause(ctx, limit, errSlow)
	defer cancel()
	err := t.db.Query(limited, query, args, each)
	if err != nil && limited.Err() != nil && ctx.Err() == nil {
		return fmt.Errorf("%w (%v)", errSlow, limit)
	}
	return err
}

func (t *Table) unavailable(err error) error {
	return &source.UnavailableError{Place: t.schema.Place, Err: err, Remedy: t.dialect.Remedy}
}

func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
