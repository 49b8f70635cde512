package mysql_test

import (
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"ringback/internal/cel"
	"ringback/internal/cel/source"
	"ringback/internal/cel/source/sourcetest"
	"ringback/internal/dbtest"
)

func TestMain(m *testing.M) { os.Exit(dbtest.Main(m)) }

var spelling = sourcetest.SQL{
	Key:     "bigint NOT NULL AUTO_INCREMENT PRIMARY KEY",
	Integer: "int",
	ID:      "varchar(150)",
	Text:    "varchar(512)",
	Times: map[sourcetest.TimeForm]string{
		sourcetest.Micros: "datetime(6)", sourcetest.Seconds: "datetime", sourcetest.EpochSeconds: "bigint", sourcetest.EpochMicros: "double",
		sourcetest.TextMicros: "varchar(40)", sourcetest.TextOffset: "varchar(40)", sourcetest.TextSlashes: "varchar(40)", sourcetest.TextEpoch: "varchar(40)",
	},
	Quote:     func(name string) string { return "`" + strings.ReplaceAll(name, "`", "``") + "`" },
	Backslash: true,
}

// create makes a table in a database of its own.
func create(s *dbtest.Server) func(t testing.TB, l sourcetest.Layout) sourcetest.Place {
	return func(t testing.TB, l sourcetest.Layout) sourcetest.Place {
		t.Helper()
		db := s.Database(t)
		db.Exec(t, spelling.CreateTable(l))
		return sourcetest.Place{
			URL:    db.URL + "?table=cel",
			Insert: func(t testing.TB, rows []sourcetest.Row) { db.Exec(t, spelling.Insert(l, rows)) },
			Exec:   func(t testing.TB, statement string) { t.Helper(); db.Exec(t, statement) },
		}
	}
}

func TestMariaDBPassesTheSuite(t *testing.T) {
	sourcetest.Run(t, sourcetest.Backend{
		Create: create(dbtest.MariaDB(t)),
		Times: []sourcetest.TimeForm{
			sourcetest.Micros, sourcetest.Seconds, sourcetest.EpochSeconds, sourcetest.EpochMicros, sourcetest.TextMicros, sourcetest.TextOffset,
			sourcetest.TextSlashes, sourcetest.TextEpoch,
		},
		SQL:        true,
		FastLookup: true,
		Digests:    true,
	})
}

func TestMariaDBServersMayFail(t *testing.T) {
	sourcetest.RunServer(t, sourcetest.Server{
		Start:  dbtest.StartMariaDB,
		Create: create,
		Reader: func(t testing.TB, p sourcetest.Place, name, password string) {
			run(t, p, "CREATE USER "+name+" IDENTIFIED BY '"+password+"'", "GRANT SELECT ON cel TO "+name)
		},
		Nobody: func(t testing.TB, p sourcetest.Place, name, password string) {
			run(t, p, "CREATE USER "+name+" IDENTIFIED BY '"+password+"'", "CREATE TABLE other (v int)", "GRANT SELECT ON other TO "+name)
		},
	})
}

// run runs statements as an administrator.
func run(t testing.TB, p sourcetest.Place, statements ...string) {
	t.Helper()
	db := dbtest.Driver(t, p.URL)
	for _, s := range statements {
		if _, err := db.ExecContext(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
}

func TestALockedTableIsNotWaitedForForEver(t *testing.T) {
	p := create(dbtest.MariaDB(t))(t, sourcetest.Layout{})
	s := sourcetest.Open(t, p, source.Options{QueryTimeout: 250 * time.Millisecond, RetryFor: 400 * time.Millisecond})
	conn, err := dbtest.Driver(t, p.URL).Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.ExecContext(t.Context(), "LOCK TABLES cel WRITE"); err != nil {
		t.Fatal(err)
	}
	err = s.Scan(t.Context(), time.Time{}, time.Time{}, func([]cel.Record) error { return nil })
	if e, ok := errors.AsType[*source.UnavailableError](err); !ok || !strings.Contains(e.Error(), "no answer in time") {
		t.Errorf("scan of a locked table gives %v", err)
	}
	if _, err := conn.ExecContext(t.Context(), "UNLOCK TABLES"); err != nil {
		t.Fatal(err)
	}
	sourcetest.Scan(t, sourcetest.Open(t, p, source.Options{}), time.Time{}, time.Time{})
}
