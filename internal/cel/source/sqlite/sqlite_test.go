package sqlite_test

import (
	"database/sql"
	"path/filepath"
	"strings"
	"testing"

	"ringback/internal/cel/source/sourcetest"
)

// Asterisk declares no types.
var spelling = sourcetest.SQL{
	Key: "INTEGER PRIMARY KEY",
	Times: map[sourcetest.TimeForm]string{
		sourcetest.Seconds: "DATETIME", sourcetest.EpochSeconds: "INTEGER", sourcetest.EpochMicros: "DOUBLE",
	},
	Quote: func(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` },
}

// create makes a table in a file of its own.
func create(t testing.TB, l sourcetest.Layout) sourcetest.Place {
	t.Helper()
	path := filepath.Join(t.TempDir(), "master 100%.db")
	exec := writer(t, path)
	exec(spelling.CreateTable(l))
	return sourcetest.Place{
		URL:    "sqlite://" + strings.NewReplacer(" ", "%20", "%", "%25").Replace(path) + "?table=cel",
		Insert: func(_ testing.TB, rows []sourcetest.Row) { exec(spelling.Insert(l, rows)) },
	}
}

// writer opens a database file as Asterisk does.
func writer(t testing.TB, path string) func(script string) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+strings.NewReplacer("%", "%25").Replace(path))
	if err != nil {
		t.Fatal(err)
	}
	// One connection, so that what a PRAGMA sets holds.
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { db.Close() })
	return func(script string) {
		t.Helper()
		if _, err := db.ExecContext(t.Context(), script); err != nil {
			t.Fatal(err)
		}
	}
}

func TestSQLitePassesTheSuite(t *testing.T) {
	sourcetest.Run(t, sourcetest.Backend{
		Create: create,
		Times: []sourcetest.TimeForm{
			sourcetest.Micros, sourcetest.Seconds, sourcetest.EpochSeconds, sourcetest.EpochMicros, sourcetest.TextOffset, sourcetest.TextSlashes,
			sourcetest.TextEpoch,
		},
		SQL:        true,
		RowIDs:     true,
		FastLookup: true,
	})
}
