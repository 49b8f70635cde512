package backfill

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"ringback/internal/call"
	"ringback/internal/cel/source"
	"ringback/internal/jobs"
	"ringback/internal/journal"
)

// away is a PBX that is away for the moment.
func away() error {
	return &source.UnavailableError{Place: "cel at 10.0.0.1", Err: errors.New("connection refused"), Remedy: "start the database"}
}

// until reads states of a run until one is as wanted.
func (b *bench) until(t *testing.T, id string, wanted func(*Run) bool) *Run {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	states, err := b.Watch(ctx, id)
	must(t, err)
	for run := range states {
		if wanted(run) {
			return run
		}
	}
	t.Fatal("the run never got there")
	return nil
}

func TestCancellingEndsARunThatHangsInTheSource(t *testing.T) {
	reached, released := make(chan struct{}), make(chan struct{})
	list := calls("main", 100)
	pbx := &fakePBX{calls: list, before: func(ctx context.Context, c *call.Call) error {
		if c != list[60] {
			return nil
		}
		close(reached)
		<-ctx.Done()
		close(released)
		return ctx.Err()
	}}
	b := start(t, t.TempDir(), fakes{"main": pbx}, nil)
	run, err := b.Start(context.Background(), whole())
	must(t, err)
	<-reached
	cancelled, err := b.Cancel(context.Background(), run.ID)
	must(t, err)
	same(t, "state", cancelled.State, Cancelled)
	if cancelled.FinishedAt.IsZero() {
		t.Error("a cancelled run has no end")
	}
	<-released
	got, err := b.Get(context.Background(), run.ID)
	must(t, err)
	same(t, "counts stay as they were", got.Calls, cancelled.Calls)
	if _, err := b.Cancel(context.Background(), run.ID); !errors.Is(err, ErrRunOver) {
		t.Errorf("cancelling it again gives %v", err)
	}
}

func TestARunWaitsForASourceThatIsAwayAndGoesOnWhereItWas(t *testing.T) {
	list := calls("main", 100)
	var down atomic.Bool
	down.Store(true)
	pbx := &fakePBX{calls: list, before: func(_ context.Context, c *call.Call) error {
		if c == list[70] && down.Load() {
			return away()
		}
		return nil
	}}
	b := start(t, t.TempDir(), fakes{"main": pbx}, nil)
	run, err := b.Start(context.Background(), whole())
	must(t, err)
	waiting := b.until(t, run.ID, func(r *Run) bool { return r.Error != "" })
	same(t, "state while it waits", waiting.State, Running)
	same(t, "hint", waiting.Error, "waiting: cel at 10.0.0.1 is away (connection refused): start the database")
	same(t, "counted before it waited", waiting.Calls.Found, int64(70))
	same(t, "eta", waiting.ETA, time.Duration(-1))
	down.Store(false)
	over := b.wait(t, run.ID)
	same(t, "counts", over.Calls, Counts{Found: 100, Processed: 100, Delivered: 100, NotFound: []string{}})
	same(t, "error", over.Error, "")
}

// A PBX whose clock is set back writes calls that begin before those written already.
func TestARunThatGoesOnTakesCallsThatAPBXWroteAfterItsClockWasSetBack(t *testing.T) {
	list := calls("main", 100)
	list = slices.Concat(list[:20], list[40:], list[20:40])
	var down atomic.Bool
	down.Store(true)
	pbx := &fakePBX{calls: list, before: func(_ context.Context, c *call.Call) error {
		if c == list[70] && down.Load() {
			return away()
		}
		return nil
	}}
	b := start(t, t.TempDir(), fakes{"main": pbx}, nil)
	b.again = 2 * time.Minute
	run, err := b.Start(context.Background(), whole())
	must(t, err)
	b.until(t, run.ID, func(r *Run) bool { return r.Error != "" })
	down.Store(false)
	same(t, "counts", b.wait(t, run.ID).Calls, Counts{Found: 100, Processed: 100, Delivered: 100, NotFound: []string{}})
}

func TestARunThatWaitsIsCancelledAtOnce(t *testing.T) {
	pbx := &fakePBX{opened: away}
	b := open(t, t.TempDir(), fakes{"main": pbx}, nil)
	b.backoff = func(int) time.Duration { return time.Hour }
	b.begin(t)
	defer b.stop(t)
	run, err := b.Start(context.Background(), whole())
	must(t, err)
	b.until(t, run.ID, func(r *Run) bool { return r.Error != "" })
	cancelled, err := b.Cancel(context.Background(), run.ID)
	must(t, err)
	same(t, "state", cancelled.State, Cancelled)
	same(t, "error", cancelled.Error, "")
}

func TestAPBXThatIsAwayDoesNotKeepTheOthersWaiting(t *testing.T) {
	var down atomic.Bool
	down.Store(true)
	b := start(t, t.TempDir(), fakes{"main": {calls: calls("main", 10)}, "branch": {calls: calls("branch", 10), opened: func() error {
		if down.Load() {
			return away()
		}
		return nil
	}}}, nil)
	run, err := b.Start(context.Background(), whole())
	must(t, err)
	b.until(t, run.ID, func(r *Run) bool { return r.Error != "" && r.Calls.Found == 10 })
	down.Store(false)
	same(t, "found", b.wait(t, run.ID).Calls.Found, int64(20))
}

func TestWhatCannotMendItselfFailsTheRunWithTheReason(t *testing.T) {
	for name, test := range map[string]struct {
		pbx  *fakePBX
		want string
	}{
		"the table is missing": {&fakePBX{opened: func() error {
			return &source.SetupError{Place: "asteriskcdrdb", Problem: "there is no table cel", Remedy: "set table in the url"}
		}}, "asteriskcdrdb: there is no table cel; set table in the url"},
		"the reading is broken": {&fakePBX{calls: calls("main", 3), before: func(context.Context, *call.Call) error {
			return errors.New("column extra is gone")
		}}, "column extra is gone"},
		"reading panics": {&fakePBX{calls: calls("main", 3), before: func(context.Context, *call.Call) error {
			var nothing []int
			return fmt.Errorf("%d", nothing[0]) // panics
		}}, "ringback itself failed while it read calls (runtime error: index out of range [0] with length 0): please report it with the log"},
	} {
		t.Run(name, func(t *testing.T) {
			b := start(t, t.TempDir(), fakes{"main": test.pbx}, nil)
			run := b.process(t, whole())
			same(t, "state", run.State, Failed)
			same(t, "error", run.Error, test.want)
			if run.FinishedAt.IsZero() {
				t.Error("a failed run has no end")
			}
		})
	}
}

func TestARunWhosePBXIsNoLongerConfiguredFails(t *testing.T) {
	dir := t.TempDir()
	b := open(t, dir, fakes{"main": {}, "old": {}}, nil)
	run, err := b.Start(context.Background(), Request{Kind: ByPeriod, Start: epoch, PBX: []string{"old"}})
	must(t, err)
	b.stop(t)
	over := start(t, dir, fakes{"main": {}}, nil).wait(t, run.ID)
	same(t, "state", over.State, Failed)
	// A retry would take failed calls, and none was read.
	same(t, "error", over.Error, "the PBX old is not configured any more: configure it again and ask for the same once more, or ask for it without this PBX")
}

func TestARunThatCannotBeTakenUpIsTriedAgain(t *testing.T) {
	b := open(t, t.TempDir(), fakes{"main": {calls: calls("main", 10)}}, nil)
	defer b.stop(t)
	run, err := b.Start(context.Background(), whole())
	must(t, err)
	pbx := func(text string) {
		must(t, b.journal.InTx(context.Background(), func(tx journal.Tx) error {
			_, err := tx.Exec(context.Background(), `UPDATE runs SET pbx = $1`, text)
			return err
		}))
	}
	job := jobs.Job{Kind: jobKind, Key: run.ID, Stopping: make(chan struct{})}
	pbx("damaged")
	if err := b.work(context.Background(), job); err == nil {
		t.Error("the run is taken for done with")
	}
	pbx(`["main"]`)
	must(t, b.work(context.Background(), job))
	same(t, "state", b.wait(t, run.ID).State, Done)
}

func TestAStoppedRunGoesOnInTheNextProcess(t *testing.T) {
	dir := t.TempDir()
	list := calls("main", 100)
	reached := make(chan struct{})
	b := open(t, dir, fakes{"main": {calls: list, before: func(ctx context.Context, c *call.Call) error {
		if c != list[60] {
			return nil
		}
		close(reached)
		<-ctx.Done()
		return ctx.Err()
	}}}, nil)
	b.begin(t)
	run, err := b.Start(context.Background(), whole())
	must(t, err)
	<-reached
	b.stop(t)
	next := &fakePBX{calls: list, before: func(_ context.Context, c *call.Call) error {
		if c == list[10] {
			t.Error("the run began anew")
		}
		return nil
	}}
	over := start(t, dir, fakes{"main": next}, nil).wait(t, run.ID)
	same(t, "counts", over.Calls, Counts{Found: 100, Processed: 100, Delivered: 100, NotFound: []string{}})
}

func TestAFullDiskRefusesNewRunsAndHoldsUpOldOnes(t *testing.T) {
	list := calls("main", 100)
	full, room := make(chan struct{}), make(chan struct{})
	pbx := &fakePBX{calls: list, before: func(_ context.Context, c *call.Call) error {
		if c == list[30] {
			close(full)
			<-room
		}
		return nil
	}}
	b := start(t, t.TempDir(), fakes{"main": pbx}, nil)
	limit := func(pages string) {
		must(t, b.journal.InTx(context.Background(), func(tx journal.Tx) error {
			var n int
			return tx.QueryRow(context.Background(), "PRAGMA max_page_count = "+pages).Scan(&n)
		}))
	}
	run, err := b.Start(context.Background(), whole())
	must(t, err)
	<-full
	limit("1")
	close(room)
	ids := make([]string, 20_000) // more than fits into what is free
	for i := range ids {
		ids[i] = strings.Repeat("x", 100) + time.Duration(i).String()
	}
	_, err = b.Start(context.Background(), Request{Kind: ByIDs, IDs: ids})
	if !errors.Is(err, ErrUnavailable) || !strings.Contains(err.Error(), "is full") {
		t.Errorf("a run on a full disk gives %v", err)
	}
	limit("1073741823")
	same(t, "counts", b.wait(t, run.ID).Calls, Counts{Found: 100, Processed: 100, Delivered: 100, NotFound: []string{}})
}

func TestABusyJournalIsUnavailable(t *testing.T) {
	b := start(t, t.TempDir(), fakes{"main": {}}, nil)
	must(t, b.journal.InTx(context.Background(), func(journal.Tx) error {
		ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
		defer cancel()
		if _, err := b.Start(ctx, whole()); !errors.Is(err, ErrUnavailable) {
			t.Errorf("starting a run gives %v", err)
		}
		return nil
	}))
}
