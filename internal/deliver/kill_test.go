package deliver

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"ringback/internal/backfill"
	"ringback/internal/crm/webhook/webhooktest"
	"ringback/internal/faultnet"
)

// victimCalls is how many calls the run of the victims is over, victimNumbers of how many
// clients.
const victimCalls, victimNumbers = 300, 60

// mainTB lets a subprocess use what is written for tests.
type mainTB struct{ testing.TB }

func (*mainTB) Helper() {}

func (*mainTB) Fatal(args ...any) {
	fmt.Fprintln(os.Stderr, args...)
	os.Exit(1)
}

// victim delivers the run of a journal until it is over, or the process killed.
func victim() {
	tb := &mainTB{}
	b := openURL(tb, os.Getenv("DELIVER_TEST_VICTIM"), hook(tb, "warehouse", os.Getenv("DELIVER_TEST_URL"), "s3cret"))
	b.set(someCalls(victimCalls, victimNumbers)...)
	b.begin()
	runs, err := b.runs.List(context.Background(), "", 1)
	must(tb, err)
	for run := runs[0]; !run.State.Over(); {
		run, err = b.runs.Wait(context.Background(), run.ID)
		must(tb, err)
	}
	b.end()
}

// slaughter delivers a run to a receiver that loses replies, in processes that are
// killed (SIGKILL) when they have sent some requests more.
func slaughter(t *testing.T, receiver *webhooktest.Receiver) (kills, lost int64, dir string) {
	t.Helper()
	dir = t.TempDir()
	var killAt, doubled atomic.Int64
	killAt.Store(-1)
	kill := make(chan struct{}, 1)
	flaky := faultnet.Wrap(receiver, func(n int64, _ *http.Request) faultnet.Fault {
		if n == killAt.Load() {
			kill <- struct{}{}
		}
		switch rand.N(20) {
		case 0:
			return faultnet.Fault{Kind: faultnet.LoseBefore}
		case 1:
			doubled.Add(1)
			return faultnet.Fault{Kind: faultnet.LoseAfter}
		}
		return faultnet.Fault{}
	})
	var requests atomic.Int64
	url := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		flaky.ServeHTTP(w, r)
	}))
	b := open(t, dir, hook(t, "warehouse", url, "s3cret"))
	b.request()
	must(t, b.journal.Close())
	for {
		killAt.Store(requests.Load() + int64(6+rand.N(20)))
		err := sacrifice("sqlite://"+filepath.Join(dir, "state.db"), url, kill)
		if err == nil {
			return kills, doubled.Load(), dir
		}
		if !errors.Is(err, errKilled) {
			t.Fatal(err)
		}
		kills++
	}
}

var errKilled = errors.New("killed")

// sacrifice starts a victim and kills it when it is told to.
func sacrifice(state, url string, kill <-chan struct{}) error {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "DELIVER_TEST_VICTIM="+state, "DELIVER_TEST_URL="+url)
	var complaints strings.Builder
	cmd.Stdout, cmd.Stderr = &complaints, &complaints
	if err := cmd.Start(); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case err := <-ended:
		if err != nil {
			return fmt.Errorf("the victim failed: %w: %s", err, complaints.String())
		}
		return nil
	case <-kill:
		if err := cmd.Process.Kill(); err != nil {
			return err
		}
		if err := <-ended; err == nil {
			return nil // it was faster
		}
		return errKilled
	case <-time.After(time.Minute):
		_ = cmd.Process.Kill()
		return fmt.Errorf("the victim hangs: %w: %s", <-ended, complaints.String())
	}
}

// aftermath is what is left in the journal.
func aftermath(t *testing.T, dir string) (run *backfill.Run, status TargetStatus) {
	t.Helper()
	b := open(t, dir, hook(t, "warehouse", "http://127.0.0.1:1", ""))
	defer func() { must(t, b.journal.Close()) }()
	runs, err := b.runs.List(context.Background(), "", 1)
	must(t, err)
	all, err := b.Status(context.Background())
	must(t, err)
	var integrity string
	must(t, b.journal.Reader().QueryRow(context.Background(), `PRAGMA integrity_check`).Scan(&integrity))
	same(t, "integrity", integrity, "ok")
	var waits int
	must(t, b.journal.Reader().QueryRow(context.Background(), `SELECT count(*) FROM delivery_waits`).Scan(&waits))
	same(t, "waits left", waits, 0)
	return runs[0], all[0]
}

func TestKilledAgainAndAgainEveryCallArrivesOnceAtAReceiverThatHonoursKeys(t *testing.T) {
	receiver := &webhooktest.Receiver{Secret: "s3cret", Idempotent: true}
	kills, _, dir := slaughter(t, receiver)
	run, status := aftermath(t, dir)
	same(t, "run", []any{run.State, run.Calls}, []any{backfill.Done, tally(victimCalls, victimCalls, 0, 0)})
	once(t, someCalls(victimCalls, victimNumbers), receiver.Effects())
	same(t, "target", []any{status.Delivered, status.Refused, status.Open, status.Working}, []any{int64(victimCalls), int64(0), int64(0), int64(0)})
	t.Logf("%d kills, %d requests repeated", kills, status.Repeats)
	if kills < 12 {
		t.Errorf("only %d kills hit", kills)
	}
}

func TestKilledAgainAndAgainAReceiverWithoutKeysGetsTwiceWhatWasUnderWayAndNoMore(t *testing.T) {
	receiver := &webhooktest.Receiver{Secret: "s3cret"}
	kills, lost, dir := slaughter(t, receiver)
	run, status := aftermath(t, dir)
	same(t, "run", []any{run.State, run.Calls}, []any{backfill.Done, tally(victimCalls, victimCalls, 0, 0)})
	var twice int64
	effects := receiver.Effects()
	for _, n := range effects {
		twice += int64(n - 1)
	}
	same(t, "calls that arrived", len(effects), victimCalls)
	t.Logf("%d kills, %d replies lost after the effect: %d arrived again, %d counted as repeated", kills, lost, twice, status.Repeats)
	if most := lost + kills*16; twice > most {
		t.Errorf("%d arrived again, of at most %d that were under way", twice, most)
	}
	if status.Repeats < twice {
		t.Errorf("%d arrived again, and only %d are counted", twice, status.Repeats)
	}
}
