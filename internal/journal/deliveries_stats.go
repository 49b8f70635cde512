package journal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// TargetState is how a target is, as its last user left it.
type TargetState struct {
	Target string
	// State is "", "unavailable" or "blocked", Reason why in words, Until when it
	// is tried again.
	State  string
	Reason string
	Until  time.Time
	// Delivered and Refused count what became of deliveries, Repeats the steps that
	// were done again without knowing whether they had been done.
	Delivered, Refused, Repeats int64
	// Error is the last error in words, "" if there never was one.
	Error   string
	ErrorAt time.Time
	// Open counts what is still to be delivered, Uncertain the part of it whose
	// answer is lost, Working what is being delivered.
	Open, Uncertain, Working int64
}

// SetTargetState writes how a target is. Counts are left alone.
func SetTargetState(ctx context.Context, tx Tx, s TargetState) error {
	_, err := tx.Exec(ctx, `INSERT INTO target_states (target, state, reason, until) VALUES ($1, $2, $3, $4)
		ON CONFLICT (target) DO UPDATE SET state = excluded.state, reason = excluded.reason, until = excluded.until`,
		s.Target, s.State, s.Reason, micros(s.Until))
	if err != nil {
		return fmt.Errorf("record how target %s is: %w", s.Target, err)
	}
	return nil
}

// CountDeliveries adds to a target's counts, and keeps the error where there is one. A target
// that took a call is neither away nor blocked, whoever found it so.
func CountDeliveries(ctx context.Context, tx Tx, s TargetState) error {
	_, err := tx.Exec(ctx, `INSERT INTO target_states (target, delivered, refused, repeats, error, error_at) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (target) DO UPDATE SET delivered = target_states.delivered + excluded.delivered,
		refused = target_states.refused + excluded.refused, repeats = target_states.repeats + excluded.repeats,
		state = CASE WHEN excluded.delivered > 0 THEN '' ELSE target_states.state END,
		reason = CASE WHEN excluded.delivered > 0 THEN '' ELSE target_states.reason END,
		until = CASE WHEN excluded.delivered > 0 THEN NULL ELSE target_states.until END,
		error = CASE WHEN excluded.error = '' THEN target_states.error ELSE excluded.error END,
		error_at = CASE WHEN excluded.error = '' THEN target_states.error_at ELSE excluded.error_at END`,
		s.Target, s.Delivered, s.Refused, s.Repeats, s.Error, micros(s.ErrorAt))
	if err != nil {
		return fmt.Errorf("count deliveries to %s: %w", s.Target, err)
	}
	return nil
}

// TargetState says how a target is and counts its deliveries.
func (j *Journal) TargetState(ctx context.Context, target string) (TargetState, error) {
	s := TargetState{Target: target}
	r := j.Reader()
	var until, errorAt *int64
	err := r.QueryRow(ctx, `SELECT state, reason, until, delivered, refused, repeats, error, error_at FROM target_states WHERE target = $1`, target).
		Scan(&s.State, &s.Reason, &until, &s.Delivered, &s.Refused, &s.Repeats, &s.Error, &errorAt)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return TargetState{}, fmt.Errorf("look how target %s is: %w", target, err)
	}
	s.Until, s.ErrorAt = instant(until), instant(errorAt)
	for count, query := range map[*int64]string{
		&s.Open:      `SELECT count(*) FROM deliveries WHERE target = $1 AND open = 1`,
		&s.Uncertain: `SELECT count(*) FROM deliveries WHERE target = $1 AND state = 'uncertain'`,
		&s.Working:   `SELECT count(*) FROM deliveries WHERE target = $1 AND owner <> ''`,
	} {
		if err := r.QueryRow(ctx, query, target).Scan(count); err != nil {
			return TargetState{}, fmt.Errorf("count deliveries to %s: %w", target, err)
		}
	}
	return s, nil
}
