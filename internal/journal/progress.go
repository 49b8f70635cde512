package journal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// ErrLost says that a worker may not write to a run any more: the run is over, or
// another worker has taken it up.
var ErrLost = errors.New("the run is over or in other hands")

// ClaimRun takes a run up: it becomes running, and whoever worked at it before
// can write no more. A run that is over gives ErrLost.
func ClaimRun(ctx context.Context, tx Tx, id string) (Run, error) {
	n, err := tx.Exec(ctx, `UPDATE runs SET state = 'running', epoch = epoch + 1 WHERE id = $1 AND state IN ('queued', 'running')`, id)
	if err != nil {
		return Run{}, fmt.Errorf("take up run %s: %w", id, err)
	}
	run, err := readRun(ctx, tx, id)
	if err == nil && n == 0 {
		return Run{}, ErrLost
	}
	return run, err
}

// HoldsRun says whether the worker of an epoch still has a run that goes on. It is a
// quick look: only what a transaction writes is held against it for certain.
func (j *Journal) HoldsRun(ctx context.Context, seq, epoch int64) (bool, error) {
	var n int
	err := j.Reader().QueryRow(ctx, `SELECT count(*) FROM runs WHERE seq = $1 AND epoch = $2 AND state = 'running'`, seq, epoch).Scan(&n)
	if err != nil {
		return false, fmt.Errorf("look whether the run goes on: %w", err)
	}
	return n == 1, nil
}

// Progress is what one batch of a run adds to the journal.
type Progress struct {
	// Run and Epoch are those of the Run that ClaimRun returned.
	Run, Epoch int64
	// Walk is which of the run's walks the batch belongs to.
	Walk int
	// Outcomes are the batch's calls. One that the run has counted already, under
	// the same id, is passed over.
	Outcomes []Outcome
	// AtStart and AtID are the last call of a walked period; zero leaves them.
	AtStart time.Time
	AtID    string
	// WalkDone says that nothing of the walk is left.
	WalkDone bool
	// IDsDone is how many ids are behind the run, 0 leaves it; NotFound are all of those not found so far.
	IDsDone  int
	NotFound []string
	// ReadyAt is when the run is expected to be over; zero when unknown.
	ReadyAt time.Time
}

// CommitProgress writes a batch. It locks the run, so workers that believe to have the same run
// come one after the other, and gives ErrLost to all but the latest.
func CommitProgress(ctx context.Context, tx Tx, p Progress) error {
	n, err := tx.Exec(ctx, `UPDATE runs SET stalls = 0, error = '', ready_at = $3 WHERE seq = $1 AND epoch = $2 AND state = 'running'`,
		p.Run, p.Epoch, micros(p.ReadyAt))
	if err != nil {
		return fmt.Errorf("record progress: %w", err)
	}
	if n == 0 {
		return ErrLost
	}
	if err := addOutcomes(ctx, tx, p.Run, p.Outcomes); err != nil {
		return err
	}
	if !p.AtStart.IsZero() {
		if _, err := tx.Exec(ctx, `UPDATE run_walks SET at_start = $3, at_id = $4 WHERE run = $1 AND n = $2`,
			p.Run, p.Walk, micros(p.AtStart), p.AtID); err != nil {
			return fmt.Errorf("record how far the run is: %w", err)
		}
	}
	if p.IDsDone > 0 {
		if _, err := tx.Exec(ctx, `UPDATE runs SET ids_done = $2, not_found = $3 WHERE seq = $1`, p.Run, p.IDsDone, list(p.NotFound)); err != nil {
			return fmt.Errorf("record which ids are done: %w", err)
		}
	}
	if p.WalkDone {
		if _, err := tx.Exec(ctx, `UPDATE run_walks SET done = 1 WHERE run = $1 AND n = $2`, p.Run, p.Walk); err != nil {
			return fmt.Errorf("record that a PBX is done: %w", err)
		}
	}
	return nil
}

// StallRun records that a run cannot go on just now, why, and that its end is
// unknown. It returns how many times that has happened since there was progress.
func StallRun(ctx context.Context, tx Tx, seq, epoch int64, why string) (int, error) {
	var stalls int
	err := tx.QueryRow(ctx, `UPDATE runs SET stalls = stalls + 1, error = $3, ready_at = NULL
		WHERE seq = $1 AND epoch = $2 AND state = 'running' RETURNING stalls`, seq, epoch, why).Scan(&stalls)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, ErrLost
	}
	if err != nil {
		return 0, fmt.Errorf("record that the run waits: %w", err)
	}
	return stalls, nil
}

// FailRun ends a run that cannot go on, with the reason in words.
func FailRun(ctx context.Context, tx Tx, seq, epoch int64, why string, now time.Time) error {
	n, err := tx.Exec(ctx, `UPDATE runs SET state = 'failed', error = $3, finished_at = $4, ready_at = NULL
		WHERE seq = $1 AND epoch = $2 AND state = 'running'`, seq, epoch, why, micros(now))
	if err != nil {
		return fmt.Errorf("record that the run failed: %w", err)
	}
	if n == 0 {
		return ErrLost
	}
	return nil
}

// CompleteRun ends a run of which all is walked and every call has its outcome;
// any other it leaves alone. It reports whether it did.
func CompleteRun(ctx context.Context, tx Tx, seq int64, now time.Time) (bool, error) {
	n, err := tx.Exec(ctx, `UPDATE runs SET state = 'done', finished_at = $2, ready_at = NULL, error = ''
		WHERE seq = $1 AND state = 'running' AND found = processed
		AND NOT EXISTS (SELECT 1 FROM run_walks WHERE run_walks.run = runs.seq AND done = 0)`, seq, micros(now))
	if err != nil {
		return false, fmt.Errorf("record that the run is done: %w", err)
	}
	return n == 1, nil
}

// CancelRun ends a run at once; its worker can write no more. A run that is over
// gives ErrLost, an unknown one ErrNotFound.
func CancelRun(ctx context.Context, tx Tx, id string, now time.Time) error {
	n, err := tx.Exec(ctx, `UPDATE runs SET state = 'cancelled', finished_at = $2, ready_at = NULL, error = ''
		WHERE id = $1 AND state IN ('queued', 'running')`, id, micros(now))
	if err != nil {
		return fmt.Errorf("record that run %s is cancelled: %w", id, err)
	}
	if n == 1 {
		return nil
	}
	if _, err := readRun(ctx, tx, id); err != nil {
		return err
	}
	return ErrLost
}
