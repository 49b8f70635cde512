package journal_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"ringback/internal/dbtest"
	"ringback/internal/journal"
)

// engines give the URL of a new journal each.
var engines = map[string]func(*testing.T) string{
	"SQLite":     func(t *testing.T) string { return "sqlite://" + filepath.Join(t.TempDir(), "state.db") },
	"PostgreSQL": func(t *testing.T) string { return dbtest.PostgreSQL(t).Database(t).URL },
}

func TestAJournalOfANewerVersionIsRefused(t *testing.T) {
	for name, place := range engines {
		t.Run(name, func(t *testing.T) {
			url := place(t)
			t.Run("the newer version", func(t *testing.T) {
				err := openURL(t, url).InTx(t.Context(), func(tx journal.Tx) error {
					_, err := tx.Exec(t.Context(), `INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, $1)`, true)
					return err
				})
				if err != nil {
					t.Fatal(err)
				}
			})
			_, err := journal.Open(t.Context(), journal.Config{URL: url})
			if err == nil || !strings.Contains(err.Error(), "it was written by a newer ringback") {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestEveryEngineHasTheSameMigrations(t *testing.T) {
	names := func(engine string) []string {
		paths, err := filepath.Glob(filepath.Join("migrations", engine, "*.sql"))
		if err != nil || len(paths) == 0 {
			t.Fatal("there are none", err)
		}
		for i, p := range paths {
			paths[i] = filepath.Base(p)
		}
		return paths
	}
	if a, b := names("sqlite"), names("postgres"); !slices.Equal(a, b) {
		t.Errorf("sqlite has %v, postgres %v", a, b)
	}
}
