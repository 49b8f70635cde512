// Package mysql reads CEL from MySQL and MariaDB (cel_odbc, FreePBX).
package mysql

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"

	"ringback/internal/cel/source"
	"ringback/internal/cel/source/table"
)

const (
	dialTimeout = 10 * time.Second
	// maxConns bounds what one source asks of the PBX's server.
	maxConns = 4
	// idleTime is less than any server's wait_timeout.
	idleTime = time.Minute
)

// Open opens mysql://user:password@host:3306/asteriskcdrdb?table=cel.
// With ?socket=/run/mysqld/mysqld.sock the server's socket is used; tls= is
// true, skip-verify or preferred.
func Open(ctx context.Context, u *url.URL, opts source.Options) (source.Source, error) {
	cfg, name, err := config(u)
	if err != nil {
		return nil, err
	}
	place := fmt.Sprintf("mysql %s %s.%s", cfg.Addr, cfg.DBName, name)
	connector, err := mysql.NewConnector(cfg)
	if err != nil {
		return nil, &source.SetupError{Place: place, Problem: "the address cannot be used: " + err.Error(), Remedy: "tls is true, skip-verify or preferred", Err: err}
	}
	pool := sql.OpenDB(readOnly{connector})
	pool.SetMaxOpenConns(maxConns)
	pool.SetConnMaxIdleTime(idleTime)
	d := &db{pool: pool, place: place, user: cfg.User, database: cfg.DBName, table: name}
	return table.Open(ctx, d, place, d.schema, dialect(), opts)
}

// config reads the address.
func config(u *url.URL) (cfg *mysql.Config, table string, err error) {
	if err := source.CheckParameters(u, "table", "socket", "tls"); err != nil {
		return nil, "", err
	}
	q := u.Query()
	cfg = mysql.NewConfig()
	cfg.User = u.User.Username()
	cfg.Passwd, _ = u.User.Password()
	cfg.DBName = strings.Trim(u.Path, "/")
	if cfg.DBName == "" {
		return nil, "", errors.New("the mysql address names no database; write it like mysql://user:password@host:3306/asteriskcdrdb?table=cel")
	}
	cfg.Net, cfg.Addr = "tcp", net.JoinHostPort(or(u.Hostname(), "127.0.0.1"), or(u.Port(), "3306"))
	if socket := q.Get("socket"); socket != "" {
		cfg.Net, cfg.Addr = "unix", socket
	}
	cfg.TLSConfig = q.Get("tls")
	cfg.Timeout = dialTimeout
	// One round trip a query, and the text protocol, in which times and
	// numbers come as they are shown.
	cfg.InterpolateParams = true
	// Else, where the server is set so, the first query begins a transaction that
	// nobody ends, and that keeps the table from being changed.
	cfg.Params = map[string]string{"autocommit": "1"}
	cfg.Logger = &mysql.NopLogger{}
	cfg.DialFunc = dial
	if err := cfg.Apply(mysql.Charset("utf8mb4", "")); err != nil {
		return nil, "", err
	}
	return cfg, source.TableName(u), nil
}

func or(value, otherwise string) string {
	if value == "" {
		return otherwise
	}
	return value
}

// readOnly makes connections on which every transaction is read-only, and sees
// what is committed by then.
type readOnly struct{ driver.Connector }

func (r readOnly) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := r.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	execer, ok := conn.(driver.ExecerContext)
	if !ok {
		return nil, errors.Join(fmt.Errorf("the driver %T takes no statements", conn), conn.Close())
	}
	_, err = execer.ExecContext(ctx, "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED, READ ONLY", nil)
	// MariaDB 5.5, which FreePBX 14 and 15 run on, cannot do that yet.
	if e, ok := errors.AsType[*mysql.MySQLError](err); err != nil && (!ok || e.Number != syntaxError) {
		return nil, errors.Join(err, conn.Close())
	}
	return conn, nil
}

// db is table.DB for MySQL.
type db struct {
	pool                         *sql.DB
	place, user, database, table string
}

func dialect() table.Dialect {
	return table.Dialect{
		Quote:       quote,
		Placeholder: placeholder,
		Key:         placeholder,
		Remedy:      remedy,
		Pack:        pack,
		Default:     func(e string) string { return "IFNULL(" + e + ", '')" },
		Digest:      digest,
	}
}

// digest sums the rows' checksums (32 bits each), key and values, weighed by the keys: without, values that change places
// would cancel out.
func digest(key string, expressions []string) string {
	return fmt.Sprintf("SUM(CRC32(%s) * (%s %% 65521 + 1))", pack(append([]string{key}, expressions...)), key)
}

// pack has the server join values: for each value that it gets, the driver takes
// some memory, and the server some time.
func pack(expressions []string) string {
	return fmt.Sprintf("CONCAT_WS(X'%02X', %s)", table.Separator, strings.Join(expressions, ", "))
}

func placeholder(int) string { return "?" }

func quote(name string) string { return "`" + strings.ReplaceAll(name, "`", "``") + "`" }

func (d *db) Query(ctx context.Context, query string, args []any, each func(values [][]byte) error) error {
	return table.QueryDriver(ctx, d.pool, query, args, each)
}

func (d *db) Close() error { return d.pool.Close() }
