package journal

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
)

const (
	// oldestPostgres is the first major version that the journal works on.
	oldestPostgres = 14
	// pgConnections is how many connections a process opens at most, pgLeast how few
	// would leave it waiting for itself: one listens, one holds a lock, others work.
	pgConnections = 16
	pgLeast       = 4
	// pgAnswer is how long the server may take to answer: beyond, it is taken for away.
	pgAnswer = 30 * time.Second
	// pgIdle is how long the server lets a transaction idle: one of a process that
	// was suspended must not hold the others up for ever.
	pgIdle = "60s"
)

// postgresEngine keeps the journal in a schema of a PostgreSQL database, which
// any number of processes share.
type postgresEngine struct {
	pool   *pgxpool.Pool
	shown  string
	schema string
	// pooled says that a PgBouncer gives each transaction another connection: nothing
	// may be kept on one.
	pooled bool
}

func openPostgres(ctx context.Context, u *url.URL, logger *slog.Logger) (*postgresEngine, error) {
	settings, e, err := postgresSettings(u)
	if err != nil {
		return nil, err
	}
	if e.pool, err = pgxpool.NewWithConfig(ctx, settings); err != nil {
		return nil, fmt.Errorf("open the journal %s: %w", e.shown, err)
	}
	if err := e.open(ctx, settings.ConnConfig.RuntimeParams["search_path"], logger); err != nil {
		return nil, errors.Join(fmt.Errorf("open the journal %s: %w", e.shown, explainPostgres(err, e.shown)), e.close())
	}
	return e, nil
}

// postgresSettings reads the URL. Its errors show no password.
func postgresSettings(u *url.URL) (*pgxpool.Config, *postgresEngine, error) {
	address := *u
	query := address.Query()
	mode := query.Get("pool_mode")
	if mode != "" && mode != "session" && mode != "transaction" {
		return nil, nil, fmt.Errorf("pool_mode of the journal's url is %q; set it to session or transaction, as PgBouncer's own pool_mode is", mode)
	}
	e := &postgresEngine{pooled: mode == "transaction"}
	query.Del("pool_mode")
	address.RawQuery = query.Encode()
	settings, err := pgxpool.ParseConfig(address.String())
	if err != nil {
		return nil, nil, fmt.Errorf("the journal's url is %s, which PostgreSQL's rules do not allow; %s", u.Redacted(), urlHint)
	}
	c := settings.ConnConfig
	e.shown = c.Database + " at " + c.Host
	if c.Port != 5432 && !strings.HasPrefix(c.Host, "/") {
		e.shown += fmt.Sprintf(":%d", c.Port)
	}
	if !query.Has("pool_max_conns") {
		settings.MaxConns = pgConnections
	}
	settings.MaxConns = max(settings.MaxConns, pgLeast)
	if c.ConnectTimeout == 0 {
		c.ConnectTimeout = 10 * time.Second
	}
	switch {
	case e.pooled:
		// Descriptions are kept here, statements nowhere. PgBouncer takes no parameters of a session.
		c.DefaultQueryExecMode = pgx.QueryExecModeCacheDescribe
	case c.RuntimeParams["idle_in_transaction_session_timeout"] == "":
		c.RuntimeParams["idle_in_transaction_session_timeout"] = pgIdle
		if c.RuntimeParams["application_name"] == "" {
			c.RuntimeParams["application_name"] = "ringback"
		}
	}
	return settings, e, nil
}

func (e *postgresEngine) open(ctx context.Context, searchPath string, logger *slog.Logger) error {
	if err := e.makeSchema(ctx, searchPath); err != nil {
		return err
	}
	var version int
	var schema *string
	err := e.pool.QueryRow(ctx, `SELECT current_setting('server_version_num')::int, current_schema()::text`).Scan(&version, &schema)
	if err != nil {
		return err
	}
	if major := version / 10000; major < oldestPostgres {
		return fmt.Errorf("it is PostgreSQL %d, and the journal needs %d or newer", major, oldestPostgres)
	}
	if schema == nil {
		return errors.New("no schema of its search_path exists; create one (CREATE SCHEMA ringback AUTHORIZATION …) and name it in the url, ?search_path=ringback")
	}
	e.schema = *schema
	return e.alone(ctx, "migrate", func() error {
		db := stdlib.OpenDBFromPool(e.pool)
		return errors.Join(migrate(ctx, db, "postgres", logger), db.Close())
	})
}

// makeSchema makes the first schema of the search path that the URL names, where
// it is missing.
func (e *postgresEngine) makeSchema(ctx context.Context, searchPath string) error {
	first, _, _ := strings.Cut(searchPath, ",")
	first = strings.TrimSpace(first)
	if quoted := strings.Trim(first, `"`); quoted != first {
		first = quoted
	} else {
		first = strings.ToLower(first) // as PostgreSQL reads it
	}
	if first == "" || first == "$user" {
		return nil
	}
	name := pgx.Identifier{first}.Sanitize()
	there := func() (yes bool, err error) {
		err = e.pool.QueryRow(ctx, `SELECT to_regnamespace($1) IS NOT NULL`, name).Scan(&yes)
		return yes, err
	}
	if found, err := there(); err != nil || found {
		return err
	}
	_, err := e.pool.Exec(ctx, `CREATE SCHEMA `+name)
	if found, _ := there(); err != nil && !found { // another process may have been faster
		return fmt.Errorf("make the schema %s: %w", first, err)
	}
	return nil
}

// alone holds a lock in a transaction of its own, since a lock of a session would be
// lost behind a PgBouncer.
func (e *postgresEngine) alone(ctx context.Context, name string, fn func() error) error {
	return pgx.BeginFunc(ctx, e.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SET LOCAL idle_in_transaction_session_timeout = 0`); err != nil {
			return err
		}
		if err := e.tx(tx).Lock(ctx, name); err != nil {
			return err
		}
		return fn()
	})
}

func (e *postgresEngine) reader() Reader { return postgresReader{e} }
func (e *postgresEngine) native() any    { return e.pool }
func (e *postgresEngine) place() string  { return e.shown }
func (e *postgresEngine) shared() bool   { return true }
func (e *postgresEngine) listens() bool  { return !e.pooled }

// ping writes for good: a server may be up and its disk full, or be a standby.
func (e *postgresEngine) ping(ctx context.Context) error {
	return e.inTx(ctx, func(tx Tx) error {
		_, err := tx.Exec(ctx, `UPDATE journal_pulse SET beat = beat + 1`)
		return err
	})
}

func (e *postgresEngine) size(ctx context.Context) (int64, error) {
	var bytes int64
	err := e.reader().QueryRow(ctx, `SELECT coalesce(sum(pg_total_relation_size(oid)), 0)::bigint FROM pg_class
		WHERE relnamespace = $1::text::regnamespace AND relkind = 'r'`, pgx.Identifier{e.schema}.Sanitize()).Scan(&bytes)
	return bytes, err
}

// shrink does nothing: PostgreSQL's autovacuum makes room by itself.
func (e *postgresEngine) shrink(context.Context) error { return nil }

func (e *postgresEngine) close() error {
	e.pool.Close()
	return nil
}
