// Package postgres reads CEL from PostgreSQL (cel_pgsql, cel_odbc, Wazo).
package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"ringback/internal/cel/source"
	"ringback/internal/cel/source/table"
)

const (
	dialTimeout = 10 * time.Second
	// maxConns bounds what one source asks of the PBX's server.
	maxConns = 4
	idleTime = time.Minute
)

// Open opens postgres://user:password@host:5432/asterisk?table=cel. The table may
// be schema.table. sslmode and sslrootcert mean what they mean to libpq.
func Open(ctx context.Context, u *url.URL, opts source.Options) (source.Source, error) {
	if err := source.CheckParameters(u, "table", "sslmode", "sslrootcert", "host"); err != nil {
		return nil, err
	}
	name := source.TableName(u)
	cfg, err := config(u)
	if err != nil {
		return nil, err
	}
	place := fmt.Sprintf("postgres %s:%d %s table %s", cfg.Host, cfg.Port, cfg.Database, name)
	pool := stdlib.OpenDB(*cfg, stdlib.OptionAfterConnect(func(ctx context.Context, conn *pgx.Conn) error {
		return conn.PgConn().Exec(ctx, "SET default_transaction_read_only = on").Close()
	}))
	pool.SetMaxOpenConns(maxConns)
	pool.SetConnMaxIdleTime(idleTime)
	d := &db{pool: pool, place: place, user: cfg.User, table: name}
	return table.Open(ctx, d, place, d.schema, dialect(), opts)
}

// config reads the address. Times are to come in ISO 8601, those with a zone
// in UTC.
func config(u *url.URL) (*pgx.ConnConfig, error) {
	plain := *u
	plain.Scheme = "postgres"
	q := plain.Query()
	q.Del("table")
	plain.RawQuery = q.Encode()
	cfg, err := pgx.ParseConfig(plain.String())
	if err != nil {
		return nil, errors.New("the postgres address cannot be used; write it like postgres://user:password@host:5432/asterisk?table=cel&sslmode=prefer")
	}
	if strings.Trim(u.Path, "/") == "" {
		return nil, errors.New("the postgres address names no database; write it like postgres://user:password@host:5432/asterisk?table=cel")
	}
	cfg.ConnectTimeout = dialTimeout
	cfg.RuntimeParams["timezone"] = "UTC"
	cfg.RuntimeParams["datestyle"] = "ISO"
	cfg.RuntimeParams["application_name"] = "ringback"
	return cfg, nil
}

// db is table.DB for PostgreSQL.
type db struct {
	pool               *sql.DB
	place, user, table string
}

func dialect() table.Dialect {
	return table.Dialect{
		Quote:       quote,
		Placeholder: func(n int) string { return "$" + strconv.Itoa(n) },
		Key:         func(n int) string { return "$" + strconv.Itoa(n) + "::bigint" },
		Remedy:      remedy,
		Default:     func(e string) string { return "coalesce(" + e + "::text, '')" },
		Digest:      digest,
	}
}

// digest sums checksums of 64 bits, each made of a row's key and values. The server has the
// function since version 11.
func digest(key string, expressions []string) string {
	return fmt.Sprintf("sum(hashtextextended(concat_ws(chr(%d), %s, %s), 0))", table.Separator, key, strings.Join(expressions, ", "))
}

func quote(name string) string { return pgx.Identifier{name}.Sanitize() }

// Query takes values as the server writes them as text, which is how they are
// wanted, and cheaper than any conversion.
func (d *db) Query(ctx context.Context, query string, args []any, each func(values [][]byte) error) error {
	conn, err := d.pool.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }() // it goes back to the pool
	return conn.Raw(func(dc any) error {
		c, ok := dc.(*stdlib.Conn)
		if !ok {
			return fmt.Errorf("the driver %T is not pgx", dc)
		}
		rows := c.Conn().PgConn().ExecParams(ctx, query, textValues(args), nil, nil, nil)
		for rows.NextRow() {
			if err := each(rows.Values()); err != nil {
				_, closeErr := rows.Close()
				return errors.Join(err, closeErr)
			}
		}
		_, err := rows.Close()
		return err
	})
}

func textValues(args []any) [][]byte {
	values := make([][]byte, len(args))
	for i, arg := range args {
		// An empty text must not be nil, which is NULL.
		values[i] = fmt.Append([]byte{}, arg)
	}
	return values
}

func (d *db) Close() error { return d.pool.Close() }
