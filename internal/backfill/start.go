package backfill

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"ringback/internal/jobs"
	"ringback/internal/journal"
)

// Start records a run and returns it without waiting for its work. An unknown
// PBX or target is an *UnknownNameError; a journal that cannot take the run,
// ErrUnavailable.
func (s *Service) Start(ctx context.Context, r Request) (*Run, error) {
	switch {
	case r.Kind == ByIDs && len(r.IDs) == 0:
		return nil, errors.New("a run by ids needs at least one id")
	case r.Kind == ByPeriod && r.Start.IsZero():
		return nil, errors.New("a run over a period needs its start")
	case r.Kind != ByIDs && r.Kind != ByPeriod:
		return nil, fmt.Errorf("a run is by ids or over a period, not %q", r.Kind)
	}
	return s.start(ctx, r, "")
}

// Retry makes a new run of the failed calls of another, done at once when there
// are none.
func (s *Service) Retry(ctx context.Context, id, requestedBy string) (*Run, error) {
	old, err := s.config.Journal.Run(ctx, id)
	if err != nil {
		return nil, refusal(err)
	}
	ids, pbx, err := journal.FailedCalls(ctx, s.config.Journal.Reader(), old.Seq)
	if err != nil {
		return nil, refusal(err)
	}
	if len(pbx) == 0 {
		ids, pbx = []string{}, old.PBX
	}
	return s.start(ctx, Request{
		RequestedBy: requestedBy, Kind: ByIDs, IDs: ids, PBX: pbx, Target: old.Target, DryRun: old.DryRun, Force: old.Force,
	}, old.ID)
}

func (s *Service) start(ctx context.Context, r Request, retryOf string) (*Run, error) {
	run, err := s.plan(r, retryOf)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, takeTime)
	defer cancel()
	err = s.config.Journal.InTx(ctx, func(tx journal.Tx) error {
		if err := journal.InsertRun(ctx, tx, run); err != nil {
			return err
		}
		return s.config.Jobs.Enqueue(ctx, tx, jobs.Ref{Kind: jobKind, Key: run.ID})
	})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return s.show(run), nil
}

// plan works out what a request has to do.
func (s *Service) plan(r Request, retryOf string) (*journal.Run, error) {
	var names []string
	for _, p := range s.config.PBX {
		names = append(names, p.Name)
	}
	pbx, err := choose("pbx", r.PBX, names)
	if err != nil {
		return nil, err
	}
	target, err := choose("target", r.Target, s.config.Deliverer.Targets())
	if err != nil {
		return nil, err
	}
	now := s.config.Now()
	id, err := s.newID(now)
	if err != nil {
		return nil, err
	}
	run := &journal.Run{
		ID: id, RequestedAt: now, RequestedBy: r.RequestedBy, Kind: string(r.Kind),
		PBX: pbx, Target: target, DryRun: r.DryRun, Force: r.Force, RetryOf: retryOf,
	}
	if r.Kind == ByIDs {
		run.IDs = unique(r.IDs)
	} else {
		run.Start, run.End = r.Start, r.End
	}
	for _, name := range pbx {
		bounds, own := r.Periods[name]
		if !own {
			bounds = Bounds{run.Start, run.End}
		}
		run.Walks = append(run.Walks, journal.Walk{PBX: name, From: bounds.Start, Until: bounds.End})
	}
	return run, nil
}

// choose checks names against those known; none given means all.
func choose(parameter string, names, known []string) ([]string, error) {
	if len(names) == 0 {
		return known, nil
	}
	for _, name := range names {
		if !slices.Contains(known, name) {
			return nil, &UnknownNameError{Parameter: parameter, Name: name, Known: known}
		}
	}
	return unique(names), nil
}

// unique is list without repetitions, in its order.
func unique(list []string) []string {
	seen := make(map[string]bool, len(list))
	once := make([]string, 0, len(list))
	for _, s := range list {
		if !seen[s] {
			seen[s] = true
			once = append(once, s)
		}
	}
	return once
}
