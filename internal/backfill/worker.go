package backfill

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"ringback/internal/cel/source"
	"ringback/internal/jobs"
	"ringback/internal/journal"
	"ringback/internal/sweep"
)

// worker works one run, from where the journal says it is. What it wrote is
// whole batches; a kill between two of them loses nothing and repeats nothing.
type worker struct {
	*Service

	run  journal.Run
	pace pace
	// resumed is where the present walk of a period was when the run was taken up.
	resumed time.Time
}

// work is the job of a run. It returns nil when nothing is left to do.
func (s *Service) work(parent context.Context, job jobs.Job) error {
	ctx, leaveOff := job.UntilStopping(parent)
	defer leaveOff()
	w := &worker{Service: s}
	err := w.work(ctx, job.Key)
	s.changes.tell(job.Key)
	switch {
	case err == nil, errors.Is(err, journal.ErrLost), errors.Is(err, journal.ErrNotFound):
		return nil
	case parent.Err() != nil:
		return parent.Err()
	case ctx.Err() != nil:
		return jobs.Again(time.Second) // the process stops; the next one goes on
	case w.run.Seq == 0:
		return err // it could not be taken up; the queue logs that and tries again
	}
	return w.giveWay(ctx, err)
}

// giveWay deals with a run that cannot go on: when what it needs is away, it waits;
// anything else ends it.
func (w *worker) giveWay(ctx context.Context, cause error) error {
	defer w.changes.tell(w.run.ID)
	var stalls int
	away := isAway(cause)
	err := w.persist(ctx, func(tx journal.Tx) error {
		var err error
		if away {
			stalls, err = journal.StallRun(ctx, tx, w.run.Seq, w.run.Epoch, "waiting: "+cause.Error())
			return err
		}
		return journal.FailRun(ctx, tx, w.run.Seq, w.run.Epoch, cause.Error(), w.config.Now())
	})
	switch {
	case errors.Is(err, journal.ErrLost):
		return nil
	case err != nil:
		return jobs.Again(time.Second)
	case away:
		return jobs.Again(w.backoff(stalls))
	}
	w.config.Logger.WarnContext(ctx, "a run failed", "run", w.run.ID, "error", cause)
	return nil
}

func isAway(err error) bool {
	_, away := errors.AsType[*source.UnavailableError](err)
	return away
}

// backoff is how long a run waits for what is away: 1 s, 2 s, 4 s … up to a minute.
func backoff(stalls int) time.Duration {
	return min(time.Minute, time.Second<<min(max(stalls-1, 0), 10))
}

// work takes the run up and works it until it is done, or until it is cancelled
// or taken up elsewhere: in this process or in another.
func (w *worker) work(ctx context.Context, id string) error {
	err := w.persist(ctx, func(tx journal.Tx) error {
		var err error
		w.run, err = journal.ClaimRun(ctx, tx, id)
		return err
	})
	if err != nil {
		return err
	}
	w.changes.tell(id)
	ctx, leaveOff := context.WithCancelCause(ctx)
	var minding sync.WaitGroup
	minding.Go(func() { w.mind(ctx, leaveOff) })
	err = w.finish(ctx)
	leaveOff(nil)
	minding.Wait()
	if err != nil && errors.Is(context.Cause(ctx), journal.ErrLost) {
		return journal.ErrLost
	}
	return err
}

// mind ends the work on a run that is cancelled or in other hands, also while nothing is
// written that would show it.
func (w *worker) mind(ctx context.Context, leaveOff context.CancelCauseFunc) {
	const every = 500 * time.Millisecond
	look := time.NewTicker(every)
	defer look.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-look.C:
		}
		if held, err := w.config.Journal.HoldsRun(ctx, w.run.Seq, w.run.Epoch); err == nil && !held {
			leaveOff(journal.ErrLost)
		}
	}
}

// finish walks what is left of the run. A PBX that is away does not keep the
// others from being walked.
func (w *worker) finish(ctx context.Context) error {
	w.pace = newPace(w.config.Now(), w.done(0, time.Time{}))
	walk := w.walkPeriods
	if w.run.Kind == string(ByIDs) {
		walk = w.walkIDs
	}
	if err := walk(ctx); err != nil {
		return err
	}
	return w.persist(ctx, func(tx journal.Tx) error {
		_, err := journal.CompleteRun(ctx, tx, w.run.Seq, w.config.Now())
		return err
	})
}

func (w *worker) walkPeriods(ctx context.Context) error {
	var away error
	for n := range w.run.Walks {
		if w.run.Walks[n].Done {
			continue
		}
		err := w.walkPeriod(ctx, n)
		if err != nil && !isAway(err) {
			return err
		}
		if away == nil {
			away = err
		}
	}
	return away
}

// readAgain is how far before its place a walk goes on: where a PBX's clock was set back, calls
// come after others that began later. Those that were counted are passed over.
const readAgain = 4 * time.Hour

func (w *worker) walkPeriod(ctx context.Context, n int) error {
	walk := &w.run.Walks[n]
	pbx, err := w.open(ctx, walk.PBX)
	if err != nil {
		return err
	}
	var after sweep.Cursor
	if !walk.AtStart.IsZero() {
		after.Start = walk.AtStart.Add(-w.again)
	}
	for recall := after.Start.IsZero() && !w.run.Force; ; recall = false {
		w.resumed = walk.AtStart
		err := w.walk(ctx, n, func(ctx context.Context, yield yielder) error {
			return w.read(ctx, pbx, *walk, after, recall, yield)
		}, func(rest []*journal.Entry) error { return w.commit(ctx, n, rest, true) })
		if _, forgotten := errors.AsType[*journal.ForgottenError](err); !forgotten {
			return err
		}
		if err := w.forget(ctx, *walk); err != nil {
			return err
		}
	}
}

// idsAtOnce is how many ids are looked for at a time. A kill repeats so many look-ups
// at most; calls that were counted are not counted again.
const idsAtOnce = 500

func (w *worker) walkIDs(ctx context.Context) error {
	for w.run.IDsDone < len(w.run.IDs) {
		portion := w.run.IDs[w.run.IDsDone:min(w.run.IDsDone+idsAtOnce, len(w.run.IDs))]
		missing, err := w.walkPortion(ctx, portion)
		if err != nil {
			return err
		}
		done, notFound := w.run.IDsDone+len(portion), slices.Concat(w.run.NotFound, missing)
		err = w.persist(ctx, func(tx journal.Tx) error {
			return journal.CommitProgress(ctx, tx, journal.Progress{
				Run: w.run.Seq, Epoch: w.run.Epoch, IDsDone: done, NotFound: notFound,
				ReadyAt: w.pace.readyAt(w.config.Now(), float64(done)/float64(len(w.run.IDs))),
			})
		})
		if err != nil {
			return err
		}
		w.run.IDsDone, w.run.NotFound = done, notFound
		w.changes.tell(w.run.ID)
	}
	return w.persist(ctx, func(tx journal.Tx) error {
		for n := range w.run.Walks {
			if err := journal.CommitProgress(ctx, tx, journal.Progress{Run: w.run.Seq, Epoch: w.run.Epoch, Walk: n, WalkDone: true}); err != nil {
				return err
			}
		}
		return nil
	})
}

// walkPortion looks for ids at every PBX and returns those that none knows.
func (w *worker) walkPortion(ctx context.Context, ids []string) ([]string, error) {
	missing := ids
	for n := range w.run.Walks {
		pbx, err := w.open(ctx, w.run.Walks[n].PBX)
		if err != nil {
			return nil, err
		}
		var unknown []string
		err = w.walk(ctx, n, func(ctx context.Context, yield yielder) error {
			var err error
			unknown, err = w.config.IDs(ctx, pbx, ids, taking(yield))
			return err
		}, func(rest []*journal.Entry) error { return w.commit(ctx, n, rest, false) })
		if err != nil {
			return nil, err
		}
		missing = both(missing, unknown)
	}
	return missing, nil
}

// both are the members of a that b has, in the order of a.
func both(a, b []string) []string {
	has := make(map[string]bool, len(b))
	for _, s := range b {
		has[s] = true
	}
	var common []string
	for _, s := range a {
		if has[s] {
			common = append(common, s)
		}
	}
	return common
}

func (w *worker) open(ctx context.Context, name string) (sweep.PBX, error) {
	for _, p := range w.config.PBX {
		if p.Name == name {
			return p.Open(ctx)
		}
	}
	return sweep.PBX{}, fmt.Errorf("the PBX %s is not configured any more: configure it again and ask for the same once more, or ask for it without this PBX", name)
}

// persist writes to the journal, again and again while it is unavailable, as when
// its disk is full or its server away: what is in memory would be lost otherwise. Any
// other error it gives up on after some attempts. fn may run several times.
func (w *worker) persist(ctx context.Context, fn func(journal.Tx) error) error {
	const first, most, attempts = 100 * time.Millisecond, 5 * time.Second, 4
	refused := 0
	for wait := first; ; wait = min(2*wait, most) {
		err := w.config.Journal.InTx(ctx, fn)
		_, forgotten := errors.AsType[*journal.ForgottenError](err)
		switch {
		case err == nil, forgotten, errors.Is(err, journal.ErrLost), errors.Is(err, journal.ErrNotFound):
			return err
		case ctx.Err() != nil:
			return ctx.Err()
		case !errors.Is(err, journal.ErrUnavailable):
			if refused++; refused == attempts {
				return err
			}
		}
		w.config.Logger.WarnContext(ctx, "a run waits for the journal", "run", w.run.ID, "error", err)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(wait):
		}
	}
}
