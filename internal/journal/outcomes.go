package journal

import (
	"context"
	"errors"
	"fmt"
	"strconv"
)

// Outcome is what became of one call in a run.
type Outcome struct {
	PBX string
	ID  string
	// Outcome is one of the constants below, or "" while the call is being delivered.
	Outcome string
	// Reason is in words.
	Reason string
}

// The outcomes of a call in a run.
const (
	OutcomeDelivered  = "delivered"
	OutcomeSkipped    = "skipped"
	OutcomeFailed     = "failed"
	OutcomeInProgress = "in_progress"
)

// addOutcomes writes the calls that the run has not counted yet, and counts them.
func addOutcomes(ctx context.Context, tx Tx, run int64, outcomes []Outcome) error {
	if len(outcomes) == 0 {
		return nil
	}
	args := make([]any, 0, 5*len(outcomes))
	for _, o := range outcomes {
		args = append(args, run, o.ID, o.PBX, o.Outcome, o.Reason)
	}
	var added Counts
	err := insertReturning(ctx, tx, `INSERT INTO run_calls (run, call_id, pbx, outcome, reason) VALUES`,
		`ON CONFLICT (run, call_id, pbx) DO NOTHING RETURNING outcome`, 5, args, func(row Row) error {
			var outcome string
			if err := row.Scan(&outcome); err != nil {
				return err
			}
			added.Found++
			return added.count(outcome)
		})
	if err != nil {
		return fmt.Errorf("record outcomes of calls: %w", err)
	}
	return addCounts(ctx, tx, run, added)
}

// count adds one call that has got its outcome.
func (c *Counts) count(outcome string) error {
	switch outcome {
	case "":
		return nil
	case OutcomeDelivered:
		c.Delivered++
	case OutcomeSkipped:
		c.Skipped++
	case OutcomeFailed:
		c.Failed++
	case OutcomeInProgress:
		c.InProgress++
	default:
		return errors.New("no such outcome: " + outcome)
	}
	c.Processed++
	return nil
}

func addCounts(ctx context.Context, tx Tx, run int64, c Counts) error {
	_, err := tx.Exec(ctx, `UPDATE runs SET found = found + $2, processed = processed + $3, delivered = delivered + $4,
		skipped = skipped + $5, failed = failed + $6, in_progress = in_progress + $7 WHERE seq = $1`,
		run, c.Found, c.Processed, c.Delivered, c.Skipped, c.Failed, c.InProgress)
	if err != nil {
		return fmt.Errorf("count calls of a run: %w", err)
	}
	return nil
}

// SettleCall gives a call that was being delivered its outcome in a run. One
// that has an outcome already, and a call the run does not have, are left alone.
func SettleCall(ctx context.Context, tx Tx, run int64, o Outcome) error {
	var c Counts
	if err := c.count(o.Outcome); err != nil || c.Processed == 0 {
		return errors.Join(err, errors.New("a call is settled by an outcome"))
	}
	n, err := tx.Exec(ctx, `UPDATE run_calls SET outcome = $4, reason = $5 WHERE run = $1 AND call_id = $2 AND pbx = $3 AND outcome = ''`,
		run, o.ID, o.PBX, o.Outcome, o.Reason)
	if err != nil {
		return fmt.Errorf("record the outcome of call %s: %w", o.ID, err)
	}
	if n == 0 {
		return nil
	}
	return addCounts(ctx, tx, run, c)
}

// RunCalls lists the calls of a run with their outcomes, the newest first. An
// empty outcome means any; before is the id of a call, and only those after it in the list are wanted.
func (j *Journal) RunCalls(ctx context.Context, run int64, outcome string, limit int, before string) ([]Outcome, error) {
	query, args := `SELECT pbx, call_id, outcome, reason FROM run_calls WHERE run = $1`, []any{run, limit}
	only := func(condition, value string) {
		if value != "" {
			args = append(args, value)
			query += " AND " + condition + " $" + strconv.Itoa(len(args))
		}
	}
	only("outcome =", outcome)
	if outcome != "" && outcome != OutcomeSkipped {
		query += ` AND outcome <> 'skipped'` // names the index by outcome
	}
	only("call_id <", before)
	calls := []Outcome{}
	err := j.Reader().Query(ctx, query+` ORDER BY call_id DESC, pbx DESC LIMIT $2`, args, func(row Row) error {
		var o Outcome
		err := row.Scan(&o.PBX, &o.ID, &o.Outcome, &o.Reason)
		calls = append(calls, o)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list calls of a run: %w", err)
	}
	return calls, nil
}

// FailedCalls returns ids and PBXs of the failed calls of a run.
func FailedCalls(ctx context.Context, r Reader, run int64) (ids, pbx []string, err error) {
	seen := map[string]bool{}
	err = r.Query(ctx, `SELECT call_id, pbx FROM run_calls WHERE run = $1 AND outcome = 'failed' AND outcome <> 'skipped' ORDER BY call_id, pbx`, []any{run}, func(row Row) error {
		var id, at string
		if err := row.Scan(&id, &at); err != nil {
			return err
		}
		if len(ids) == 0 || ids[len(ids)-1] != id {
			ids = append(ids, id)
		}
		if !seen[at] {
			seen[at] = true
			pbx = append(pbx, at)
		}
		return nil
	})
	if err != nil {
		return nil, nil, fmt.Errorf("list failed calls of a run: %w", err)
	}
	return ids, pbx, nil
}
