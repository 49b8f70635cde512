package journal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// Kept returns what is kept for a target under a name, and its version; version 0
// when nothing is.
func (j *Journal) Kept(ctx context.Context, target, name string) (value string, version int64, err error) {
	err = j.Reader().QueryRow(ctx, `SELECT value, version FROM kept WHERE target = $1 AND name = $2`, target, name).Scan(&value, &version)
	if errors.Is(err, sql.ErrNoRows) {
		return "", 0, nil
	}
	if err != nil {
		return "", 0, fmt.Errorf("read what is kept for %s: %w", target, err)
	}
	return value, version, nil
}

// Keep writes a value if what is kept still has the version, and reports whether it
// did.
func (j *Journal) Keep(ctx context.Context, target, name, value string, version int64) (kept bool, err error) {
	err = j.InTx(ctx, func(tx Tx) error {
		var n int64
		var err error
		if version == 0 {
			n, err = tx.Exec(ctx, `INSERT INTO kept (target, name, value, version) VALUES ($1, $2, $3, 1) ON CONFLICT (target, name) DO NOTHING`, target, name, value)
		} else {
			n, err = tx.Exec(ctx, `UPDATE kept SET value = $3, version = version + 1 WHERE target = $1 AND name = $2 AND version = $4`, target, name, value, version)
		}
		kept = n == 1
		return err
	})
	if err != nil {
		return false, fmt.Errorf("keep something for %s: %w", target, err)
	}
	return kept, nil
}
