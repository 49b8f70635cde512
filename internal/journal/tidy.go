package journal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// Keep says how long the journal keeps what it does not need for deciding.
type Keep struct {
	// Outcomes is how long after a run the outcomes of its calls are kept, but for
	// failed ones, which can be retried as long as there is the run.
	Outcomes time.Duration
	// Runs is how long runs are kept after their end; the newest stays.
	Runs time.Duration
}

// Tidied is what Tidy took away.
type Tidied struct{ Outcomes, Runs int64 }

// tidyPortion is how many outcomes one transaction takes away, so that nobody waits long for it.
const tidyPortion = 1000

// Tidy takes away what is older than keep says, in small transactions, and gives the room
// back to the system. Calls and deliveries stay: by them doubles are prevented.
func (j *Journal) Tidy(ctx context.Context, keep Keep, now time.Time) (Tidied, error) {
	var t Tidied
	outcomes := keeper{j: j, unless: ` AND outcome <> 'failed'`, before: now.Add(-keep.Outcomes), drop: func(int64) error { return nil }}
	runs := keeper{j: j, before: now.Add(-keep.Runs), whole: true, drop: func(run int64) error {
		t.Runs++
		return j.dropRun(ctx, run)
	}}
	for _, k := range []*keeper{&outcomes, &runs} {
		if err := k.tidy(ctx); err != nil {
			return t, fmt.Errorf("tidy the journal: %w", err)
		}
		t.Outcomes += k.taken
	}
	if err := j.engine.shrink(ctx); err != nil {
		return t, fmt.Errorf("give room back: %w", err)
	}
	return t, nil
}

func (j *Journal) dropRun(ctx context.Context, run int64) error {
	return j.InTx(ctx, func(tx Tx) error {
		for _, statement := range []string{`DELETE FROM run_walks WHERE run = $1`, `DELETE FROM runs WHERE seq = $1`} {
			if _, err := tx.Exec(ctx, statement, run); err != nil {
				return err
			}
		}
		return nil
	})
}

// keeper takes outcomes of old runs away, and perhaps the runs.
type keeper struct {
	j *Journal
	// unless ends a condition for the outcomes that go.
	unless string
	// before is when the runs had ended.
	before time.Time
	// whole says that the runs go, and not only those with outcomes to take away count.
	whole bool
	// drop is told of a run when its outcomes are gone.
	drop  func(run int64) error
	taken int64
}

func (k *keeper) tidy(ctx context.Context) error {
	query := `SELECT seq FROM runs WHERE finished_at < $1 AND seq > $2`
	if k.whole {
		query += ` AND seq < (SELECT max(seq) FROM runs)` // SQLite would give the newest one's number away again
	} else {
		query += ` AND EXISTS (SELECT 1 FROM run_calls WHERE run = seq` + k.unless + `)`
	}
	var run int64
	for {
		err := k.j.Reader().QueryRow(ctx, query+` ORDER BY seq LIMIT 1`, micros(k.before), run).Scan(&run)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := k.empty(ctx, run); err != nil {
			return err
		}
		if err := k.drop(run); err != nil {
			return err
		}
	}
}

// empty takes the outcomes of one run away, portion by portion in the order of their ids.
func (k *keeper) empty(ctx context.Context, run int64) error {
	after := ""
	for last := false; !last; {
		var upTo string
		err := k.j.Reader().QueryRow(ctx, `SELECT call_id FROM run_calls WHERE run = $1 AND call_id > $2 ORDER BY call_id LIMIT 1 OFFSET $3`,
			run, after, tidyPortion).Scan(&upTo)
		last = errors.Is(err, sql.ErrNoRows)
		if err != nil && !last {
			return err
		}
		statement, args := `DELETE FROM run_calls WHERE run = $1 AND call_id > $2`, []any{run, after}
		if !last {
			statement, args = statement+` AND call_id <= $3`, append(args, upTo)
		}
		err = k.j.InTx(ctx, func(tx Tx) error {
			n, err := tx.Exec(ctx, statement+k.unless, args...)
			k.taken += n
			return err
		})
		if err != nil {
			return err
		}
		after = upTo
	}
	return nil
}
