package jobs

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"
	"github.com/riverqueue/river/rivertype"

	"ringback/internal/journal"
)

// engine is River on the database of the journal.
type engine interface {
	migrate(ctx context.Context, logger *slog.Logger) error
	client(config *river.Config) (queue, error)
}

// queue is a client of River, whatever its transactions are.
type queue interface {
	Start(ctx context.Context) error
	Stop(ctx context.Context) error
	JobList(ctx context.Context, params *river.JobListParams) (*river.JobListResult, error)
	JobCancel(ctx context.Context, id int64) (*rivertype.JobRow, error)
	insert(ctx context.Context, tx journal.Tx, jobs []river.InsertManyParams) error
}

// engineOf finds the engine for a journal, and what is its own there.
func engineOf(j *journal.Journal) (engine, habits, error) {
	native := j.Native()
	if db, ok := native.(*sql.DB); ok {
		return on(riversqlite.New(db)), onSQLite, nil
	}
	if driver, ok := fits(riverpgxv5.New, native); ok {
		h := onPostgreSQL
		h.pollOnly = !j.Listens()
		return on(driver), h, nil
	}
	return nil, habits{}, fmt.Errorf("the queue cannot work on %s", j.Place())
}

// habits are what differs between the engines beyond the driver.
type habits struct {
	recovery
	// poll is how often a queue looks for work that nobody told it of.
	poll time.Duration
	// pollOnly says that the processes cannot notify each other.
	pollOnly bool
}

var (
	onSQLite     = habits{recovery: sqliteRecovery, poll: 250 * time.Millisecond}
	onPostgreSQL = habits{recovery: postgresRecovery, poll: time.Second}
)

// fits makes a driver if pool is of the type that it takes, which this package
// need not know.
func fits[P, D any](driver func(P) D, pool any) (D, bool) {
	if p, ok := pool.(P); ok {
		return driver(p), true
	}
	return *new(D), false
}

func on[T any](driver riverdriver.Driver[T]) engine { return driven[T]{driver} }

// driven is an engine whose transactions are of type T.
type driven[T any] struct{ driver riverdriver.Driver[T] }

func (d driven[T]) migrate(ctx context.Context, logger *slog.Logger) error {
	migrator, err := rivermigrate.New(d.driver, &rivermigrate.Config{Logger: logger})
	if err != nil {
		return err
	}
	_, err = migrator.Migrate(ctx, rivermigrate.DirectionUp, nil)
	return err
}

func (d driven[T]) client(config *river.Config) (queue, error) {
	c, err := river.NewClient(d.driver, config)
	return drivenClient[T]{c}, err
}

type drivenClient[T any] struct{ *river.Client[T] }

func (c drivenClient[T]) insert(ctx context.Context, tx journal.Tx, jobs []river.InsertManyParams) error {
	native, ok := tx.Native().(T)
	if !ok {
		return fmt.Errorf("the queue cannot join a transaction that is %T", tx.Native())
	}
	_, err := c.InsertManyTx(ctx, native, jobs)
	return err
}
