package journal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"time"
)

// readers is how many queries may run beside the one writer.
const readers = 4

// sqliteEngine keeps the journal in one file that this process owns: a pool of
// one connection writes, others read beside it (write-ahead log).
type sqliteEngine struct {
	path  string
	lock  *fileLock
	write *sql.DB
	read  *sql.DB
}

func openSQLite(ctx context.Context, path string, logger *slog.Logger) (*sqliteEngine, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("journal %s: %w", path, err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return nil, fmt.Errorf("make a directory for the journal: %w", err)
	}
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real // two names of one file are one lock
	}
	lock, err := lockFile(path)
	if err != nil {
		return nil, err
	}
	e := &sqliteEngine{path: path, lock: lock}
	if err := e.open(ctx, logger); err != nil {
		return nil, errors.Join(fmt.Errorf("open the journal %s: %w", path, explain(err, path)), e.close())
	}
	return e, nil
}

func (e *sqliteEngine) open(ctx context.Context, logger *slog.Logger) error {
	// SQLite makes the file readable for all; it holds telephone numbers.
	f, err := os.OpenFile(e.path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	// synchronous(FULL): a step that a power cut takes back would be done twice.
	e.write, err = openPool(dsn(e.path, url.Values{
		"_pragma": {"auto_vacuum(INCREMENTAL)", "journal_mode(WAL)", "busy_timeout(5000)", "synchronous(FULL)", "foreign_keys(1)", "journal_size_limit(67108864)"},
		"_txlock": {"immediate"},
	}))
	if err != nil {
		return err
	}
	e.write.SetMaxOpenConns(1)
	if err := migrate(ctx, e.write, "sqlite", logger); err != nil {
		return err
	}
	e.read, err = openPool(dsn(e.path, url.Values{
		"mode": {"ro"}, "_pragma": {"query_only(1)", "busy_timeout(5000)"},
	}))
	if err != nil {
		return err
	}
	e.read.SetMaxOpenConns(readers)
	e.read.SetMaxIdleConns(readers)
	return e.read.PingContext(ctx)
}

func dsn(path string, query url.Values) string {
	return (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: query.Encode()}).String()
}

func (e *sqliteEngine) reader() Reader { return sqliteReader{e.read, e.path} }
func (e *sqliteEngine) native() any    { return e.write }
func (e *sqliteEngine) place() string  { return e.path }
func (e *sqliteEngine) shared() bool   { return false }
func (e *sqliteEngine) listens() bool  { return false }

func (e *sqliteEngine) alone(_ context.Context, _ string, fn func() error) error { return fn() }

func (e *sqliteEngine) inTx(ctx context.Context, fn func(Tx) error) error {
	tx, err := e.write.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin to write to the journal: %w", explain(err, e.path))
	}
	defer tx.Rollback()
	if err := fn(sqliteTx{tx}); err != nil {
		return explain(err, e.path)
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("write to the journal: %w", explain(err, e.path))
	}
	return nil
}

// ping writes for good: only a commit reaches the disk and shows that it is full.
func (e *sqliteEngine) ping(ctx context.Context) error {
	err := e.inTx(ctx, func(tx Tx) error {
		_, err := tx.Exec(ctx, `UPDATE journal_pulse SET beat = beat + 1`)
		return err
	})
	if err != nil {
		return err
	}
	var one int
	return explain(e.read.QueryRowContext(ctx, `SELECT 1 FROM journal_pulse`).Scan(&one), e.path)
}

func (e *sqliteEngine) size(context.Context) (int64, error) {
	var total int64
	for _, suffix := range []string{"", "-wal"} {
		info, err := os.Stat(e.path + suffix)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return 0, err
		}
		total += info.Size()
	}
	return total, nil
}

// shrink gives free pages back, few enough at a time that no writer waits long.
func (e *sqliteEngine) shrink(ctx context.Context) error {
	const portion = 500
	for {
		var free, rest int64
		err := e.write.QueryRowContext(ctx, `PRAGMA freelist_count`).Scan(&free)
		if err != nil || free == 0 {
			return explain(err, e.path)
		}
		if err := e.vacuum(ctx, portion); err != nil {
			return explain(err, e.path)
		}
		err = e.write.QueryRowContext(ctx, `PRAGMA freelist_count`).Scan(&rest)
		if err != nil || rest >= free {
			return explain(err, e.path) // a file of before incremental vacuum keeps its pages
		}
	}
}

// vacuum gives back some free pages. The pragma works as its rows are read,
// though they hold nothing.
func (e *sqliteEngine) vacuum(ctx context.Context, pages int) error {
	rows, err := e.write.QueryContext(ctx, fmt.Sprintf(`PRAGMA incremental_vacuum(%d)`, pages))
	if err != nil {
		return err
	}
	defer rows.Close()
	return each(rows, func(Row) error { return nil })
}

func (e *sqliteEngine) close() error {
	var errs []error
	// The writer goes last: it folds the write-ahead log into the file.
	for _, db := range []*sql.DB{e.read, e.write} {
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	return errors.Join(append(errs, e.lock.release())...)
}

type sqliteReader struct {
	db   *sql.DB
	path string
}

func (r sqliteReader) Query(ctx context.Context, query string, args []any, scan func(Row) error) error {
	rows, err := r.db.QueryContext(ctx, query, args...)
	if err != nil {
		return explain(err, r.path)
	}
	defer rows.Close()
	return explain(each(rows, scan), r.path)
}

func each(rows *sql.Rows, scan func(Row) error) error {
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

func (r sqliteReader) QueryRow(ctx context.Context, query string, args ...any) Row {
	return sqliteRow{r.db.QueryRowContext(ctx, query, args...), r.path}
}

type sqliteRow struct {
	row  *sql.Row
	path string
}

func (r sqliteRow) Scan(dest ...any) error { return explain(r.row.Scan(dest...), r.path) }

type sqliteTx struct{ tx *sql.Tx }

func (t sqliteTx) Query(ctx context.Context, query string, args []any, scan func(Row) error) error {
	rows, err := t.tx.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	return each(rows, scan)
}

func (t sqliteTx) QueryRow(ctx context.Context, query string, args ...any) Row {
	return t.tx.QueryRowContext(ctx, query, args...)
}

func (t sqliteTx) Exec(ctx context.Context, query string, args ...any) (int64, error) {
	res, err := t.tx.ExecContext(ctx, query, args...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// Lock does nothing: there is one transaction at a time.
func (t sqliteTx) Lock(context.Context, string) error { return nil }

func (t sqliteTx) Now(context.Context) (time.Time, error) { return time.Now().UTC(), nil }

func (t sqliteTx) Native() any { return t.tx }
