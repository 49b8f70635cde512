package journal_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ringback/internal/journal"
)

func beat(t *testing.T, j *journal.Journal) (n int) {
	t.Helper()
	if err := j.Reader().QueryRow(t.Context(), `SELECT beat FROM journal_pulse`).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestABackupIsMadeWhileTheJournalIsInUse(t *testing.T) {
	dir := t.TempDir()
	path, copied := filepath.Join(dir, "state.db"), filepath.Join(dir, "copy.db")
	j := open(t, path)
	if err := j.Ping(t.Context()); err != nil { // is in the write-ahead log only
		t.Fatal(err)
	}
	if err := journal.BackupSQLite(t.Context(), path, copied); err != nil {
		t.Fatal(err)
	}
	if err := j.Ping(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := beat(t, open(t, copied)); got != 1 {
		t.Errorf("the copy holds %d, want what there was when it was made", got)
	}
	info, err := os.Stat(copied)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the copy's mode is %v (%v)", info.Mode(), err)
	}
	if rest, err := filepath.Glob(filepath.Join(dir, ".ringback-backup-*")); err != nil || len(rest) > 0 {
		t.Errorf("%v is left over (%v)", rest, err)
	}
}

func TestABackupIsMadeWhileNobodyHasTheJournal(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.db")
	t.Run("make one", func(t *testing.T) { open(t, path) })
	if err := journal.BackupSQLite(t.Context(), path, path+".copy"); err != nil {
		t.Fatal(err)
	}
	open(t, path+".copy")
}

func TestABackupOverwritesNothingAndSaysWhatIsMissing(t *testing.T) {
	dir := t.TempDir()
	path, taken := filepath.Join(dir, "state.db"), filepath.Join(dir, "taken")
	open(t, path)
	if err := os.WriteFile(taken, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct{ from, to, want string }{
		"a file that exists": {path, taken, "exists already"},
		"no such journal":    {filepath.Join(dir, "none"), filepath.Join(dir, "copy"), "there is no journal to back up"},
		"no such directory":  {path, filepath.Join(dir, "none", "copy"), "make the backup"},
	} {
		if err := journal.BackupSQLite(t.Context(), test.from, test.to); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want %q", name, err, test.want)
		}
	}
}

func TestAFileThatWasTidiedGetsSmaller(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.db")
	j := open(t, path)
	fill := func(statement string, args ...any) {
		err := j.InTx(t.Context(), func(tx journal.Tx) error {
			_, err := tx.Exec(t.Context(), statement, args...)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	pages := func() (n int) {
		if err := j.Reader().QueryRow(t.Context(), `PRAGMA page_count`).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	fill(`INSERT INTO call_ids (pbx, alias, call_id) VALUES ('main', $1, '1.1')`, strings.Repeat("x", 4<<20))
	before := pages()
	fill(`DELETE FROM call_ids`)
	if _, err := j.Tidy(t.Context(), journal.Keep{}, time.Unix(0, 0)); err != nil {
		t.Fatal(err)
	}
	if after := pages(); after > before/2 {
		t.Errorf("of %d pages %d are left", before, after)
	}
}
