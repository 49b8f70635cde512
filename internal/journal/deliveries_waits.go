package journal

import (
	"context"
	"fmt"
	"strconv"
)

// Wait is a run that waits for a call to be delivered to a target.
type Wait struct {
	Run    int64
	PBX    string
	CallID string // as the run knows it
	Target string
	Part   int
	// Delivery is what it waits for; 0 where Outcome is known already.
	Delivery int64
	// Outcome is one of the outcomes of a call in a run, "" while it waits.
	Outcome string
	Reason  string
}

// AddWaits writes what runs wait for.
func AddWaits(ctx context.Context, tx Tx, waits []Wait) error {
	args := make([]any, 0, 8*len(waits))
	for i := range waits {
		w := &waits[i]
		args = append(args, w.Run, w.CallID, w.PBX, w.Target, int64(w.Part), w.Delivery, w.Outcome, w.Reason)
	}
	err := insertRows(ctx, tx, `INSERT INTO delivery_waits (run, call_id, pbx, target, part, delivery, outcome, reason) VALUES`,
		`ON CONFLICT (run, call_id, pbx, target, part) DO NOTHING`, 8, args)
	if err != nil {
		return fmt.Errorf("record what runs wait for: %w", err)
	}
	return nil
}

// EndWaits gives an outcome to what waited for a delivery, and returns everything
// that the runs wait or waited for of those calls. What has all its outcomes is
// forgotten; runs that are over by now are left out.
func EndWaits(ctx context.Context, tx Tx, delivery int64, outcome, reason string) ([][]Wait, error) {
	type place struct {
		run     int64
		pbx, id string
	}
	var places []place
	err := tx.Query(ctx, `UPDATE delivery_waits SET outcome = $2, reason = $3 WHERE delivery = $1 AND outcome = '' RETURNING run, pbx, call_id`,
		[]any{delivery, outcome, reason}, func(row Row) error {
			var p place
			err := row.Scan(&p.run, &p.pbx, &p.id)
			places = append(places, p)
			return err
		})
	if err != nil {
		return nil, fmt.Errorf("record the outcome of a delivery for runs: %w", err)
	}
	all := make([][]Wait, 0, len(places))
	for _, p := range places {
		waits, open, err := waitsOf(ctx, tx, p.run, p.pbx, p.id)
		if err != nil {
			return nil, err
		}
		if open {
			continue
		}
		if len(waits) > 0 {
			all = append(all, waits)
		}
		if _, err := tx.Exec(ctx, `DELETE FROM delivery_waits WHERE run = $1 AND call_id = $2 AND pbx = $3`, p.run, p.id, p.pbx); err != nil {
			return nil, fmt.Errorf("forget what a run waited for: %w", err)
		}
	}
	return all, nil
}

func waitsOf(ctx context.Context, tx Tx, run int64, pbx, id string) (waits []Wait, open bool, err error) {
	err = tx.Query(ctx, `SELECT w.target, part, delivery, outcome, reason, CASE WHEN r.state IN ('queued', 'running') THEN 1 ELSE 0 END
		FROM delivery_waits w LEFT JOIN runs r ON r.seq = w.run WHERE run = $1 AND call_id = $2 AND w.pbx = $3 ORDER BY w.target, part`,
		[]any{run, id, pbx}, func(row Row) error {
			w := Wait{Run: run, PBX: pbx, CallID: id}
			var goes int64
			err := row.Scan(&w.Target, &w.Part, &w.Delivery, &w.Outcome, &w.Reason, &goes)
			if goes == 1 {
				open = open || w.Outcome == ""
				waits = append(waits, w)
			}
			return err
		})
	if err != nil {
		err = fmt.Errorf("look what a run waits for: %w", err)
	}
	return waits, open, err
}

// dropWaits forgets that runs wait for a delivery, and what is noted of their calls
// when they wait for no other.
func dropWaits(ctx context.Context, tx Tx, delivery int64) error {
	var runs []Wait
	err := tx.Query(ctx, `DELETE FROM delivery_waits WHERE delivery = $1 AND outcome = '' RETURNING run, call_id, pbx`, []any{delivery}, func(row Row) error {
		var w Wait
		err := row.Scan(&w.Run, &w.CallID, &w.PBX)
		runs = append(runs, w)
		return err
	})
	for _, w := range runs {
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `DELETE FROM delivery_waits WHERE run = $1 AND call_id = $2 AND pbx = $3 AND NOT EXISTS (
			SELECT 1 FROM delivery_waits o WHERE o.run = $1 AND o.call_id = $2 AND o.pbx = $3 AND o.outcome = '')`, w.Run, w.CallID, w.PBX)
	}
	return err
}

// CountedCalls are those of the calls that a run has counted already.
func CountedCalls(ctx context.Context, r Reader, run int64, pbx string, calls []string) (map[string]bool, error) {
	counted := map[string]bool{}
	err := in(ctx, r, `SELECT call_id, pbx FROM run_calls WHERE run = CAST($1 AS bigint) AND call_id IN`, strconv.FormatInt(run, 10), calls, func(row Row) error {
		var id, at string
		err := row.Scan(&id, &at)
		counted[id] = counted[id] || at == pbx
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("look which calls a run has counted: %w", err)
	}
	return counted, nil
}

// WaitsFor lists, at most limit, deliveries of a target that runs wait for.
func WaitsFor(ctx context.Context, r Reader, target string, limit int) ([]int64, error) {
	var deliveries []int64
	err := r.Query(ctx, `SELECT DISTINCT delivery FROM delivery_waits WHERE outcome = '' AND target = $1 ORDER BY delivery LIMIT $2`, []any{target, limit}, func(row Row) error {
		var seq int64
		err := row.Scan(&seq)
		deliveries = append(deliveries, seq)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("look what runs wait for: %w", err)
	}
	return deliveries, nil
}

// WaitedFor are the targets that runs wait for.
func (j *Journal) WaitedFor(ctx context.Context) ([]string, error) {
	var targets []string
	err := j.Reader().Query(ctx, `SELECT DISTINCT target FROM delivery_waits WHERE outcome = ''`, nil, func(row Row) error {
		var target string
		err := row.Scan(&target)
		targets = append(targets, target)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("look what runs wait for: %w", err)
	}
	return targets, nil
}
