package journal

import (
	"context"
	"fmt"
	"time"
)

// Delivering is a run of which all is walked, and calls are being delivered.
type Delivering struct {
	Run              int64
	Found, Processed int64
}

// RunsDelivering lists the runs that wait for nothing but deliveries.
func (j *Journal) RunsDelivering(ctx context.Context) ([]Delivering, error) {
	var runs []Delivering
	err := j.Reader().Query(ctx, `SELECT seq, found, processed FROM runs WHERE state IN ('queued', 'running') AND found > processed
		AND NOT EXISTS (SELECT 1 FROM run_walks WHERE run_walks.run = runs.seq AND done = 0)`, nil, func(row Row) error {
		var d Delivering
		err := row.Scan(&d.Run, &d.Found, &d.Processed)
		runs = append(runs, d)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list runs that wait for deliveries: %w", err)
	}
	return runs, nil
}

// EstimateRun writes when a run is expected to be over; the zero time when that is
// not known.
func EstimateRun(ctx context.Context, tx Tx, run int64, ready time.Time) error {
	if _, err := tx.Exec(ctx, `UPDATE runs SET ready_at = $2 WHERE seq = $1 AND state = 'running'`, run, micros(ready)); err != nil {
		return fmt.Errorf("record when a run will be over: %w", err)
	}
	return nil
}
