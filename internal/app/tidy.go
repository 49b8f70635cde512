package app

import (
	"context"
	"time"

	"ringback/internal/jobs"
	"ringback/internal/journal"
)

// tidyEvery is how often the journal is looked after.
const tidyEvery = 15 * time.Minute

// tidying is the job that looks after the journal.
func (a *App) tidying() jobs.Kind {
	return jobs.Kind{Name: "tidy", Queue: "chores", Workers: 1, Every: tidyEvery, Work: a.tidy}
}

// tidy takes away what the journal need not keep, and puts runs back into the queue that
// it has lost. Of several processes one does so at a time.
func (a *App) tidy(ctx context.Context, job jobs.Job) error {
	ctx, leaveOff := job.UntilStopping(ctx)
	defer leaveOff()
	if err := a.runs.Resume(ctx); err != nil {
		return err
	}
	state := a.Config.State
	took, err := a.journal.Tidy(ctx, journal.Keep{Outcomes: time.Duration(state.KeepOutcomes), Runs: time.Duration(state.KeepRuns)}, a.Now())
	if took != (journal.Tidied{}) {
		a.Log.InfoContext(ctx, "the journal was tidied", "outcomes", took.Outcomes, "runs", took.Runs)
	}
	return err
}
