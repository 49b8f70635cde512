package journal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// BeginDeliveries writes that owner begins a step of each delivery, and returns
// the Seq of those that it got: others are in other hands by now, or changed.
// State, Sending, Step, Begun and Repeats are written.
func BeginDeliveries(ctx context.Context, tx Tx, owner string, deliveries []*Delivery, now time.Time) (map[int64]bool, error) {
	got := make(map[int64]bool, len(deliveries))
	for _, d := range sorted(deliveries) {
		n, err := tx.Exec(ctx, `UPDATE deliveries SET owner = $2, state = $3, sending = $4, step = $5, begun = $6, repeats = $7, changed = $6
			WHERE seq = $1 AND owner = '' AND ready = 1 AND wanted = $8`,
			d.Seq, owner, d.State, d.Sending, d.Step, now.UnixMicro(), d.Repeats, d.Wanted)
		if err != nil {
			return nil, fmt.Errorf("begin a delivery to %s: %w", d.Target, err)
		}
		if n == 1 {
			got[d.Seq] = true
		}
	}
	return got, nil
}

// Standing is what may have changed of a delivery while it was worked at.
type Standing struct {
	// Wanted, Past and CallID are as in Delivery.
	Wanted int64
	Past   bool
	CallID string
}

// StandingOf returns what owner's delivery is to become, or ErrLost when it is in
// other hands. The caller holds the target's lock.
func StandingOf(ctx context.Context, tx Tx, seq int64, owner string) (Standing, error) {
	var s Standing
	var past int64
	err := tx.QueryRow(ctx, `SELECT wanted, past, call_id FROM deliveries WHERE seq = $1 AND owner = $2`, seq, owner).Scan(&s.Wanted, &past, &s.CallID)
	if errors.Is(err, sql.ErrNoRows) {
		return Standing{}, ErrLost
	}
	s.Past = past == 1
	return s, err
}

// SaveDelivery writes how a delivery of owner stands after a step; d.Owner is who
// has it from now on, "" for nobody. When it is over, the next call of its number may be taken up.
// In other hands it is ErrLost. The caller holds the target's lock.
func SaveDelivery(ctx context.Context, tx Tx, owner string, d *Delivery, now time.Time) error {
	n, err := tx.Exec(ctx, `UPDATE deliveries SET state = $3, open = $4, ready = $5, priority = CASE WHEN priority > $6 THEN $6 ELSE priority END,
		sending = $7, delivered = $8, step = $9, begun = $10, tries = $11, repeats = $12, memo = $13, class = $14, reason = $15,
		due = $16, owner = $17, changed = $18 WHERE seq = $1 AND owner = $2`,
		d.Seq, owner, d.State, flag(d.Open()), flag(!d.over()), d.priority(), d.Sending, d.Delivered, d.Step, micros(d.Begun), d.Tries, d.Repeats,
		d.Memo, d.Class, d.Reason, d.Due.UnixMicro(), d.Owner, now.UnixMicro())
	if err != nil {
		return fmt.Errorf("record a delivery to %s: %w", d.Target, err)
	}
	if n == 0 {
		return ErrLost
	}
	if d.Open() {
		return nil
	}
	return promote(ctx, tx, d.Target, d.Number)
}

// WithdrawDelivery takes back what nobody wants any more and nobody works at: a
// delivery that never began is forgotten, an earlier revision stays delivered. What somebody
// wants again by now stays. The caller holds the target's lock.
func WithdrawDelivery(ctx context.Context, tx Tx, d *Delivery, now time.Time) error {
	var n int64
	var err error
	if d.Delivered > 0 {
		n, err = tx.Exec(ctx, `UPDATE deliveries AS d SET state = 'delivered', open = 0, ready = 0, reason = '', changed = $2
			WHERE d.seq = $1 AND d.owner = '' AND `+abandoned, d.Seq, now.UnixMicro())
	} else {
		n, err = tx.Exec(ctx, `DELETE FROM deliveries AS d WHERE d.seq = $1 AND d.owner = '' AND `+abandoned, d.Seq)
	}
	if err == nil && n == 0 {
		return nil
	}
	if err == nil {
		err = dropWaits(ctx, tx, d.Seq)
	}
	if err != nil {
		return fmt.Errorf("take back a delivery to %s: %w", d.Target, err)
	}
	return promote(ctx, tx, d.Target, d.Number)
}

// DropDelivery closes a delivery that nobody works at: State, Delivered and Reason
// are written. The caller holds the target's lock.
func DropDelivery(ctx context.Context, tx Tx, d *Delivery, now time.Time) error {
	_, err := tx.Exec(ctx, `UPDATE deliveries SET state = $2, open = 0, ready = 0, reason = $3, changed = $4, delivered = $5 WHERE seq = $1 AND owner = ''`,
		d.Seq, d.State, d.Reason, now.UnixMicro(), d.Delivered)
	if err != nil {
		return fmt.Errorf("close a delivery to %s: %w", d.Target, err)
	}
	return promote(ctx, tx, d.Target, d.Number)
}

// OrphanDeliveries makes uncertain what processes had begun that are dead: all but
// those alive. It returns how many there were.
func OrphanDeliveries(ctx context.Context, tx Tx, target string, alive []string, now time.Time) (int64, error) {
	owners, err := strangers(ctx, tx, target, alive)
	if err != nil {
		return 0, err
	}
	var orphans int64
	for _, owner := range owners {
		n, err := tx.Exec(ctx, `UPDATE deliveries SET state = CASE WHEN state = 'recording' THEN state ELSE 'uncertain' END, owner = '', class = 'uncertain', due = $3,
			reason = 'the program was stopped while it waited for the answer', priority = CASE WHEN priority > $4 THEN $4 ELSE priority END, changed = $3
			WHERE owner = $1 AND target = $2`, owner, target, now.UnixMicro(), int64(priorityBegun))
		if err != nil {
			return 0, fmt.Errorf("take back deliveries to %s: %w", target, err)
		}
		orphans += n
	}
	return orphans, nil
}

func strangers(ctx context.Context, tx Tx, target string, alive []string) ([]string, error) {
	known := make(map[string]bool, len(alive))
	for _, a := range alive {
		known[a] = true
	}
	var owners []string
	err := tx.Query(ctx, `SELECT DISTINCT owner FROM deliveries WHERE owner <> '' AND target = $1`, []any{target}, func(row Row) error {
		var owner string
		err := row.Scan(&owner)
		if !known[owner] {
			owners = append(owners, owner)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("look for deliveries that were left: %w", err)
	}
	return owners, nil
}

// Alive lists holders of leases whose names begin with prefix, and forgets leases
// that ended.
func Alive(ctx context.Context, tx Tx, prefix string) ([]string, error) {
	now, err := tx.Now(ctx)
	if err == nil {
		_, err = tx.Exec(ctx, `DELETE FROM leases WHERE name >= $1 AND name < $2 AND until <= $3`, prefix, prefix+"\U0010FFFF", micros(now))
	}
	if err != nil {
		return nil, fmt.Errorf("look which processes are alive: %w", err)
	}
	var holders []string
	err = tx.Query(ctx, `SELECT holder FROM leases WHERE name >= $1 AND name < $2 AND until > $3`, []any{prefix, prefix + "\U0010FFFF", micros(now)}, func(row Row) error {
		var holder string
		err := row.Scan(&holder)
		holders = append(holders, holder)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("look which processes are alive: %w", err)
	}
	return holders, nil
}
