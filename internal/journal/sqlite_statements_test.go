package journal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"testing"
	"time"
)

func TestParametersInOrderLoseTheirNames(t *testing.T) {
	for query, want := range map[string]string{
		`SELECT 1`: `SELECT 1`,
		`INSERT INTO t VALUES ($1,$2),($3,$4) ON CONFLICT DO UPDATE SET a = ''`: `INSERT INTO t VALUES (?,?),(?,?) ON CONFLICT DO UPDATE SET a = ''`,
		`SELECT $1, '$2 ''$9', "$3" -- $4` + "\n" + `, $2 /* $7; */`:            `SELECT ?, '$2 ''$9', "$3" -- $4` + "\n" + `, ? /* $7; */`,
		// Not in order, twice, with parameters of other kinds, or several statements: as they are.
		`SELECT $2, $1`:        `SELECT $2, $1`,
		`SELECT $1, $1`:        `SELECT $1, $1`,
		`SELECT $2`:            `SELECT $2`,
		`SELECT $name`:         `SELECT $name`,
		`SELECT $01`:           `SELECT $01`,
		`SELECT $1, ?`:         `SELECT $1, ?`,
		`SELECT $1, @b, :c`:    `SELECT $1, @b, :c`,
		`SELECT $1; SELECT $1`: `SELECT $1; SELECT $1`,
	} {
		if got := withoutNames(query); got != want {
			t.Errorf("%s\ngives %s\nwant  %s", query, got, want)
		}
	}
}

// onePool is a pool of one connection with a table of the numbers from 1 to 1000.
func onePool(t *testing.T) *sql.DB {
	t.Helper()
	db, err := openPool(dsn(filepath.Join(t.TempDir(), "some.db"), url.Values{}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	db.SetMaxOpenConns(1)
	execute(t, db, `CREATE TABLE t (n integer PRIMARY KEY)`)
	execute(t, db, `WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 1000) INSERT INTO t SELECT n FROM c`)
	return db
}

func execute(t *testing.T, db *sql.DB, query string, args ...any) {
	t.Helper()
	if _, err := db.ExecContext(t.Context(), query, args...); err != nil {
		t.Fatal(err)
	}
}

// keptBy is how many statements the connection keeps, and how many of them are busy.
func keptBy(t *testing.T, db *sql.DB) (kept, busy int) {
	t.Helper()
	conn, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	err = conn.Raw(func(c any) error {
		k, ok := c.(*keepingConn)
		if !ok {
			return errors.New("keeps no statements")
		}
		kept = len(k.kept)
		for _, s := range k.kept {
			if s.busy {
				busy++
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return kept, busy
}

func TestAQueryMayBeAskedAgainWhileItsRowsAreRead(t *testing.T) {
	db := onePool(t)
	const query = `SELECT n FROM t WHERE n > $1 ORDER BY n`
	tx, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	outer, err := tx.QueryContext(t.Context(), query, 10)
	if err != nil {
		t.Fatal(err)
	}
	defer outer.Close()
	for want := 11; want < 15; want++ {
		var n, inner int
		if !outer.Next() {
			t.Fatal(outer.Err())
		}
		if err := errors.Join(outer.Scan(&n), tx.QueryRowContext(t.Context(), query, 500).Scan(&inner)); err != nil {
			t.Fatal(err)
		}
		if n != want || inner != 501 {
			t.Errorf("got %d and %d, want %d and 501", n, inner, want)
		}
	}
	if err := errors.Join(outer.Close(), tx.Rollback()); err != nil {
		t.Fatal(err)
	}
	if _, busy := keptBy(t, db); busy > 0 {
		t.Errorf("%d statements are still busy", busy)
	}
}

func TestAKeptStatementSeesTablesAsTheyAreNow(t *testing.T) {
	db := onePool(t)
	columns := func() int {
		rows, err := db.QueryContext(t.Context(), `SELECT * FROM t`)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		names, err := rows.Columns()
		if err := errors.Join(err, rows.Err()); err != nil {
			t.Fatal(err)
		}
		return len(names)
	}
	before := columns()
	execute(t, db, `ALTER TABLE t ADD COLUMN more text`)
	if after := columns(); before != 1 || after != 2 {
		t.Errorf("%d columns before, %d after", before, after)
	}
}

func TestAStatementThatFailedWorksAgain(t *testing.T) {
	db := onePool(t)
	const insert, count = `INSERT INTO t (n) VALUES ($1)`, `SELECT count(*) FROM t AS a, t AS b, t AS c WHERE a.n + b.n + c.n > $1`
	execute(t, db, insert, 2000)
	if _, err := db.ExecContext(t.Context(), insert, 2000); err == nil {
		t.Fatal("a number was inserted twice")
	}
	execute(t, db, insert, 2001)
	short, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	var n int
	if err := db.QueryRowContext(short, count, 0).Scan(&n); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("a query out of time gives %v", err)
	}
	execute(t, db, insert, 2002)
	if err := db.QueryRowContext(t.Context(), `SELECT count(*) FROM t`).Scan(&n); err != nil || n != 1003 {
		t.Errorf("%d rows, %v", n, err)
	}
}

func TestAConnectionKeepsNoMoreStatementsThanItMay(t *testing.T) {
	db := onePool(t)
	for i := range 3 * keptStatements {
		execute(t, db, fmt.Sprintf(`UPDATE t SET n = n WHERE n = %d`, i))
		execute(t, db, `SELECT 1`)
		execute(t, db, `PRAGMA user_version`)
	}
	if kept, busy := keptBy(t, db); kept != keptStatements || busy != 0 {
		t.Errorf("%d are kept, %d busy", kept, busy)
	}
}
