package api

import (
	"context"

	"ringback/internal/backfill"
	"ringback/internal/journal"
)

// Runs starts runs and shows them, as *backfill.Service does, with its errors:
// ErrNoRun, ErrRunOver, ErrUnavailable, *UnknownNameError.
type Runs interface {
	// Start records a run and returns it without waiting for its work.
	Start(ctx context.Context, r backfill.Request) (*backfill.Run, error)
	Get(ctx context.Context, id string) (*backfill.Run, error)
	// List returns runs, newest first, those before the id before when it is
	// not "".
	List(ctx context.Context, before string, limit int) ([]*backfill.Run, error)
	Cancel(ctx context.Context, id string) (*backfill.Run, error)
	// Retry makes a new run of the failed calls of another.
	Retry(ctx context.Context, id, requestedBy string) (*backfill.Run, error)
	// Outcomes returns what became of the calls of a run, newest first, those
	// before the call id before when it is not ""; only those with the outcome
	// when it is not "".
	Outcomes(ctx context.Context, id string, outcome backfill.Outcome, before string, limit int) ([]backfill.CallOutcome, error)
	// Watch sends the run's present state, then each change; the channel is
	// closed after the last, or when ctx ends. It never waits for a slow
	// reader: states in between may be left out.
	Watch(ctx context.Context, id string) (<-chan *backfill.Run, error)
	// Wait returns the run when it is over, or its present state when ctx ends
	// before that.
	Wait(ctx context.Context, id string) (*backfill.Run, error)
}

// Calls shows calls of the journal, as *journal.Journal does.
type Calls interface {
	Calls(ctx context.Context, f journal.CallFilter) ([]journal.Call, error)
	Call(ctx context.Context, pbx, id string) (journal.Call, error)
}

// Status shows how the module is.
type Status interface {
	Status(ctx context.Context) Report
	// Ready says whether every PBX and target can be reached and the journal
	// takes work.
	Ready(ctx context.Context) bool
}
