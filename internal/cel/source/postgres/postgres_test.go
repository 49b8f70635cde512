package postgres_test

import (
	"database/sql"
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
	Key:     "serial PRIMARY KEY",
	Integer: "int",
	ID:      "varchar(150)",
	Text:    "text",
	Times: map[sourcetest.TimeForm]string{
		sourcetest.Micros: "timestamp", sourcetest.Seconds: "timestamp(0)", sourcetest.Instants: "timestamptz", sourcetest.EpochSeconds: "int",
		sourcetest.EpochMicros: "double precision", sourcetest.TextMicros: "text", sourcetest.TextOffset: "text", sourcetest.TextSlashes: "text",
		sourcetest.TextEpoch: "text",
	},
	Quote: func(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` },
}

// create makes a table in a database of its own.
func create(s *dbtest.Server) func(t testing.TB, l sourcetest.Layout) sourcetest.Place {
	return func(t testing.TB, l sourcetest.Layout) sourcetest.Place {
		t.Helper()
		db := s.Database(t)
		db.Exec(t, spelling.CreateTable(l))
		return sourcetest.Place{
			URL:    db.URL + "&table=cel",
			Insert: func(t testing.TB, rows []sourcetest.Row) { db.Exec(t, spelling.Insert(l, rows)) },
			Exec:   func(t testing.TB, statement string) { t.Helper(); db.Exec(t, statement) },
		}
	}
}

func TestPostgreSQLPassesTheSuite(t *testing.T) {
	sourcetest.Run(t, sourcetest.Backend{
		Create: create(dbtest.PostgreSQL(t)),
		Times: []sourcetest.TimeForm{
			sourcetest.Micros, sourcetest.Seconds, sourcetest.Instants, sourcetest.EpochSeconds, sourcetest.EpochMicros, sourcetest.TextMicros,
			sourcetest.TextOffset, sourcetest.TextSlashes, sourcetest.TextEpoch,
		},
		SQL:        true,
		FastLookup: true,
		Digests:    true,
	})
}

func TestPostgreSQLServersMayFail(t *testing.T) {
	sourcetest.RunServer(t, sourcetest.Server{
		Start:  dbtest.StartPostgreSQL,
		Create: create,
		Reader: func(t testing.TB, p sourcetest.Place, name, password string) {
			run(t, p, "CREATE USER "+name+" PASSWORD '"+password+"'", "GRANT SELECT ON cel TO "+name)
		},
		Nobody: func(t testing.TB, p sourcetest.Place, name, password string) {
			run(t, p, "CREATE USER "+name+" PASSWORD '"+password+"'")
		},
	})
}

// plain opens a database as an administrator.
func plain(t testing.TB, p sourcetest.Place) *sql.DB {
	t.Helper()
	address, _, _ := strings.Cut(p.URL, "&table=")
	db, err := sql.Open("pgx", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func run(t testing.TB, p sourcetest.Place, statements ...string) {
	t.Helper()
	db := plain(t, p)
	for _, s := range statements {
		if _, err := db.ExecContext(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
}

func TestALockedTableIsNotWaitedForForEver(t *testing.T) {
	p := create(dbtest.PostgreSQL(t))(t, sourcetest.Layout{})
	s := sourcetest.Open(t, p, source.Options{QueryTimeout: 250 * time.Millisecond, RetryFor: 400 * time.Millisecond})
	tx, err := plain(t, p).BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	if _, err := tx.ExecContext(t.Context(), "LOCK TABLE cel IN ACCESS EXCLUSIVE MODE"); err != nil {
		t.Fatal(err)
	}
	err = s.Scan(t.Context(), time.Time{}, time.Time{}, func([]cel.Record) error { return nil })
	if e, ok := errors.AsType[*source.UnavailableError](err); !ok || !strings.Contains(e.Error(), "no answer in time") {
		t.Errorf("scan of a locked table gives %v", err)
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	sourcetest.Scan(t, sourcetest.Open(t, p, source.Options{}), time.Time{}, time.Time{})
}
