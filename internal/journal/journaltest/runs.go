package journaltest

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"ringback/internal/journal"
)

// aRun records a run over a period at one PBX.
func (b *bench) aRun(id string) journal.Run {
	b.t.Helper()
	run := journal.Run{
		ID: id, RequestedAt: now, RequestedBy: "admin", Kind: "period", Start: now.Add(-time.Hour),
		PBX: []string{"main"}, Target: []string{}, Walks: []journal.Walk{{PBX: "main", From: now.Add(-time.Hour)}},
	}
	b.tx(func(tx journal.Tx) error { return journal.InsertRun(b.ctx(), tx, &run) })
	return run
}

func (b *bench) claim(id string) journal.Run {
	b.t.Helper()
	var run journal.Run
	b.tx(func(tx journal.Tx) error {
		var err error
		run, err = journal.ClaimRun(b.ctx(), tx, id)
		return err
	})
	return run
}

func (b *bench) commit(p journal.Progress) error {
	return b.InTx(b.ctx(), func(tx journal.Tx) error { return journal.CommitProgress(b.ctx(), tx, p) })
}

func (b *bench) run(id string) journal.Run {
	b.t.Helper()
	run, err := b.Run(b.ctx(), id)
	b.must(err)
	return run
}

func outcome(id, outcome string) journal.Outcome {
	return journal.Outcome{PBX: "main", ID: id, Outcome: outcome, Reason: "because"}
}

func runFields(t *testing.T, b *bench) {
	want := journal.Run{
		ID: "01JD9Z3K7W3M1Y0QK2J8V5T6XA", RequestedAt: now, RequestedBy: "анна", Kind: "ids", IDs: []string{"10.1", "it's"},
		PBX: []string{"main", "branch"}, Target: []string{"portal"}, DryRun: true, Force: true, RetryOf: "01JD9Z3K7W3M1Y0QK2J8V5T6X9",
		Walks: []journal.Walk{{PBX: "main"}, {PBX: "branch", From: now.Add(-time.Hour), Until: now}},
	}
	b.tx(func(tx journal.Tx) error { return journal.InsertRun(b.ctx(), tx, &want) })
	want.NotFound = []string{}
	same(t, "run", b.run(want.ID), want)
	period := b.aRun("01JD9Z3K7W3M1Y0QK2J8V5T6XB")
	period.NotFound = []string{}
	same(t, "run over a period", b.run(period.ID), period)
}

func runsPaged(t *testing.T, b *bench) {
	for i := range 5 {
		b.aRun(fmt.Sprintf("run%d", i))
	}
	for before, want := range map[string][]string{"": {"run4", "run3"}, "run3": {"run2", "run1"}, "run1": {"run0"}, "run0": {}} {
		runs, err := b.Runs(b.ctx(), 2, before)
		b.must(err)
		got := []string{}
		for _, r := range runs {
			got = append(got, r.ID)
		}
		same(t, "page before "+before, got, want)
	}
	b.claim("run1")
	b.tx(func(tx journal.Tx) error { return journal.CancelRun(b.ctx(), tx, "run3", now) })
	unfinished, err := journal.UnfinishedRuns(b.ctx(), b.Reader())
	b.must(err)
	same(t, "unfinished", unfinished, []string{"run0", "run1", "run2", "run4"})
}

func fenced(t *testing.T, b *bench) {
	b.aRun("run1")
	first := b.claim("run1")
	second := b.claim("run1")
	same(t, "state", second.State, journal.StateRunning)
	for _, worker := range []journal.Run{first, second} {
		held, err := b.HoldsRun(b.ctx(), worker.Seq, worker.Epoch)
		b.must(err)
		same(t, "has the run", held, worker.Epoch == second.Epoch)
	}
	err := b.commit(journal.Progress{Run: first.Seq, Epoch: first.Epoch, Outcomes: []journal.Outcome{outcome("10.1", "delivered")}})
	if !errors.Is(err, journal.ErrLost) {
		t.Errorf("a worker that lost the run may write: %v", err)
	}
	b.must(b.commit(journal.Progress{Run: second.Seq, Epoch: second.Epoch, Outcomes: []journal.Outcome{outcome("10.1", "delivered")}}))
	same(t, "found", b.run("run1").Counts, journal.Counts{Found: 1, Processed: 1, Delivered: 1})
	err = b.InTx(b.ctx(), func(tx journal.Tx) error { return journal.FailRun(b.ctx(), tx, first.Seq, first.Epoch, "late", now) })
	if !errors.Is(err, journal.ErrLost) {
		t.Errorf("a worker that lost the run may end it: %v", err)
	}
}

func settled(t *testing.T, b *bench) {
	b.aRun("run1")
	run := b.claim("run1")
	complete := func() bool {
		var done bool
		b.tx(func(tx journal.Tx) error {
			var err error
			done, err = journal.CompleteRun(b.ctx(), tx, run.Seq, now)
			return err
		})
		return done
	}
	settle := func(outcomes ...journal.Outcome) {
		b.tx(func(tx journal.Tx) error {
			for _, o := range outcomes {
				if err := journal.SettleCall(b.ctx(), tx, run.Seq, o); err != nil {
					return err
				}
			}
			return nil
		})
	}
	b.must(b.commit(journal.Progress{Run: run.Seq, Epoch: run.Epoch, Outcomes: []journal.Outcome{outcome("10.1", ""), outcome("10.2", "skipped")}}))
	same(t, "done before all is walked", complete(), false)
	b.must(b.commit(journal.Progress{Run: run.Seq, Epoch: run.Epoch, WalkDone: true}))
	same(t, "done while a call is being delivered", complete(), false)
	settle(outcome("10.1", "failed"), outcome("10.1", "delivered"), outcome("10.2", "failed"), outcome("unknown", "failed"))
	same(t, "done", complete(), true)
	got := b.run("run1")
	same(t, "counts", got.Counts, journal.Counts{Found: 2, Processed: 2, Skipped: 1, Failed: 1})
	same(t, "state", got.State, journal.StateDone)
	same(t, "finished", got.FinishedAt, now)
	err := b.InTx(b.ctx(), func(tx journal.Tx) error { return journal.SettleCall(b.ctx(), tx, run.Seq, outcome("10.1", "")) })
	if err == nil {
		t.Error("a call is settled by no outcome")
	}
}

func cancelled(t *testing.T, b *bench) {
	b.aRun("run1")
	run := b.claim("run1")
	cancel := func() error {
		return b.InTx(b.ctx(), func(tx journal.Tx) error { return journal.CancelRun(b.ctx(), tx, "run1", now) })
	}
	b.must(cancel())
	if err := cancel(); !errors.Is(err, journal.ErrLost) {
		t.Errorf("a cancelled run is cancelled again: %v", err)
	}
	if err := b.commit(journal.Progress{Run: run.Seq, Epoch: run.Epoch, Outcomes: []journal.Outcome{outcome("10.1", "delivered")}}); !errors.Is(err, journal.ErrLost) {
		t.Errorf("a cancelled run takes a batch: %v", err)
	}
	err := b.InTx(b.ctx(), func(tx journal.Tx) error {
		_, err := journal.ClaimRun(b.ctx(), tx, "run1")
		return err
	})
	if !errors.Is(err, journal.ErrLost) {
		t.Errorf("a cancelled run is taken up: %v", err)
	}
	held, err := b.HoldsRun(b.ctx(), run.Seq, run.Epoch)
	b.must(err)
	same(t, "is held", held, false)
	got := b.run("run1")
	same(t, "state", got.State, journal.StateCancelled)
	same(t, "counts", got.Counts, journal.Counts{})
	same(t, "finished", got.FinishedAt, now)
}

func failed(t *testing.T, b *bench) {
	b.aRun("run1")
	run := b.claim("run1")
	b.tx(func(tx journal.Tx) error {
		return journal.FailRun(b.ctx(), tx, run.Seq, run.Epoch, "no such table", now)
	})
	got := b.run("run1")
	same(t, "state", got.State, journal.StateFailed)
	same(t, "error", got.Error, "no such table")
	same(t, "finished", got.FinishedAt, now)
}

func stalled(t *testing.T, b *bench) {
	b.aRun("run1")
	run := b.claim("run1")
	stall := func() int {
		var n int
		b.tx(func(tx journal.Tx) error {
			var err error
			n, err = journal.StallRun(b.ctx(), tx, run.Seq, run.Epoch, "waiting")
			return err
		})
		return n
	}
	same(t, "first", stall(), 1)
	same(t, "second", stall(), 2)
	same(t, "hint", b.run("run1").Error, "waiting")
	same(t, "state", b.run("run1").State, journal.StateRunning)
	b.must(b.commit(journal.Progress{Run: run.Seq, Epoch: run.Epoch, ReadyAt: now}))
	same(t, "hint after progress", b.run("run1").Error, "")
	same(t, "ready", b.run("run1").ReadyAt, now)
	same(t, "first again", stall(), 1)
	same(t, "ready while it waits", b.run("run1").ReadyAt, time.Time{})
}

func places(t *testing.T, b *bench) {
	run := journal.Run{ID: "run1", Kind: "ids", IDs: []string{"1.1"}, RequestedAt: now, Walks: []journal.Walk{{PBX: "main"}, {PBX: "branch"}}}
	b.tx(func(tx journal.Tx) error { return journal.InsertRun(b.ctx(), tx, &run) })
	run = b.claim("run1")
	at := now.Add(time.Microsecond)
	b.must(b.commit(journal.Progress{Run: run.Seq, Epoch: run.Epoch, Walk: 1, AtStart: at, AtID: "10.1", WalkDone: true, IDsDone: 1, NotFound: []string{"1.1"}}))
	b.must(b.commit(journal.Progress{Run: run.Seq, Epoch: run.Epoch, Walk: 0}))
	got := b.run("run1")
	want := []journal.Walk{{PBX: "main"}, {PBX: "branch", AtStart: at, AtID: "10.1", Done: true}}
	same(t, "walks", got.Walks, want)
	same(t, "ids done", got.IDsDone, 1)
	same(t, "not found", got.NotFound, []string{"1.1"})
}

func rolledBack(t *testing.T, b *bench) {
	failure := errors.New("no")
	err := b.InTx(b.ctx(), func(tx journal.Tx) error {
		run := journal.Run{ID: "run1", Kind: "period", RequestedAt: now}
		if err := journal.InsertRun(b.ctx(), tx, &run); err != nil {
			return err
		}
		return failure
	})
	if !errors.Is(err, failure) {
		t.Errorf("the error of a transaction is %v", err)
	}
	if _, err := b.Run(b.ctx(), "run1"); !errors.Is(err, journal.ErrNotFound) {
		t.Errorf("the run is there: %v", err)
	}
}

func health(t *testing.T, b *bench) {
	b.must(b.Ping(b.ctx()))
	empty, err := b.Stats(b.ctx())
	b.must(err)
	empty.Bytes = 0
	same(t, "empty", empty, journal.Stats{})
	b.aRun("run1")
	b.record(aCall("main", "10.1", 0), aCall("main", "11.1", 5))
	b.must(b.Ping(b.ctx()))
	s, err := b.Stats(b.ctx())
	b.must(err)
	if s.Bytes <= 0 {
		t.Errorf("the journal takes %d bytes", s.Bytes)
	}
	s.Bytes = 0
	same(t, "stats", s, journal.Stats{Calls: 2, Runs: 1, Unfinished: 1, Oldest: now, Newest: now.Add(5 * time.Minute)})
}
