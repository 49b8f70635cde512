package deliver

import (
	"context"
	"slices"
	"strings"

	"ringback/internal/backfill"
	"ringback/internal/journal"
)

// settle tells the runs that wait for a delivery what became of it. The functions
// returned are for after the transaction.
func (s *Service) settle(ctx context.Context, tx journal.Tx, delivery int64, outcome, reason string) ([]func(), error) {
	ended, err := journal.EndWaits(ctx, tx, delivery, outcome, reason)
	if err != nil {
		return nil, err
	}
	var committed []func()
	for _, waits := range ended {
		tell, err := s.settler.Settle(ctx, tx, waits[0].Run, backfill.CallOutcome{
			ID: waits[0].CallID, PBX: waits[0].PBX, Outcome: together(waits), Reason: joinReasons(waits),
		})
		if err != nil {
			return nil, err
		}
		committed = append(committed, tell)
	}
	return committed, nil
}

// releaseRuns lets no run wait for a target that is not configured any more. Its
// deliveries stay as they are, for the day it is configured again.
func (s *Service) releaseRuns(ctx context.Context) error {
	targets, err := s.config.Journal.WaitedFor(ctx)
	if err != nil {
		return err
	}
	for _, target := range targets {
		if s.lane(target) != nil {
			continue
		}
		const portion = 100
		for left := portion; left == portion; {
			var committed []func()
			err := s.config.Journal.InTx(ctx, func(tx journal.Tx) error {
				committed = nil
				if err := journal.LockTarget(ctx, tx, target); err != nil {
					return err
				}
				deliveries, err := journal.WaitsFor(ctx, tx, target, portion)
				if err != nil {
					return err
				}
				left = len(deliveries)
				for _, seq := range deliveries {
					tell, err := s.settle(ctx, tx, seq, journal.OutcomeFailed, gone(target))
					if err != nil {
						return err
					}
					committed = append(committed, tell...)
				}
				return nil
			})
			if err != nil {
				return err
			}
			each(committed)
		}
	}
	return nil
}

// gone says why nothing goes to a target.
func gone(target string) string {
	return "the target " + target + " is not configured any more: configure it again, then retry"
}

// joinReasons puts what became of a call at several targets into one text.
func joinReasons(waits []journal.Wait) string {
	single := true
	for _, w := range waits {
		single = single && w.Target == waits[0].Target
	}
	var parts []string
	for _, w := range waits {
		text := w.Reason
		if text == "" {
			continue
		}
		if !single {
			text = w.Target + ": " + text
		}
		if !slices.Contains(parts, text) {
			parts = append(parts, text)
		}
	}
	return strings.Join(parts, "; ")
}
