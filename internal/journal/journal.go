package journal

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
)

// ErrNotFound says that the journal holds no such call or run.
var ErrNotFound = errors.New("not in the journal")

// Config says where the journal is kept.
type Config struct {
	// URL is sqlite:///path/to/state.db or postgres://user:password@host/database.
	// The latter takes PostgreSQL's own parameters; search_path names the schema, which is
	// made where it is missing; pool_mode=transaction says that a PgBouncer in that
	// mode stands between.
	URL string
	// Logger is told of migrations; nil means none.
	Logger *slog.Logger
}

// Journal is an open journal. Its methods may be called from several
// goroutines.
type Journal struct {
	engine engine
}

// engine is a database that can keep the journal.
type engine interface {
	// reader is for queries outside a transaction; they never wait for a writer.
	reader() Reader
	inTx(ctx context.Context, fn func(Tx) error) error
	// alone runs fn while no other process that shares the database runs one of the same name.
	alone(ctx context.Context, name string, fn func() error) error
	// native is the pool that writes: *sql.DB on SQLite, *pgxpool.Pool on PostgreSQL.
	native() any
	// shared says that other processes may have the database open too; listens, that they can be notified.
	shared() bool
	listens() bool
	// shrink gives free space back to the system, a little at a time.
	shrink(ctx context.Context) error
	ping(ctx context.Context) error
	size(ctx context.Context) (int64, error)
	// place names the database for people, without a password.
	place() string
	close() error
}

const urlHint = "write it as sqlite:///var/lib/ringback/state.db, or postgres://user:password@host/database"

// Open opens the journal, creates it where there is none, and brings its
// tables up to date. A SQLite file belongs to one process: a second one gets an
// *InUseError. A PostgreSQL database serves any number of processes.
func Open(ctx context.Context, config Config) (*Journal, error) {
	if config.Logger == nil {
		config.Logger = slog.New(slog.DiscardHandler)
	}
	u, err := url.Parse(config.URL)
	if err != nil {
		return nil, errors.New("the journal's url cannot be read; " + urlHint) // the error would show a password
	}
	var e engine
	switch {
	case u.Scheme == "postgres" || u.Scheme == "postgresql":
		e, err = openPostgres(ctx, u, config.Logger)
	case u.Scheme == "sqlite" && u.Host == "" && u.Path != "" && u.RawQuery == "":
		e, err = openSQLite(ctx, u.Path, config.Logger)
	default:
		return nil, fmt.Errorf("the journal's url is %s; %s", u.Redacted(), urlHint)
	}
	if err != nil {
		return nil, err
	}
	return &Journal{engine: e}, nil
}

// InTx runs fn in one transaction that writes. When fn returns an error,
// nothing of it is kept. On SQLite there is one such transaction at a time: keep
// it well below 50 ms. On PostgreSQL each statement sees what others committed before it
// (read committed), and fn may run several times, since transactions that got in each
// other's way are repeated.
func (j *Journal) InTx(ctx context.Context, fn func(Tx) error) error {
	return j.engine.inTx(ctx, fn)
}

// Reader asks the journal outside a transaction.
func (j *Journal) Reader() Reader { return j.engine.reader() }

// Alone runs fn while no other process that shares the journal runs one of the
// same name; those wait.
func (j *Journal) Alone(ctx context.Context, name string, fn func() error) error {
	return j.engine.alone(ctx, name, fn)
}

// Native is the engine's pool that writes (*sql.DB on SQLite, *pgxpool.Pool on
// PostgreSQL), for the job queue, which lives in the same database.
func (j *Journal) Native() any { return j.engine.native() }

// Shared says that other processes may have the journal open too.
func (j *Journal) Shared() bool { return j.engine.shared() }

// Listens says that processes can notify each other through the database.
func (j *Journal) Listens() bool { return j.engine.listens() }

// Place names the journal's database for people.
func (j *Journal) Place() string { return j.engine.place() }

// Ping says whether the journal can be read and written just now.
func (j *Journal) Ping(ctx context.Context) error { return j.engine.ping(ctx) }

// Close lets go of the database. Whoever uses the journal must have stopped.
func (j *Journal) Close() error { return j.engine.close() }
