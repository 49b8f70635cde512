package backfill

import (
	"context"
	"errors"
	"fmt"
	"time"

	"ringback/internal/jobs"
	"ringback/internal/journal"
)

// Get returns a run as it stands, or ErrNoRun.
func (s *Service) Get(ctx context.Context, id string) (*Run, error) {
	run, err := s.config.Journal.Run(ctx, id)
	if err != nil {
		return nil, refusal(err)
	}
	return s.show(&run), nil
}

// List returns at most limit runs, the newest first; before is the id of a run,
// and only older ones are wanted where it is not "".
func (s *Service) List(ctx context.Context, before string, limit int) ([]*Run, error) {
	runs, err := s.config.Journal.Runs(ctx, limit, before)
	if err != nil {
		return nil, refusal(err)
	}
	shown := make([]*Run, len(runs))
	for i := range runs {
		shown[i] = s.show(&runs[i])
	}
	return shown, nil
}

// Outcomes returns what became of the calls of a run, the newest first: at most
// limit, those after the call before where it is not "", and only those with the outcome where that is not "".
// A call that is being delivered has the outcome "".
func (s *Service) Outcomes(ctx context.Context, id string, outcome Outcome, before string, limit int) ([]CallOutcome, error) {
	run, err := s.config.Journal.Run(ctx, id)
	if err != nil {
		return nil, refusal(err)
	}
	calls, err := s.config.Journal.RunCalls(ctx, run.Seq, string(outcome), limit, before)
	if err != nil {
		return nil, refusal(err)
	}
	shown := make([]CallOutcome, len(calls))
	for i, c := range calls {
		shown[i] = CallOutcome{ID: c.ID, PBX: c.PBX, Outcome: Outcome(c.Outcome), Reason: c.Reason}
	}
	return shown, nil
}

// Cancel ends a run: nothing more is counted or recorded from the moment it
// returns. A run that is over is ErrRunOver, an unknown one ErrNoRun.
func (s *Service) Cancel(ctx context.Context, id string) (*Run, error) {
	err := s.config.Journal.InTx(ctx, func(tx journal.Tx) error {
		return journal.CancelRun(ctx, tx, id, s.config.Now())
	})
	switch {
	case errors.Is(err, journal.ErrLost):
		return nil, ErrRunOver
	case errors.Is(err, journal.ErrNotFound):
		return nil, ErrNoRun
	case err != nil:
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	s.changes.tell(id)
	// The run is cancelled already; this only ends its work sooner.
	if err := s.config.Jobs.Cancel(ctx, jobs.Ref{Kind: jobKind, Key: id}); err != nil {
		s.config.Logger.WarnContext(ctx, "a cancelled run may go on until its next batch", "run", id, "error", err)
	}
	return s.Get(ctx, id)
}

// Settle records, in tx, how the delivery of a call ended that a Deliverer had
// left open, and ends the run when nothing more is open. After tx is committed,
// the caller calls the function returned, which tells those who watch. A run that the
// journal keeps no longer is nobody's concern.
func (s *Service) Settle(ctx context.Context, tx journal.Tx, run int64, outcome CallOutcome) (committed func(), err error) {
	err = journal.SettleCall(ctx, tx, run, journal.Outcome{
		PBX: outcome.PBX, ID: outcome.ID, Outcome: string(outcome.Outcome), Reason: outcome.Reason,
	})
	if err != nil {
		return nil, err
	}
	if _, err := journal.CompleteRun(ctx, tx, run, s.config.Now()); err != nil {
		return nil, err
	}
	id, err := journal.RunID(ctx, tx, run)
	if errors.Is(err, journal.ErrNotFound) {
		return func() {}, nil
	}
	if err != nil {
		return nil, err
	}
	return func() { s.changes.tell(id) }, nil
}

// show is a run of the journal in the zone of its first PBX.
func (s *Service) show(r *journal.Run) *Run {
	loc := time.UTC
	for _, p := range s.config.PBX {
		if len(r.PBX) > 0 && p.Name == r.PBX[0] && p.Location != nil {
			loc = p.Location
		}
	}
	local := func(t time.Time) time.Time {
		if t.IsZero() {
			return t
		}
		return t.In(loc)
	}
	run := &Run{
		ID: r.ID, State: State(r.State), Kind: Kind(r.Kind), IDs: r.IDs, PBX: r.PBX, Target: r.Target,
		DryRun: r.DryRun, Force: r.Force, RequestedAt: local(r.RequestedAt), RequestedBy: r.RequestedBy,
		Start: local(r.Start), End: local(r.End), FinishedAt: local(r.FinishedAt), Error: r.Error, ETA: -1,
		Calls: Counts{
			Found: r.Counts.Found, Processed: r.Counts.Processed, Delivered: r.Counts.Delivered, Skipped: r.Counts.Skipped,
			Failed: r.Counts.Failed, InProgress: r.Counts.InProgress, NotFound: r.NotFound,
		},
	}
	if !r.ReadyAt.IsZero() {
		run.ETA = max(0, r.ReadyAt.Sub(s.config.Now()))
	}
	return run
}
