package journal

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"time"
)

// ReadPeriod is a period of a PBX's records that was read whole. The journal remembers which calls came of it, piece by
// piece: no row is large, and none waits for the end.
type ReadPeriod struct {
	PBX string
	// From is in the period, Until is not; a zero Until means up to the newest record.
	From, Until time.Time
	// Reading names what decides, beside the records, which calls come of them.
	Reading string
}

// Piece is a piece of the records of a period, by the keys of the PBX's table, and
// what tells whether they have changed.
type Piece struct {
	// N counts the pieces from 0, in the order of writing.
	N           int
	After, UpTo int64
	Digest      string
	// Ends says that the period ended with this piece: it was read whole.
	Ends bool
	// LookedUp are the linkedids of calls for which records beyond the period were read. What
	// these calls are is not remembered.
	LookedUp []string
}

// ForgottenError says that the journal does not hold a call as it is remembered: it has changed
// since. Whoever meets it forgets the period and reads its records.
type ForgottenError struct{ ID string }

func (e *ForgottenError) Error() string {
	return "call " + e.ID + " has changed since its records were read"
}

// end is a zero time as the end of all times.
func end(until time.Time) int64 {
	if until.IsZero() {
		return math.MaxInt64
	}
	return until.UnixMicro()
}

// RememberPiece keeps which calls came of a period while a piece of it was read, after those of the
// piece before. The first takes the place of all that was remembered of the same time. by names the
// reading: what another has remembered in the meantime is left alone, and kept is false then.
func RememberPiece(ctx context.Context, tx Tx, period ReadPeriod, by string, p Piece, calls *Remembered) (kept bool, err error) {
	compressed, err := calls.compress()
	if err != nil {
		return false, fmt.Errorf("remember calls: %w", err)
	}
	if err := tx.Lock(ctx, "pieces of "+period.PBX); err != nil {
		return false, err
	}
	if p.N == 0 {
		if err := Forget(ctx, tx, period); err != nil {
			return false, err
		}
	} else if follows, err := follows(ctx, tx, period, by, p); err != nil || !follows {
		return false, err
	}
	n, err := tx.Exec(ctx, `INSERT INTO pieces (pbx, from_at, until_at, n, reading, read_by, after_key, upto_key, digest, ends, looked_up, calls)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT (pbx, from_at, until_at, n) DO NOTHING`,
		period.PBX, period.From.UnixMicro(), end(period.Until), p.N, period.Reading, by, p.After, p.UpTo, p.Digest, flag(p.Ends), list(p.LookedUp), compressed)
	if err != nil {
		return false, fmt.Errorf("remember calls: %w", err)
	}
	return n == 1, nil
}

// follows says that the piece before is there, by the same reader.
func follows(ctx context.Context, tx Tx, period ReadPeriod, by string, p Piece) (bool, error) {
	var n int
	err := tx.QueryRow(ctx, `SELECT count(*) FROM pieces WHERE pbx = $1 AND from_at = $2 AND until_at = $3 AND n = $4 AND read_by = $5`,
		period.PBX, period.From.UnixMicro(), end(period.Until), p.N-1, by).Scan(&n)
	if err != nil {
		return false, fmt.Errorf("see what is remembered: %w", err)
	}
	return n == 1, nil
}

// Forget drops what is remembered of a period and of those that share time with it.
func Forget(ctx context.Context, tx Tx, period ReadPeriod) error {
	_, err := tx.Exec(ctx, `DELETE FROM pieces WHERE pbx = $1 AND from_at < $3 AND until_at > $2`, period.PBX, period.From.UnixMicro(), end(period.Until))
	if err != nil {
		return fmt.Errorf("forget calls: %w", err)
	}
	return nil
}

// Pieces lists what is remembered of a period, read just so, in the order of reading and without a gap.
func Pieces(ctx context.Context, r Reader, period ReadPeriod) ([]Piece, error) {
	var pieces []Piece
	gap, reader := false, ""
	err := r.Query(ctx, `SELECT n, read_by, after_key, upto_key, digest, ends, looked_up FROM pieces
		WHERE pbx = $1 AND from_at = $2 AND until_at = $3 AND reading = $4 ORDER BY n`,
		[]any{period.PBX, period.From.UnixMicro(), end(period.Until), period.Reading}, func(row Row) error {
			var p Piece
			var ends int
			var by, lookedUp string
			if err := row.Scan(&p.N, &by, &p.After, &p.UpTo, &p.Digest, &ends, &lookedUp); err != nil {
				return err
			}
			p.Ends = ends == 1
			err := json.Unmarshal([]byte(lookedUp), &p.LookedUp)
			if p.N == 0 {
				reader = by
			}
			if gap = gap || by != reader || p.N != len(pieces) || p.N > 0 && p.After != pieces[p.N-1].UpTo; !gap {
				pieces = append(pieces, p)
			}
			return err
		})
	if err != nil {
		return nil, fmt.Errorf("read what is remembered of PBX %s: %w", period.PBX, err)
	}
	return pieces, nil
}

// Recall gives the calls that came with a piece, but for those looked up, in the order in which they were
// remembered. RecordCalls and CompareCalls find them Same or Outdated, or give a *ForgottenError. When the piece is
// remembered no more, or otherwise, ok is false.
func Recall(ctx context.Context, r Reader, period ReadPeriod, p Piece) (entries []*Entry, ok bool, err error) {
	var compressed []byte
	err = r.QueryRow(ctx, `SELECT calls FROM pieces WHERE pbx = $1 AND from_at = $2 AND until_at = $3 AND n = $4 AND reading = $5
		AND after_key = $6 AND upto_key = $7 AND digest = $8`,
		period.PBX, period.From.UnixMicro(), end(period.Until), p.N, period.Reading, p.After, p.UpTo, p.Digest).Scan(&compressed)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("recall calls of PBX %s: %w", period.PBX, err)
	}
	if entries, err = recall(compressed, period.PBX); err != nil {
		return nil, false, nil //nolint:nilerr // the records tell as much
	}
	return entries, true, nil
}

// FillRecalled gives entries that Recall made what the journal holds of them. It leaves others alone.
func FillRecalled(ctx context.Context, r Reader, pbx string, entries []*Entry) error {
	var ids []string
	empty := make(map[string][]*Entry)
	for _, e := range entries {
		if e.recalled && e.body == nil {
			ids, empty[e.ID] = append(ids, e.ID), append(empty[e.ID], e)
		}
	}
	err := in(ctx, r, `SELECT id, ended, body, contexts FROM calls WHERE pbx = $1 AND id IN`, pbx, ids, func(row Row) error {
		var id, body, contexts string
		var ended int64
		if err := row.Scan(&id, &ended, &body, &contexts); err != nil {
			return err
		}
		for _, e := range empty[id] {
			e.Ended, e.body, e.contexts = time.UnixMicro(ended).UTC(), []byte(body), contexts
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("read calls of the journal: %w", err)
	}
	return nil
}
