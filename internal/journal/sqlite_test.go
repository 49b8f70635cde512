package journal_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"ringback/internal/dbtest"
	"ringback/internal/journal"
	"ringback/internal/journal/journaltest"
)

func TestMain(m *testing.M) {
	if path := os.Getenv("JOURNAL_TEST_HOLD"); path != "" {
		if err := hold(path); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	code := dbtest.Main(m)
	if err := goleak.Find(); code == 0 && err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// hold opens a journal as another process would, says so, and keeps it until
// its standard input ends or it is killed.
func hold(path string) error {
	j, err := journal.Open(context.Background(), journal.Config{URL: "sqlite://" + path})
	if err != nil {
		return err
	}
	fmt.Println("open")
	_, err = io.Copy(io.Discard, os.Stdin)
	return errors.Join(err, j.Close())
}

func open(t *testing.T, path string) *journal.Journal {
	t.Helper()
	j, err := journal.Open(t.Context(), journal.Config{URL: "sqlite://" + path})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := j.Close(); err != nil {
			t.Error(err)
		}
	})
	return j
}

func TestTheJournalOnSQLite(t *testing.T) {
	journaltest.Exercise(t, func(t *testing.T) *journal.Journal {
		return open(t, filepath.Join(t.TempDir(), "state.db"))
	})
}

func TestASecondProcessIsToldWhoHasTheJournal(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.db")
	other := exec.Command(os.Args[0])
	other.Env = append(os.Environ(), "JOURNAL_TEST_HOLD="+path)
	in, err := other.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	out, err := other.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := other.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := out.Read(make([]byte, 5)); err != nil {
		t.Fatal(err)
	}
	_, err = journal.Open(t.Context(), journal.Config{URL: "sqlite://" + path})
	inUse, ok := errors.AsType[*journal.InUseError](err)
	if !ok || inUse.PID != other.Process.Pid {
		t.Errorf("opening a journal of process %d gives: %v", other.Process.Pid, err)
	}
	if err := other.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := other.Wait(); err == nil {
		t.Error("the other process ended well, though it was killed")
	}
	open(t, path) // the lock died with its process
}

func TestTheSameFileByAnotherNameIsInUseToo(t *testing.T) {
	dir := t.TempDir()
	open(t, filepath.Join(dir, "state.db"))
	if err := os.Symlink(filepath.Join(dir, "state.db"), filepath.Join(dir, "alias.db")); err != nil {
		t.Fatal(err)
	}
	_, err := journal.Open(t.Context(), journal.Config{URL: "sqlite://" + filepath.Join(dir, "alias.db")})
	if _, ok := errors.AsType[*journal.InUseError](err); !ok {
		t.Errorf("got %v", err)
	}
}

func TestAJournalIsForItsOwnerOnly(t *testing.T) {
	path := filepath.Join(t.TempDir(), "deeper", "a #?%dir", "state.db")
	u := strings.NewReplacer("%", "%25", "#", "%23", "?", "%3F").Replace(path)
	open(t, u)
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("its mode is %v", info.Mode())
	}
}

func TestWhatCannotBeOpenedIsRefusedClearly(t *testing.T) {
	text := filepath.Join(t.TempDir(), "notes.txt")
	if err := os.WriteFile(text, []byte(strings.Repeat("no database ", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	for url, want := range map[string]string{
		"mysql://user:secret@host/db": "write it as sqlite:///var/lib/ringback/state.db",
		"sqlite://state.db":           "write it as sqlite:///var/lib/ringback/state.db",
		"sqlite://":                   "write it as sqlite:///var/lib/ringback/state.db",
		"sqlite://" + text:            "is no ringback journal",
	} {
		_, err := journal.Open(t.Context(), journal.Config{URL: url})
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s gives %v, want %q", url, err, want)
		}
	}
}

// Without FULL (https://www.sqlite.org/pragma.html#pragma_synchronous), SQLite may forget in a
// power cut what it has committed last.
func TestWhatIsCommittedOutlivesAPowerCut(t *testing.T) {
	const full = 2
	j := open(t, filepath.Join(t.TempDir(), "state.db"))
	err := j.InTx(t.Context(), func(tx journal.Tx) error {
		var level int
		if err := tx.QueryRow(t.Context(), `PRAGMA synchronous`).Scan(&level); err != nil {
			return err
		}
		if level != full {
			t.Errorf("synchronous is %d, want %d", level, full)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestReadersDoNotWaitForTheWriter(t *testing.T) {
	j := open(t, filepath.Join(t.TempDir(), "state.db"))
	err := j.InTx(t.Context(), func(tx journal.Tx) error {
		if _, err := tx.Exec(t.Context(), `UPDATE journal_pulse SET beat = 7`); err != nil {
			return err
		}
		_, err := j.Runs(t.Context(), 10, "")
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func TestAFullDiskIsSaidInWordsAndHarmsNothing(t *testing.T) {
	j := open(t, filepath.Join(t.TempDir(), "state.db"))
	fill := func() error {
		return j.InTx(t.Context(), func(tx journal.Tx) error {
			_, err := tx.Exec(t.Context(), `INSERT INTO call_ids (pbx, alias, call_id) VALUES ('main', $1, '1.1')`, strings.Repeat("x", 1<<20))
			return err
		})
	}
	limit := func(pages string) {
		if err := j.InTx(t.Context(), func(tx journal.Tx) error {
			var n int
			return tx.QueryRow(t.Context(), "PRAGMA max_page_count = "+pages).Scan(&n)
		}); err != nil {
			t.Fatal(err)
		}
	}
	limit("1")
	if err := fill(); !errors.Is(err, journal.ErrUnavailable) || !strings.Contains(err.Error(), "is full; free some space") {
		t.Errorf("got %v", err)
	}
	limit("1073741823")
	if err := fill(); err != nil {
		t.Errorf("after there is room again: %v", err)
	}
}
