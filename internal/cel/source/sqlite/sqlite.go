// Package sqlite reads CEL from the database file of cel_sqlite3_custom, while
// Asterisk writes to it.
package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"ringback/internal/cel/source"
	"ringback/internal/cel/source/table"
)

// busyMillis is how long a query waits for Asterisk's write to end.
const busyMillis = 5000

// Open opens sqlite:///path/master.db?table=cel, for reading only.
func Open(ctx context.Context, u *url.URL, opts source.Options) (source.Source, error) {
	if err := source.CheckParameters(u, "table"); err != nil {
		return nil, err
	}
	path := u.Host + u.Path
	name := source.TableName(u)
	place := fmt.Sprintf("sqlite %s table %s", path, name)
	if err := readable(place, path); err != nil {
		return nil, err
	}
	pool, err := sql.Open("sqlite", dsn(path))
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", place, err)
	}
	d := &db{pool: pool, place: place}
	read := func(ctx context.Context) (table.Schema, error) { return d.schema(ctx, name) }
	return table.Open(ctx, d, place, read, dialect(), opts)
}

func dsn(path string) string {
	q := url.Values{"mode": {"ro"}, "_pragma": {fmt.Sprintf("busy_timeout(%d)", busyMillis), "query_only(1)"}}
	return (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: q.Encode()}).String()
}

// readable says why the file cannot be read, in better words than SQLite's.
func readable(place, path string) error {
	f, err := os.Open(path)
	switch {
	case errors.Is(err, os.ErrPermission):
		return &source.SetupError{
			Place: place, Problem: "this program may not read the file", Err: err,
			Remedy: "let its user read the file, and enter the directories above it (chmod, setfacl, or the group asterisk)",
		}
	case err != nil:
		return &source.UnavailableError{Place: place, Err: err, Remedy: remedy}
	}
	return f.Close()
}

const remedy = "check the path, that Asterisk's cel_sqlite3_custom is loaded, and that the disk is mounted"

func dialect() table.Dialect {
	return table.Dialect{
		Quote:       quote,
		Placeholder: placeholder,
		Key:         placeholder,
		Remedy:      remedy,
		// The driver makes times of columns that are declared as such; of an
		// expression it leaves the value alone.
		TimeValue: "+%s",
		Pack:      pack,
		Default:   func(e string) string { return "ifnull(" + e + ", '')" },
	}
}

// pack has SQLite join values: for each value that it gets, the driver makes a
// string.
func pack(expressions []string) string {
	return strings.Join(expressions, fmt.Sprintf(" || char(%d) || ", table.Separator))
}

func placeholder(int) string { return "?" }

func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// db is table.DB for SQLite.
type db struct {
	pool  *sql.DB
	place string
}

func (d *db) Query(ctx context.Context, query string, args []any, each func(values [][]byte) error) error {
	return table.QueryDriver(ctx, d.pool, query, args, each)
}

func (d *db) Away(err error) bool {
	e, ok := errors.AsType[*sqlite.Error](err)
	if !ok {
		return false
	}
	switch e.Code() & 0xff {
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN:
		return true
	}
	return false
}

func (d *db) Explain(err error) error {
	e, ok := errors.AsType[*sqlite.Error](err)
	if !ok {
		return err
	}
	s := &source.SetupError{Place: d.place, Problem: "SQLite says: " + e.Error(), Err: err, Remedy: "look at the file with the program sqlite3"}
	switch e.Code() & 0xff {
	case sqlite3.SQLITE_NOTADB:
		s.Problem, s.Remedy = "the file is no SQLite database", "name the file that cel_sqlite3_custom writes, usually /var/log/asterisk/master.db"
	case sqlite3.SQLITE_CORRUPT:
		s.Problem, s.Remedy = "the database file is damaged", "check it with sqlite3 and PRAGMA integrity_check, and restore it from a copy"
	}
	return s
}

func (d *db) Close() error { return d.pool.Close() }
