package journal

import (
	"context"
	"fmt"
	"time"
)

// TakeLease gives name to holder for d, unless another holds it, and reports
// whether it did. Taking it again renews it. Time is the database's, so that the clocks
// of machines need not agree.
func TakeLease(ctx context.Context, tx Tx, name, holder string, d time.Duration) (bool, error) {
	now, err := tx.Now(ctx)
	if err != nil {
		return false, fmt.Errorf("take the lease %s: %w", name, err)
	}
	n, err := tx.Exec(ctx, `INSERT INTO leases (name, holder, until) VALUES ($1, $2, $3)
		ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until
		WHERE leases.holder = excluded.holder OR leases.until <= $4`, name, holder, micros(now.Add(d)), micros(now))
	if err != nil {
		return false, fmt.Errorf("take the lease %s: %w", name, err)
	}
	return n == 1, nil
}

// DropLease lets go of a lease before its time. Of another holder it is left alone.
func DropLease(ctx context.Context, tx Tx, name, holder string) error {
	if _, err := tx.Exec(ctx, `DELETE FROM leases WHERE name = $1 AND holder = $2`, name, holder); err != nil {
		return fmt.Errorf("drop the lease %s: %w", name, err)
	}
	return nil
}
