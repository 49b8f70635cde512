package sqlite_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ringback/internal/cel"
	"ringback/internal/cel/source"
	"ringback/internal/cel/source/open"
	"ringback/internal/cel/source/sourcetest"
)

// asteriskTable is what cel_sqlite3_custom makes, with the linkedid that its sample
// lacks.
const asteriskTable = `CREATE TABLE cel (AcctId INTEGER PRIMARY KEY, eventtype, eventtime, cidname, cidnum, channame, uniqueid, linkedid, userdeftype, eventextra)`

func insert(i int) string {
	return fmt.Sprintf(`INSERT INTO cel (eventtype, eventtime, uniqueid, linkedid) VALUES ('ANSWER', '%d.000001', '%d.1', '%d.1');`, 1795410647+i, i, i)
}

func TestAFileIsReadWhileAsteriskWritesToIt(t *testing.T) {
	for _, mode := range []string{"DELETE", "WAL"} {
		path := filepath.Join(t.TempDir(), "master.db")
		exec := writer(t, path)
		// As in cel_sqlite3_custom.conf.
		exec("PRAGMA busy_timeout = 1000; PRAGMA journal_mode = " + mode)
		exec(asteriskTable)
		var script strings.Builder
		for i := range 9000 {
			script.WriteString(insert(i))
		}
		exec("BEGIN;" + script.String() + "COMMIT")
		s := sourcetest.Open(t, sourcetest.Place{URL: "sqlite://" + path}, source.Options{})
		n := 0
		err := s.Scan(t.Context(), time.Time{}, time.Time{}, func(batch []cel.Record) error {
			exec(insert(9000 + n/1000))
			n += len(batch)
			return nil
		})
		// What is written while the last rows are handed over is for the next scan.
		if err != nil || n < 9009 || n > 9020 {
			t.Errorf("%s: scan gave %d records, error %v", mode, n, err)
		}
		if d := s.Description(); d.Key != "AcctId" || d.FastLookup {
			t.Errorf("%s: %+v", mode, d)
		}
	}
}

func TestFilesThatCannotBeReadAreRefused(t *testing.T) {
	dir := t.TempDir()
	text := filepath.Join(dir, "text.db")
	if err := os.WriteFile(text, []byte(strings.Repeat("no database ", 1000)), 0o644); err != nil {
		t.Fatal(err)
	}
	old := filepath.Join(dir, "sample.db")
	writer(t, old)(`CREATE TABLE cel (AcctId INTEGER PRIMARY KEY, eventtype, eventtime, uniqueid, userdeftype, eventextra)`)
	for path, word := range map[string]string{text: "no SQLite database", old: "${CHANNEL(linkedid)}"} {
		_, err := open.Open(t.Context(), "sqlite://"+path, source.Options{})
		if e, ok := errors.AsType[*source.SetupError](err); !ok || !strings.Contains(e.Error(), word) {
			t.Errorf("%s gives %v", filepath.Base(path), err)
		}
	}
	_, err := open.Open(t.Context(), "sqlite://"+dir+"/nowhere.db", source.Options{})
	if _, ok := errors.AsType[*source.UnavailableError](err); !ok {
		t.Errorf("a file that is not there gives %v", err)
	}
	if _, err := os.Stat(dir + "/nowhere.db"); !errors.Is(err, os.ErrNotExist) {
		t.Error("the file was made")
	}
}
