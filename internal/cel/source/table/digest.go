package table

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"strconv"
	"time"

	"ringback/internal/cel"
	"ringback/internal/cel/source"
)

var _ source.Digester = (*Table)(nil)

const (
	// pieceKeys is how many keys a piece has.
	pieceKeys = 50_000
	// mostPieces bounds the pieces of a period, where keys leave much out.
	mostPieces = 256
)

// ScanPieces reads a period piece by piece; see source.Digester. While one piece is read, the
// digest of the next is made.
func (t *Table) ScanPieces(ctx context.Context, from, until time.Time, tell func(source.Piece) error, yield func(batch []cel.Record) error) error {
	return t.scan(ctx, from, until, yield, func(ctx context.Context, r *reader, after, upto int64) error {
		ctx, stop := context.WithCancel(ctx)
		pieces, ended := make(chan source.Piece), make(chan error, 1)
		go func() {
			defer close(pieces)
			ended <- t.pieces(ctx, after, upto, pieces)
		}()
		var err error
		for p := range pieces {
			if err = tell(p); err == nil {
				err = r.read(ctx, p.After, p.UpTo, yield)
			}
			if err != nil {
				break
			}
		}
		stop()
		if lookErr := <-ended; err == nil {
			err = lookErr
		}
		return err
	})
}

// pieces makes the pieces of (after, upto], one after the other.
func (t *Table) pieces(ctx context.Context, after, upto int64, pieces chan<- source.Piece) error {
	step := int64(math.MaxInt64)
	if after != math.MinInt64 { // else the table was empty when its ends were looked for
		step = max(pieceKeys, (upto-after)/mostPieces)
	}
	for after < upto {
		p := source.Piece{After: after, UpTo: upto}
		if step < math.MaxInt64 && upto-after > step {
			p.UpTo = after + step
		}
		var err error
		if p.Digest, p.Rows, err = t.piece(ctx, p.After, p.UpTo); err != nil {
			return err
		}
		select {
		case pieces <- p:
		case <-ctx.Done():
			return ctx.Err()
		}
		after = p.UpTo
	}
	return nil
}

// Range is which keys Scan would hand over; see source.Digester.
func (t *Table) Range(ctx context.Context, from, until time.Time) (after, upto int64, err error) {
	if !t.key.indexed {
		return 0, 0, nil
	}
	after, upto, open, err := t.newEdges().keys(ctx, from, until)
	if err != nil || !open {
		return after, upto, err
	}
	last, ok, err := t.oneKey(ctx, t.sql.last)
	if ok {
		upto = max(upto, last)
	}
	return after, upto, err
}

// Digest is that of a piece; see source.Digester.
func (t *Table) Digest(ctx context.Context, after, upto int64) (string, error) {
	digest, _, err := t.piece(ctx, after, upto)
	return digest, err
}

// piece makes the digest of the rows with keys in (after, upto], "" when the database cannot, or
// takes too long: reading the rows is the better way then, and says what is wrong if something is.
func (t *Table) piece(ctx context.Context, after, upto int64) (digest string, rows int64, err error) {
	if !t.ordered || t.sql.digest == "" || t.mute.Load() {
		return "", 0, nil
	}
	sum := sha256.New()
	_, _ = fmt.Fprintf(sum, "%s\n%d %t\n", t.sql.digest, t.numbering, t.fraction) // a hash takes all
	err = t.once(ctx, t.opts.QueryTimeout, t.sql.digest, []any{after, upto}, func(values [][]byte) error {
		_, _ = fmt.Fprintf(sum, "%s %s\n", values[0], values[1])
		var err error
		rows, err = strconv.ParseInt(string(values[0]), 10, 64)
		return err
	})
	switch {
	case err == nil:
		return hex.EncodeToString(sum.Sum(nil)), rows, nil
	case ctx.Err() != nil:
		return "", 0, ctx.Err()
	case !t.db.Away(err):
		t.mute.Store(true)
		t.opts.Logger.Info("whether rows have changed is not told here; they are read each time", "place", t.schema.Place, "reason", t.db.Explain(err))
	}
	return "", 0, nil
}
