package backfill

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"ringback/internal/call"
	"ringback/internal/dbtest"
	"ringback/internal/journal"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv("BACKFILL_TEST_VICTIM"); dir != "" {
		victim(dir)
		return
	}
	if url := os.Getenv("BACKFILL_TEST_NODE"); url != "" {
		process(url)
		return
	}
	code := dbtest.Main(m)
	if err := goleak.Find(); code == 0 && err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// population is what the PBX of the victims holds.
func population() []*call.Call {
	list := calls("main", 300)
	for i, c := range list {
		c.InProgress = i%80 == 79
	}
	return list
}

// known are the ids of calls that the journal has before the victims begin.
func known() []string {
	var ids []string
	for i, c := range population() {
		if i%7 == 0 {
			ids = append(ids, c.ID)
		}
	}
	return ids
}

// victim works the run in dir, and says how far it has read and when all is done.
func victim(dir string) {
	n := 0
	pbx := &fakePBX{calls: population(), before: func(context.Context, *call.Call) error {
		if n++; n%10 == 0 {
			fmt.Println("read", n)
		}
		return nil
	}}
	tb := &mainTB{}
	b := open(tb, dir, fakes{"main": pbx}, nil)
	b.begin(tb)
	runs, err := b.List(context.Background(), "", 1)
	must(tb, err)
	b.wait(tb, runs[0].ID)
	fmt.Println("done")
	b.stop(tb)
}

// mainTB lets a subprocess use what is written for tests.
type mainTB struct{ testing.TB }

func (*mainTB) Helper() {}

func (*mainTB) Fatal(args ...any) {
	fmt.Fprintln(os.Stderr, args...)
	os.Exit(1)
}

func TestARunThatIsKilledAgainAndAgainEqualsOneThatWasNot(t *testing.T) {
	prepare := func(dir string) string {
		b := open(t, dir, fakes{"main": {calls: population()}}, nil)
		b.begin(t)
		defer b.stop(t)
		b.process(t, Request{Kind: ByIDs, IDs: known()})
		return dir
	}
	enlist := func(dir string) {
		b := open(t, dir, fakes{"main": {}}, nil)
		defer b.stop(t)
		_, err := b.Start(context.Background(), whole())
		must(t, err)
	}
	calm, stormy := prepare(t.TempDir()), prepare(t.TempDir())
	enlist(calm)
	enlist(stormy)
	must(t, lead(calm, func(string) bool { return false }))
	kills := 0
	for {
		left := 4 + rand.IntN(5)
		err := lead(stormy, func(string) bool { left--; return left == 0 })
		if err == nil {
			break
		}
		if !errors.Is(err, errKilled) {
			t.Fatal(err)
		}
		kills++
	}
	if kills < 3 {
		t.Errorf("only %d kills hit", kills)
	}
	t.Logf("%d kills", kills)
	same(t, "what is left of the run", remains(t, stormy), remains(t, calm))
}

var errKilled = errors.New("killed")

// lead starts a victim in dir and kills it (SIGKILL) at the first line that kill says yes to.
func lead(dir string, kill func(line string) bool) error {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "BACKFILL_TEST_VICTIM="+dir)
	var complaints strings.Builder
	cmd.Stderr = &complaints
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	killed := false
	for lines := bufio.NewScanner(out); lines.Scan() && !killed; {
		if lines.Text() != "done" && kill(lines.Text()) {
			killed = true
			if err := cmd.Process.Kill(); err != nil {
				return err
			}
		}
	}
	if _, err := io.Copy(io.Discard, out); err != nil && !killed {
		return err
	}
	err = cmd.Wait()
	switch {
	case killed:
		return errKilled
	case err != nil:
		return fmt.Errorf("the victim failed: %w: %s", err, complaints.String())
	}
	return nil
}

// remains is everything that a run left, without times and ids of its own.
func remains(t *testing.T, dir string) map[string]any {
	t.Helper()
	return leftIn(t, open(t, dir, fakes{"main": {}}, nil))
}

func leftIn(t *testing.T, b *bench) map[string]any {
	t.Helper()
	defer b.stop(t)
	runs, err := b.List(context.Background(), "", 1)
	must(t, err)
	list, err := b.journal.Calls(context.Background(), journal.CallFilter{Limit: 1 << 20})
	must(t, err)
	integrity := "ok"
	if !b.journal.Shared() {
		must(t, b.journal.Reader().QueryRow(context.Background(), `PRAGMA integrity_check`).Scan(&integrity))
	}
	return map[string]any{
		"state": runs[0].State, "counts": runs[0].Calls, "outcomes": b.outcomes(t, runs[0].ID), "calls": list, "integrity": integrity,
	}
}
