package jobs

import (
	"context"
	"fmt"

	"ringback/internal/journal"
)

// Stats are the unfinished jobs by kind.
type Stats map[string]Counts

// Counts are the jobs of a kind by where they stand.
type Counts struct {
	// Waiting are ready to be worked, Later are to be worked at a later time.
	Waiting, Running, Later int64
}

// Stats counts the jobs that are not finished.
func (c *Client) Stats(ctx context.Context) (Stats, error) {
	stats := Stats{}
	err := c.journal.Reader().Query(ctx, `SELECT kind, state, count(*) FROM river_job
		WHERE state IN ('available', 'pending', 'running', 'retryable', 'scheduled') GROUP BY kind, state`, nil, func(row journal.Row) error {
		var kind, state string
		var n int64
		if err := row.Scan(&kind, &state, &n); err != nil {
			return err
		}
		counts := stats[kind]
		switch state {
		case "available":
			counts.Waiting += n
		case "running":
			counts.Running += n
		default:
			counts.Later += n
		}
		stats[kind] = counts
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("count jobs: %w", err)
	}
	return stats, nil
}
