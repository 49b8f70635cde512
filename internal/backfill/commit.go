package backfill

import (
	"context"
	"errors"
	"time"

	"ringback/internal/journal"
)

// commit writes one batch of a walk: calls, outcomes, counts and the place in the
// period, in one transaction.
func (w *worker) commit(ctx context.Context, n int, batch []*journal.Entry, walkDone bool) error {
	batch, err := w.uncounted(ctx, n, batch)
	if err != nil || len(batch) == 0 && !walkDone {
		return err
	}
	progress := journal.Progress{Run: w.run.Seq, Epoch: w.run.Epoch, Walk: n, WalkDone: walkDone}
	now := w.config.Now()
	if w.run.Kind == string(ByPeriod) {
		if w.run.Walks[n].AtStart.IsZero() && len(batch) > 0 {
			w.pace = w.pace.skip(w.done(n, batch[0].Started) - w.done(n, time.Time{}))
		}
		if len(batch) > 0 && batch[len(batch)-1].Started.After(w.resumed) {
			last := batch[len(batch)-1]
			progress.AtStart, progress.AtID = last.Started, last.ID
		}
		fraction := w.done(n, progress.AtStart)
		progress.ReadyAt = w.pace.readyAt(now, fraction)
	}
	err = w.persist(ctx, func(tx journal.Tx) error {
		outcomes, err := w.outcomes(ctx, tx, n, batch, now)
		if err != nil {
			return err
		}
		progress.Outcomes = outcomes
		return journal.CommitProgress(ctx, tx, progress)
	})
	if err != nil {
		return err
	}
	walk := &w.run.Walks[n]
	if !progress.AtStart.IsZero() {
		walk.AtStart, walk.AtID = progress.AtStart, progress.AtID
	}
	walk.Done = walkDone
	w.changes.tell(w.run.ID)
	return nil
}

// uncounted are the calls of a batch that the run has not counted, as far as it can have: they
// began before the place where it was taken up.
func (w *worker) uncounted(ctx context.Context, n int, batch []*journal.Entry) ([]*journal.Entry, error) {
	var ids []string
	for _, e := range batch {
		if !e.Started.After(w.resumed) {
			ids = append(ids, e.ID)
		}
	}
	if len(ids) == 0 {
		return batch, nil
	}
	var counted map[string]bool
	err := w.persist(ctx, func(tx journal.Tx) (err error) {
		counted, err = journal.CountedCalls(ctx, tx, w.run.Seq, w.run.Walks[n].PBX, ids)
		return err
	})
	if err != nil {
		return nil, err
	}
	rest := make([]*journal.Entry, 0, len(batch))
	for _, e := range batch {
		if !counted[e.ID] {
			rest = append(rest, e)
		}
	}
	return rest, nil
}

// outcomes records the calls of a batch that have ended and has the Deliverer
// decide what becomes of them.
func (w *worker) outcomes(ctx context.Context, tx journal.Tx, n int, batch []*journal.Entry, now time.Time) ([]journal.Outcome, error) {
	pbx := w.run.Walks[n].PBX
	outcomes := make([]journal.Outcome, 0, len(batch))
	ended := make([]*journal.Entry, 0, len(batch))
	for _, e := range batch {
		if e.InProgress {
			outcomes = append(outcomes, journal.Outcome{
				PBX: pbx, ID: e.ID, Outcome: journal.OutcomeInProgress, Reason: "has not ended yet; ask again when it has",
			})
			continue
		}
		ended = append(ended, e)
	}
	if len(ended) == 0 {
		return outcomes, nil
	}
	recorded, err := w.recordCalls(ctx, tx, pbx, ended, now)
	if err != nil {
		return nil, err
	}
	if len(w.config.Deliverer.Targets()) > 0 {
		if err := journal.FillRecalled(ctx, tx, pbx, ended); err != nil {
			return nil, err
		}
	}
	calls := make([]BatchCall, len(ended))
	for i, e := range ended {
		calls[i] = BatchCall{e, recorded[i]}
	}
	verdicts, err := w.config.Deliverer.Deliver(ctx, tx, Batch{
		Run: w.run.Seq, PBX: pbx, Target: w.run.Target, DryRun: w.run.DryRun, Force: w.run.Force, Calls: calls,
	})
	if err != nil {
		return nil, err
	}
	if len(verdicts) != len(calls) {
		return nil, errors.New("the deliverer gave another number of verdicts than it was asked for")
	}
	for i, v := range verdicts {
		outcomes = append(outcomes, journal.Outcome{PBX: pbx, ID: ended[i].ID, Outcome: string(v.Outcome), Reason: v.Reason})
	}
	return outcomes, nil
}

func (w *worker) recordCalls(ctx context.Context, tx journal.Tx, pbx string, ended []*journal.Entry, now time.Time) ([]journal.Recorded, error) {
	if w.run.DryRun {
		return journal.CompareCalls(ctx, tx, pbx, ended)
	}
	return journal.RecordCalls(ctx, tx, pbx, ended, now)
}
