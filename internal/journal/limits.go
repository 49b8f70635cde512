package journal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// Limit is one limit of a target. Every process that shares the journal draws
// on the same: a generic cell rate algorithm (ITU-T I.371), one row each.
type Limit struct {
	Target, Budget string
	// Every is the time in which one unit is given back.
	Every time.Duration
	// Burst is how many units may be used at once, at least those of one Draw.
	Burst float64
	// Most is how many units may be used until the moment that CorrectLimit named;
	// 0 means no such bound.
	Most float64
	// Reserve is the part of Burst that only live calls may use, 0 to 1.
	Reserve float64
}

// Draw uses units of a limit, if there are as many; else it says how long to wait for
// them at least, and uses nothing. A live call that has to wait keeps those of the
// past from using any until it had its turn.
func Draw(ctx context.Context, tx Tx, l Limit, units float64, live bool, now time.Time) (wait time.Duration, err error) {
	if err := knowLimit(ctx, tx, l.Target, l.Budget); err != nil {
		return 0, err
	}
	cost := int64(units * float64(l.Every))
	burst := l.Burst
	if !live {
		burst *= 1 - l.Reserve
	}
	slack := max(0, int64((max(burst, 1)-units)*float64(l.Every)))
	var tat int64
	err = tx.QueryRow(ctx, `UPDATE limits SET
			tat = CASE WHEN tat < CAST($3 AS bigint) THEN CAST($3 AS bigint) ELSE tat END + CAST($4 AS bigint),
			used = CASE WHEN used_until <= CAST($3 AS bigint) THEN 0 ELSE used + CAST($5 AS double precision) END,
			live_until = CASE WHEN CAST($8 AS bigint) = 1 THEN 0 ELSE live_until END
		WHERE target = $1 AND budget = $2 AND tat <= CAST($3 AS bigint) + CAST($6 AS bigint) AND blocked_until <= CAST($3 AS bigint)
			AND (CAST($7 AS double precision) = 0 OR used_until <= CAST($3 AS bigint) OR used + CAST($5 AS double precision) <= CAST($7 AS double precision))
			AND (CAST($8 AS bigint) = 1 OR live_until <= CAST($3 AS bigint))
		RETURNING tat`, l.Target, l.Budget, now.UnixNano(), cost, units, slack, l.Most, flag(live)).Scan(&tat)
	switch {
	case err == nil:
		return 0, nil
	case !errors.Is(err, sql.ErrNoRows):
		return 0, fmt.Errorf("use the limit %s of %s: %w", l.Budget, l.Target, err)
	}
	return refusedDraw(ctx, tx, l, units, slack, live, now)
}

// refusedDraw says how long a draw has to wait.
func refusedDraw(ctx context.Context, tx Tx, l Limit, units float64, slack int64, live bool, now time.Time) (time.Duration, error) {
	var tat, usedUntil, blocked, liveUntil int64
	var used float64
	err := tx.QueryRow(ctx, `SELECT tat, used, used_until, blocked_until, live_until FROM limits WHERE target = $1 AND budget = $2`, l.Target, l.Budget).
		Scan(&tat, &used, &usedUntil, &blocked, &liveUntil)
	if err != nil {
		return 0, fmt.Errorf("look at the limit %s of %s: %w", l.Budget, l.Target, err)
	}
	at := max(now.UnixNano(), tat-slack, blocked)
	if l.Most > 0 && used+units > l.Most {
		at = max(at, usedUntil)
	}
	if live {
		const patience = time.Second // after its time came, the live call may be late
		_, err := tx.Exec(ctx, `UPDATE limits SET live_until = $3 WHERE target = $1 AND budget = $2`, l.Target, l.Budget, at+int64(patience))
		if err != nil {
			return 0, fmt.Errorf("reserve the limit %s of %s: %w", l.Budget, l.Target, err)
		}
	} else if liveUntil > at {
		const lookAgain = 50 * time.Millisecond // the live call may be through long before
		at = min(liveUntil, now.UnixNano()+int64(lookAgain))
	}
	return max(time.Microsecond, time.Duration(at-now.UnixNano())), nil
}

// GiveBack returns units that were drawn and not used.
func GiveBack(ctx context.Context, tx Tx, l Limit, units float64) error {
	_, err := tx.Exec(ctx, `UPDATE limits SET tat = tat - CAST($3 AS bigint), used = CASE WHEN used < CAST($4 AS double precision) THEN 0 ELSE used - CAST($4 AS double precision) END
		WHERE target = $1 AND budget = $2`, l.Target, l.Budget, int64(units*float64(l.Every)), units)
	if err != nil {
		return fmt.Errorf("give back to the limit %s of %s: %w", l.Budget, l.Target, err)
	}
	return nil
}

// CorrectLimit records that by the target's own count so many units are used, and
// until when.
func CorrectLimit(ctx context.Context, tx Tx, target, budget string, used float64, until time.Time) error {
	if err := knowLimit(ctx, tx, target, budget); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `UPDATE limits SET used = $3, used_until = $4 WHERE target = $1 AND budget = $2`, target, budget, used, until.UnixNano())
	if err != nil {
		return fmt.Errorf("correct the limit %s of %s: %w", budget, target, err)
	}
	return nil
}

// BlockLimit keeps everybody from using a limit until a moment; of two, the later
// holds. "" is the target as a whole.
func BlockLimit(ctx context.Context, tx Tx, target, budget string, until time.Time) error {
	if err := knowLimit(ctx, tx, target, budget); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `UPDATE limits SET blocked_until = $3 WHERE target = $1 AND budget = $2 AND blocked_until < $3`, target, budget, until.UnixNano())
	if err != nil {
		return fmt.Errorf("block the limit %s of %s: %w", budget, target, err)
	}
	return nil
}

// BlockedUntil is until when a limit may not be used; zero when it may.
func (j *Journal) BlockedUntil(ctx context.Context, target, budget string) (time.Time, error) {
	var until int64
	err := j.Reader().QueryRow(ctx, `SELECT blocked_until FROM limits WHERE target = $1 AND budget = $2`, target, budget).Scan(&until)
	if errors.Is(err, sql.ErrNoRows) || err == nil && until == 0 {
		return time.Time{}, nil
	}
	if err != nil {
		return time.Time{}, fmt.Errorf("look at the limit %s of %s: %w", budget, target, err)
	}
	return time.Unix(0, until).UTC(), nil
}

func knowLimit(ctx context.Context, tx Tx, target, budget string) error {
	_, err := tx.Exec(ctx, `INSERT INTO limits (target, budget) VALUES ($1, $2) ON CONFLICT (target, budget) DO NOTHING`, target, budget)
	if err != nil {
		return fmt.Errorf("record the limit %s of %s: %w", budget, target, err)
	}
	return nil
}
