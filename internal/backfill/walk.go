package backfill

import (
	"context"
	"fmt"
	"runtime/debug"
	"time"

	"ringback/internal/call"
	"ringback/internal/journal"
)

const (
	// batchCalls and batchTime bound a batch: a transaction of so many calls takes
	// well below 50 ms, and a slow PBX's calls still show soon.
	batchCalls = 250
	batchTime  = 200 * time.Millisecond
	// recalledAsOne is how many recalled calls take no longer than one that was read, where nothing but
	// the journal has to be told of them.
	recalledAsOne = 8
)

// yielder takes what is to be recorded.
type yielder = func(*journal.Entry) error

// taking makes a taker of calls, as sweep has them, of one of entries.
func taking(yield yielder) func(*call.Call) error {
	return func(c *call.Call) error { return yield(journal.NewEntry(c)) }
}

// walk reads calls in one goroutine and records them in another, so that the
// PBX's database and the journal work at the same time; a slow journal holds the reading
// up. When all was read, last gets what is left over. It returns when both have ended.
func (w *worker) walk(ctx context.Context, n int, read func(context.Context, yielder) error, last func([]*journal.Entry) error) error {
	reading, stop := context.WithCancel(ctx)
	defer stop()
	entries := make(chan *journal.Entry, w.batch)
	ended := make(chan error, 1)
	go func() {
		err := w.guard(reading, read, func(e *journal.Entry) error {
			select {
			case entries <- e:
				return nil
			case <-reading.Done():
				return reading.Err()
			}
		})
		close(entries)
		ended <- err
	}()
	rest, err := w.record(ctx, n, entries)
	stop()
	readErr := <-ended
	switch {
	case err != nil:
		return err
	case readErr != nil && len(rest) > 0 && ctx.Err() == nil:
		// What was read before the PBX went away is kept.
		if err := w.commit(ctx, n, rest, false); err != nil {
			return err
		}
		return readErr
	case readErr != nil:
		return readErr
	}
	return last(rest)
}

// guard turns a panic of the reading side into an error: one broken call must
// not take the program down.
func (w *worker) guard(ctx context.Context, read func(context.Context, yielder) error, yield yielder) (err error) {
	defer func() {
		if p := recover(); p != nil {
			w.config.Logger.ErrorContext(ctx, "reading calls panicked", "run", w.run.ID, "panic", p, "stack", string(debug.Stack()))
			err = fmt.Errorf("ringback itself failed while it read calls (%v): please report it with the log", p)
		}
	}()
	return read(ctx, yield)
}

// record commits entries in batches until there are no more, and returns those of the
// last batch, which is not committed.
func (w *worker) record(ctx context.Context, n int, entries <-chan *journal.Entry) ([]*journal.Entry, error) {
	batch := make([]*journal.Entry, 0, w.batch)
	room := w.room()
	due := time.NewTimer(batchTime)
	defer due.Stop()
	for {
		full := false
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case e, more := <-entries:
			if !more {
				return batch, nil
			}
			batch = append(batch, e)
			room -= w.takes(e)
			full = room <= 0
		case <-due.C:
			full = len(batch) > 0
			due.Reset(batchTime)
		}
		if !full {
			continue
		}
		if err := w.commit(ctx, n, batch, false); err != nil {
			return nil, err
		}
		batch, room = batch[:0], w.room()
		due.Reset(batchTime)
	}
}

// room is what a batch holds, by what takes says of each entry.
func (w *worker) room() int { return w.batch * recalledAsOne }

func (w *worker) takes(e *journal.Entry) int {
	if e.Recalled() && len(w.config.Deliverer.Targets()) == 0 {
		return 1
	}
	return recalledAsOne
}
