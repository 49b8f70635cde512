package postgres_test

import (
	"os"
	"strings"
	"testing"

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
	})
}
