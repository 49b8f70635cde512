package journal

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"regexp"
	"strconv"

	"modernc.org/sqlite"
)

// keptStatements is how many prepared statements a connection keeps: about as many as
// the program uses again and again.
const keptStatements = 100

// openPool opens a pool whose connections keep their prepared statements: to
// prepare one takes SQLite longer than to carry it out.
func openPool(name string) (*sql.DB, error) {
	plain, err := sqlite.NewConnector(name)
	if err != nil {
		return nil, err
	}
	return sql.OpenDB(keepingConnector{plain}), nil
}

type keepingConnector struct{ driver.Connector }

func (c keepingConnector) Connect(ctx context.Context) (driver.Conn, error) {
	plain, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	conn, ok := plain.(sqliteConn)
	if !ok {
		return nil, errors.Join(errors.New("the SQLite driver's connections lack a method"), plain.Close())
	}
	return &keepingConn{sqliteConn: conn, kept: map[string]*keptStatement{}}, nil
}

// sqliteConn and sqliteStatement are what the driver offers to database/sql.
type (
	sqliteConn interface {
		driver.Conn
		driver.ConnBeginTx
		driver.ConnPrepareContext
		driver.ExecerContext
		driver.QueryerContext
		driver.Pinger
		driver.SessionResetter
		driver.Validator
	}
	sqliteStatement interface {
		driver.Stmt
		driver.StmtExecContext
		driver.StmtQueryContext
	}
)

// keepingConn keeps statements by their text; SQLite itself prepares one again when
// tables have changed. database/sql lets one goroutine at a time use a
// connection and the rows it gave.
type keepingConn struct {
	sqliteConn

	kept  map[string]*keptStatement
	clock int64 // counts uses
}

type keptStatement struct {
	sqliteStatement

	query string
	busy  bool  // its rows are being read
	used  int64 // when last, by the connection's clock
}

func (c *keepingConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	s, err := c.statement(ctx, query)
	if err != nil {
		return nil, err
	}
	if s == nil {
		return c.sqliteConn.ExecContext(ctx, query, args)
	}
	result, err := s.ExecContext(ctx, args)
	if err != nil {
		c.drop(s)
	}
	return result, err
}

func (c *keepingConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	s, err := c.statement(ctx, query)
	if err != nil {
		return nil, err
	}
	if s == nil {
		return c.sqliteConn.QueryContext(ctx, query, args)
	}
	rows, err := s.QueryContext(ctx, args)
	if err != nil {
		c.drop(s)
		return nil, err
	}
	s.busy = true
	return &keptRows{rows, c, s}, nil
}

// Close closes the statements first; the connection would outlive itself otherwise.
func (c *keepingConn) Close() error {
	for _, s := range c.kept {
		c.drop(s)
	}
	return c.sqliteConn.Close()
}

// lasting are statements that may be kept. A PRAGMA may take effect when it is
// prepared, and what changes tables comes once.
var lasting = regexp.MustCompile(`^(?:\s|--[^\n]*\n)*(?i:SELECT|INSERT|UPDATE|DELETE|WITH)\b`)

// statement returns the statement of a query; nil when it must not be kept, or when
// its rows are just being read.
func (c *keepingConn) statement(ctx context.Context, query string) (*keptStatement, error) {
	c.clock++
	if s := c.kept[query]; s != nil {
		if s.busy {
			return nil, nil //nolint:nilnil // no statement is no error
		}
		s.used = c.clock
		return s, nil
	}
	if !lasting.MatchString(query) {
		return nil, nil //nolint:nilnil // no statement is no error
	}
	prepared, err := c.PrepareContext(ctx, withoutNames(query))
	if err != nil {
		return nil, err
	}
	plain, ok := prepared.(sqliteStatement)
	if !ok {
		return nil, errors.Join(errors.New("the SQLite driver's statements lack a method"), prepared.Close())
	}
	c.makeRoom()
	s := &keptStatement{sqliteStatement: plain, query: query, used: c.clock}
	c.kept[query] = s
	return s, nil
}

// makeRoom drops the statement that was not used for longest.
func (c *keepingConn) makeRoom() {
	if len(c.kept) < keptStatements {
		return
	}
	var oldest *keptStatement
	for _, s := range c.kept {
		if !s.busy && (oldest == nil || s.used < oldest.used) {
			oldest = s
		}
	}
	if oldest != nil {
		c.drop(oldest)
	}
}

// drop forgets a statement. Closing it repeats the error of its last use, which
// was reported then.
func (c *keepingConn) drop(s *keptStatement) {
	delete(c.kept, s.query)
	_ = s.Close()
}

// keptRows give their statement back when they are closed.
type keptRows struct {
	driver.Rows

	conn      *keepingConn
	statement *keptStatement
}

func (r *keptRows) Close() error {
	err := r.Rows.Close()
	r.statement.busy = false
	if err != nil {
		r.conn.drop(r.statement)
	}
	return err
}

// marks are the parameters of a query, and what may look like one but is none.
var marks = regexp.MustCompile(`'[^']*'|"[^"]*"|--[^\n]*|/\*(?s:.*?)\*/|[;?@:]|\$\w*`)

// withoutNames makes $1, $2 … a plain ? each where they stand in this order:
// to SQLite they are names, and it looks each up among all the others, which in a statement
// of many rows takes longer than everything else. Any other query stays as it is.
func withoutNames(query string) string {
	wanted, ordered := 1, true
	plain := marks.ReplaceAllStringFunc(query, func(mark string) string {
		switch mark[0] {
		case '\'', '"', '-', '/':
			return mark
		case '$':
			ordered = ordered && mark[1:] == strconv.Itoa(wanted)
			wanted++
			return "?"
		}
		ordered = false
		return mark
	})
	if !ordered {
		return query
	}
	return plain
}
