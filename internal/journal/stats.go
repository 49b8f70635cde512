package journal

import (
	"context"
	"fmt"
	"time"
)

// Stats are figures about the journal for people and monitoring.
type Stats struct {
	// Bytes is what the journal takes on disk.
	Bytes int64
	// Calls is how many calls it holds.
	Calls int64
	// Runs is how many runs it holds, Unfinished how many of them are queued or running.
	Runs, Unfinished int64
	// Oldest and Newest are starts of calls; zero where there is none.
	Oldest, Newest time.Time
}

// Stats counts what the journal holds. It takes a moment on a large one.
func (j *Journal) Stats(ctx context.Context) (Stats, error) {
	var s Stats
	var oldest, newest *int64
	r := j.Reader()
	if err := r.QueryRow(ctx, `SELECT count(*), min(started), max(started) FROM calls WHERE joined_into = ''`).Scan(&s.Calls, &oldest, &newest); err != nil {
		return Stats{}, fmt.Errorf("count calls of the journal: %w", err)
	}
	s.Oldest, s.Newest = instant(oldest), instant(newest)
	if err := r.QueryRow(ctx, `SELECT count(*), coalesce(sum(CASE WHEN state IN ('queued', 'running') THEN 1 ELSE 0 END), 0) FROM runs`).Scan(&s.Runs, &s.Unfinished); err != nil {
		return Stats{}, fmt.Errorf("count runs of the journal: %w", err)
	}
	var err error
	if s.Bytes, err = j.engine.size(ctx); err != nil {
		return Stats{}, fmt.Errorf("measure the journal: %w", err)
	}
	return s, nil
}
