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
// that the runs wait or waited for of those calls. What has all its outcomes is forgotten.
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
		all = append(all, waits)
		if _, err := tx.Exec(ctx, `DELETE FROM delivery_waits WHERE run = $1 AND call_id = $2 AND pbx = $3`, p.run, p.id, p.pbx); err != nil {
			return nil, fmt.Errorf("forget what a run waited for: %w", err)
		}
	}
	return all, nil
}

func waitsOf(ctx context.Context, tx Tx, run int64, pbx, id string) (waits []Wait, open bool, err error) {
	err = tx.Query(ctx, `SELECT target, part, delivery, outcome, reason FROM delivery_waits WHERE run = $1 AND call_id = $2 AND pbx = $3 ORDER BY target, part`,
		[]any{run, id, pbx}, func(row Row) error {
			w := Wait{Run: run, PBX: pbx, CallID: id}
			err := row.Scan(&w.Target, &w.Part, &w.Delivery, &w.Outcome, &w.Reason)
			open = open || w.Outcome == ""
			waits = append(waits, w)
			return err
		})
	if err != nil {
		err = fmt.Errorf("look what a run waits for: %w", err)
	}
	return waits, open, err
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
