package deliver

import (
	"context"
	"time"

	"ringback/internal/journal"
)

// TargetStatus is how one target is.
type TargetStatus struct {
	journal.TargetState

	Type string
	// Underway counts deliveries under way in this process.
	Underway int64
	// BlockedUntil is until when nothing is sent, as the target asked; zero when it
	// did not.
	BlockedUntil time.Time
}

// Status says how each target is, in order.
func (s *Service) Status(ctx context.Context) ([]TargetStatus, error) {
	list := make([]TargetStatus, 0, len(s.lanes))
	for _, l := range s.lanes {
		state, err := s.config.Journal.TargetState(ctx, l.target.Name)
		if err != nil {
			return nil, err
		}
		blocked, err := s.config.Journal.BlockedUntil(ctx, l.target.Name, "")
		if err != nil {
			return nil, err
		}
		if !blocked.After(s.config.Now()) {
			blocked = time.Time{}
		}
		list = append(list, TargetStatus{state, l.target.Type, l.underway.Load(), blocked})
	}
	return list, nil
}
