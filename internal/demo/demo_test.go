package demo_test

import (
	"database/sql"
	"path/filepath"
	"testing"
	"time"

	"ringback/internal/demo"
)

func TestTheTableHasEveryRowAndTheExamples(t *testing.T) {
	path := filepath.Join(t.TempDir(), "cel.db")
	now := time.Date(2026, 11, 25, 15, 30, 0, 0, time.UTC)
	calls, err := demo.Build(t.Context(), path, now)
	if err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", "file:"+path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var rows, disordered int
	if err := db.QueryRow("SELECT count(*) FROM cel").Scan(&rows); err != nil {
		t.Fatal(err)
	}
	if rows != calls.Rows || rows < 5000 {
		t.Errorf("the table has %d rows, Build said %d", rows, calls.Rows)
	}
	// Like a PBX's: ids and times grow together, save for a fraction of a millisecond.
	query := `SELECT count(*) FROM cel a JOIN cel b ON b.id = a.id + 1 WHERE julianday(b.eventtime) < julianday(a.eventtime) - 0.001 / 86400`
	if err := db.QueryRow(query).Scan(&disordered); err != nil {
		t.Fatal(err)
	}
	if disordered > 0 {
		t.Errorf("%d rows are more than a millisecond before the row written before them", disordered)
	}
	for what, id := range map[string]string{"incoming": calls.Incoming, "transferred": calls.Transferred} {
		var found int
		if err := db.QueryRow("SELECT count(*) FROM cel WHERE uniqueid = ?", id).Scan(&found); err != nil {
			t.Fatal(err)
		}
		if found == 0 {
			t.Errorf("the example of a call %s, %q, is not in the table", what, id)
		}
	}
}
