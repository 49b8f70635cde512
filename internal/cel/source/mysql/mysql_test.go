package mysql_test

import (
	"os"
	"strings"
	"testing"

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
