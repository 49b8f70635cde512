package journal

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// inTx repeats a transaction that got in another's way, and one that could not begin
// because its connection had died unnoticed.
func (e *postgresEngine) inTx(ctx context.Context, fn func(Tx) error) error {
	const most = 6
	var err error
	for try := range most {
		if try > 0 {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(rand.N(10 * time.Millisecond << try)):
			}
		}
		var began bool
		began, err = e.tryTx(ctx, fn)
		if !overtaken(err) && (began || !e.forgetDead(err)) {
			break
		}
	}
	return err
}

func (e *postgresEngine) tryTx(ctx context.Context, fn func(Tx) error) (began bool, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, pgAnswer, errSilent)
	defer cancel()
	tx, err := e.pool.Begin(ctx)
	if err != nil {
		return false, fmt.Errorf("begin to write to the journal: %w", e.explain(ctx, err))
	}
	if err := fn(e.tx(tx)); err != nil {
		e.giveUp(ctx, tx)
		return true, e.explain(ctx, err)
	}
	if err := tx.Commit(ctx); err != nil {
		return true, fmt.Errorf("write to the journal: %w", e.explain(ctx, err))
	}
	return true, nil
}

// giveUp rolls back; a connection on which that is not done soon is thrown away by the pool.
func (e *postgresEngine) giveUp(ctx context.Context, tx pgx.Tx) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	_ = tx.Rollback(ctx)
}

// overtaken says that the same transaction may succeed at once: it lost against
// another (PostgreSQL's documentation, section 13.5).
func overtaken(err error) bool {
	told, ok := errors.AsType[*pgconn.PgError](err)
	return ok && (told.Code == "40001" || told.Code == "40P01")
}

// forgetDead closes all idle connections when err shows that one was dead, since the
// others will be too, and reports whether it did.
func (e *postgresEngine) forgetDead(err error) bool {
	_, refused := errors.AsType[*pgconn.ConnectError](err)
	if err == nil || refused || errors.Is(err, errSilent) {
		return false
	}
	told, ok := errors.AsType[*pgconn.PgError](err)
	dead := ok && strings.HasPrefix(told.Code, "57P") || !ok && lostOnTheWay(err)
	if dead {
		e.pool.Reset()
	}
	return dead
}

var errSilent = errors.New("the server did not answer in time")

func (e *postgresEngine) explain(ctx context.Context, err error) error {
	if errors.Is(context.Cause(ctx), errSilent) && errors.Is(err, context.DeadlineExceeded) {
		err = errSilent
	}
	return explainPostgres(err, e.shown)
}

func (e *postgresEngine) tx(tx pgx.Tx) postgresTx { return postgresTx{tx, e.schema} }

type postgresReader struct{ e *postgresEngine }

func (r postgresReader) Query(ctx context.Context, query string, args []any, scan func(Row) error) error {
	seen := false
	noted := func(row Row) error {
		seen = true
		return scan(row)
	}
	return r.e.read(ctx, func(ctx context.Context) error {
		rows, err := r.e.pool.Query(ctx, query, legible(args)...)
		if err != nil {
			return err
		}
		return eachPostgres(rows, noted)
	}, func() bool { return !seen })
}

// read asks once more when the connection was dead.
func (e *postgresEngine) read(ctx context.Context, ask func(context.Context) error, again func() bool) error {
	ctx, cancel := context.WithTimeoutCause(ctx, pgAnswer, errSilent)
	defer cancel()
	err := ask(ctx)
	if again() && e.forgetDead(err) {
		err = ask(ctx)
	}
	return e.explain(ctx, err)
}

func (r postgresReader) QueryRow(ctx context.Context, query string, args ...any) Row {
	return postgresRow(func(dest ...any) error {
		return r.e.read(ctx, func(ctx context.Context) error {
			return r.e.pool.QueryRow(ctx, query, legible(args)...).Scan(dest...)
		}, func() bool { return true })
	})
}

// postgresRow asks when it is scanned, so that its time limit ends with it.
type postgresRow func(dest ...any) error

func (r postgresRow) Scan(dest ...any) error { return r(dest...) }

func eachPostgres(rows pgx.Rows, scan func(Row) error) error {
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

type postgresTx struct {
	tx     pgx.Tx
	schema string
}

func (t postgresTx) Query(ctx context.Context, query string, args []any, scan func(Row) error) error {
	rows, err := t.tx.Query(ctx, query, legible(args)...)
	if err != nil {
		return err
	}
	return eachPostgres(rows, scan)
}

func (t postgresTx) QueryRow(ctx context.Context, query string, args ...any) Row {
	return t.tx.QueryRow(ctx, query, legible(args)...)
}

func (t postgresTx) Exec(ctx context.Context, query string, args ...any) (int64, error) {
	done, err := t.tx.Exec(ctx, query, legible(args)...)
	return done.RowsAffected(), err
}

// Lock takes an advisory lock, which ends with the transaction. Its key is of the
// schema too: several journals may live in one database.
func (t postgresTx) Lock(ctx context.Context, name string) error {
	sum := sha256.Sum256([]byte("ringback\x00" + t.schema + "\x00" + name))
	if _, err := t.tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, int64(binary.BigEndian.Uint64(sum[:8]))); err != nil {
		return fmt.Errorf("wait for other processes (%s): %w", name, err)
	}
	return nil
}

func (t postgresTx) Now(ctx context.Context) (time.Time, error) {
	var now time.Time
	err := t.tx.QueryRow(ctx, `SELECT clock_timestamp()`).Scan(&now)
	return now.UTC(), err
}

func (t postgresTx) Native() any { return t.tx }

// legible makes of every text one that PostgreSQL takes, which is UTF-8 without
// NUL; SQLite takes any. What a PBX logged may be neither.
func legible(args []any) []any {
	for i, arg := range args {
		s, ok := arg.(string)
		if !ok || utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 {
			continue
		}
		args[i] = strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
	}
	return args
}
