package app

import (
	"context"
	"errors"
	"time"

	"ringback/internal/backfill"
)

// Read makes a run and works it to its end, showing each change. When ctx ends
// before that, the run is cancelled. The error is that of starting; how the run
// went stands in it.
func (a *App) Read(ctx context.Context, request backfill.Request, show func(*backfill.Run)) (*backfill.Run, error) {
	run, err := a.runs.Start(ctx, request)
	if err != nil {
		return nil, err
	}
	if err := a.start(ctx); err != nil {
		return nil, err
	}
	watched, err := a.runs.Watch(ctx, run.ID)
	if err != nil {
		return nil, err
	}
	for run = range watched {
		show(run)
	}
	if ctx.Err() == nil {
		return run, nil
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTime)
	defer cancel()
	if _, err := a.runs.Cancel(last, run.ID); err != nil && !errors.Is(err, backfill.ErrRunOver) {
		return nil, err
	}
	return a.runs.Wait(last, run.ID)
}

// Failed lists the calls of a run that failed, at most limit.
func (a *App) Failed(ctx context.Context, run string, limit int) ([]backfill.CallOutcome, error) {
	return a.runs.Outcomes(ctx, run, backfill.CallFailed, "", limit)
}

// Zone is the zone in which the PBX, or the first of those configured when there
// is no name, reads wall-clock times.
func (a *App) Zone(name string) *time.Location {
	for _, p := range a.pbxs {
		if name == "" || p.name == name {
			return p.location
		}
	}
	return time.Local
}
