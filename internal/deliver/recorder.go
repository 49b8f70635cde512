package deliver

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"ringback/internal/journal"
)

// recorder writes outcomes to the journal, those that come together in one
// transaction. While the journal cannot be written it keeps them.
type recorder struct {
	journal *journal.Journal
	log     *slog.Logger
	target  string
	notes   chan *note
	done    sync.WaitGroup
	end     chan struct{}
}

// note is one outcome: write may run several times.
type note struct {
	write func(context.Context, journal.Tx) error
	// written gets nil, or why it never will be.
	written chan error
}

func newRecorder(j *journal.Journal, log *slog.Logger, target string) *recorder {
	return &recorder{journal: j, log: log, target: target, notes: make(chan *note, mostAtOnce), end: make(chan struct{})}
}

// start records until stop; when ctx ends it gives up what cannot be written.
func (r *recorder) start(ctx context.Context) {
	r.done.Go(func() {
		for {
			select {
			case <-r.end:
				return
			case first := <-r.notes:
				r.writeAll(ctx, r.gather(first))
			}
		}
	})
}

// stop ends it; nobody may record any more.
func (r *recorder) stop() {
	close(r.end)
	r.done.Wait()
}

// record returns when write is committed. An error is journal.ErrLost, or that of a
// journal that could not be written until the program ended.
func (r *recorder) record(write func(context.Context, journal.Tx) error) error {
	n := &note{write, make(chan error, 1)}
	r.notes <- n
	return <-n.written
}

// gather is the first note and all that wait by now.
func (r *recorder) gather(first *note) []*note {
	notes := []*note{first}
	for len(notes) < mostAtOnce {
		select {
		case n := <-r.notes:
			notes = append(notes, n)
		default:
			return notes
		}
	}
	return notes
}

func (r *recorder) writeAll(ctx context.Context, notes []*note) {
	const first, most = 50 * time.Millisecond, 5 * time.Second
	for wait := first; ; wait = min(2*wait, most) {
		err := r.write(ctx, notes)
		switch {
		case err == nil || len(notes) == 1 && errors.Is(err, journal.ErrLost):
			for _, n := range notes {
				n.written <- err
			}
			return
		case len(notes) > 1 && !errors.Is(err, journal.ErrUnavailable): // one may spoil it for the others
			for _, n := range notes {
				r.writeAll(ctx, []*note{n})
			}
			return
		case ctx.Err() != nil:
			for _, n := range notes {
				n.written <- err
			}
			return
		}
		r.log.WarnContext(ctx, "what targets accepted is kept in memory until the journal can be written", "target", r.target, "count", len(notes), "error", err)
		select {
		case <-ctx.Done():
		case <-time.After(wait):
		}
	}
}

// write is not cut short by the end of the program: a transaction is brief.
func (r *recorder) write(ctx context.Context, notes []*note) error {
	ctx = context.WithoutCancel(ctx)
	return r.journal.InTx(ctx, func(tx journal.Tx) error {
		if err := journal.LockTarget(ctx, tx, r.target); err != nil {
			return err
		}
		for _, n := range notes {
			if err := n.write(ctx, tx); err != nil {
				return err
			}
		}
		return nil
	})
}
