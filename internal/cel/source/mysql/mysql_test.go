package mysql_test

import (
	"errors"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"ringback/internal/cel"
	"ringback/internal/cel/source"
	"ringback/internal/cel/source/sourcetest"
	"ringback/internal/celgen"
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
	db := plain(t, p.URL)
	for _, s := range statements {
		if _, err := db.ExecContext(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
}

func TestALockedTableIsNotWaitedForForEver(t *testing.T) {
	p := create(dbtest.MariaDB(t))(t, sourcetest.Layout{})
	s := sourcetest.Open(t, p, source.Options{QueryTimeout: 50 * time.Millisecond, RetryFor: 200 * time.Millisecond})
	conn, err := plain(t, p.URL).Conn(t.Context())
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
	sourcetest.Scan(t, s, time.Time{}, time.Time{})
}

// TestADayOfNinetyCostsADay counts the rows that the server reads, on FreePBX's table,
// which has no index on eventtime.
func TestADayOfNinetyCostsADay(t *testing.T) {
	place := dbtest.MariaDB(t).Database(t)
	begin := time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC)
	config := celgen.Config{Calls: 20_000, Start: begin, Days: 90, Seed: 3}
	if err := celgen.LoadFreePBX(t.Context(), plain(t, place.URL), celgen.Records(config), time.UTC); err != nil {
		t.Fatal(err)
	}
	s := sourcetest.Open(t, sourcetest.Place{URL: place.URL}, source.Options{})
	rowsRead := func() int {
		sum := 0
		for line := range strings.Lines(place.Exec(t, "SHOW GLOBAL STATUS LIKE 'Handler_read%'")) {
			name, value, _ := strings.Cut(strings.TrimSpace(line), "\t")
			n, err := strconv.Atoi(value)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.HasSuffix(name, "_deleted") && !strings.HasSuffix(name, "_retry") {
				sum += n
			}
		}
		return sum
	}
	for _, day := range []int{0, 1, 44, 88, 89} {
		from := begin.AddDate(0, 0, day)
		before := rowsRead()
		got := sourcetest.Scan(t, s, from, from.AddDate(0, 0, 1))
		own := 0
		for _, r := range got {
			if !r.Time().Before(from) && r.Time().Before(from.AddDate(0, 0, 1)) {
				own++
			}
		}
		read := rowsRead() - before
		t.Logf("day %d has %d rows, %d were read, %d handed over", day, own, read, len(got))
		// Two edges: a bisection of about twenty probes, and a margin each.
		if most := own + 2*256 + 100; read > most {
			t.Errorf("day %d has %d rows, but %d were read, want at most %d", day, own, read, most)
		}
	}
	if got := place.Exec(t, "SELECT count(*) FROM cel"); len(got) < 6 {
		t.Errorf("the table holds only %s rows", got)
	}
}
