package journal

import (
	"context"
	"time"
)

// Row is one row of an answer. A row that is not there makes Scan return
// sql.ErrNoRows on every engine.
type Row interface {
	Scan(dest ...any) error
}

// Reader asks the journal.
type Reader interface {
	// Query hands every row of an answer to scan. An error of scan ends it and is
	// returned as it is.
	Query(ctx context.Context, query string, args []any, scan func(Row) error) error
	QueryRow(ctx context.Context, query string, args ...any) Row
}

// Tx is one transaction on the journal. What several rooms write in one Tx
// is kept or lost together.
type Tx interface {
	Reader
	// Exec returns how many rows it touched.
	Exec(ctx context.Context, query string, args ...any) (int64, error)
	// Lock makes every other transaction that locks the same name wait until this
	// one has ended. Whoever decides by what is there what to write needs it: on
	// SQLite transactions come one after the other anyway, on PostgreSQL they do not.
	Lock(ctx context.Context, name string) error
	// Now is the database's time, the same for all processes that share it.
	Now(ctx context.Context) (time.Time, error)
	// Native is the engine's own transaction (*sql.Tx on SQLite, pgx.Tx on
	// PostgreSQL), for the job queue, which writes to the same database.
	Native() any
}

// micros is t as it is stored; nil for the zero time.
func micros(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UnixMicro()
}

// instant reads what micros wrote, in UTC.
func instant(us *int64) time.Time {
	if us == nil {
		return time.Time{}
	}
	return time.UnixMicro(*us).UTC()
}

// flag is a truth as it is stored: engines differ on booleans, not on numbers.
func flag(b bool) int64 {
	if b {
		return 1
	}
	return 0
}
