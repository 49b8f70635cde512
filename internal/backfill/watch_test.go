package backfill

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"ringback/internal/call"
)

func TestWatchingShowsThePresentStateFirstAndEndsAfterTheLast(t *testing.T) {
	gate := make(chan struct{})
	list := calls("main", 60)
	b := start(t, t.TempDir(), fakes{"main": {calls: list, before: func(_ context.Context, c *call.Call) error {
		if c == list[55] {
			<-gate
		}
		return nil
	}}}, nil)
	run, err := b.Start(context.Background(), whole())
	must(t, err)
	states, err := b.Watch(context.Background(), run.ID)
	must(t, err)
	last := <-states
	if last.State.Over() {
		t.Fatalf("the first state is %s", last.State)
	}
	n := 1
	for state := range states {
		if state.Calls.Found < last.Calls.Found {
			t.Errorf("a state with %d calls came after one with %d", state.Calls.Found, last.Calls.Found)
		}
		if state.Calls.Found == 55 {
			close(gate)
		}
		last = state
		n++
	}
	same(t, "the last state", last.State, Done)
	if n < 3 {
		t.Errorf("only %d states came", n)
	}
	again, err := b.Watch(context.Background(), run.ID)
	must(t, err)
	same(t, "of a run that is over", (<-again).State, Done)
	if _, more := <-again; more {
		t.Error("a run that is over changed")
	}
}

func TestASlowWatcherGetsTheNewestState(t *testing.T) {
	b := start(t, t.TempDir(), fakes{"main": {calls: calls("main", 60)}}, nil)
	run, err := b.Start(context.Background(), whole())
	must(t, err)
	slow, err := b.Watch(context.Background(), run.ID)
	must(t, err)
	b.wait(t, run.ID)
	var states []*Run
	for state := range slow {
		states = append(states, state)
	}
	if len(states) > 2 {
		t.Errorf("a watcher who looked at the end got %d states", len(states))
	}
	same(t, "the last", states[len(states)-1].State, Done)
}

func TestWatchingEndsWithItsContextAndWithTheService(t *testing.T) {
	b := open(t, t.TempDir(), fakes{"main": {}}, nil) // nothing works: the run stays queued
	run, err := b.Start(context.Background(), whole())
	must(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	mine, err := b.Watch(ctx, run.ID)
	must(t, err)
	theirs, err := b.Watch(context.Background(), run.ID)
	must(t, err)
	same(t, "state", (<-mine).State, Queued)
	cancel()
	if _, more := <-mine; more {
		t.Error("watching goes on after its context")
	}
	same(t, "state", (<-theirs).State, Queued)
	short, cancel := context.WithTimeout(context.Background(), time.Millisecond)
	defer cancel()
	waited, err := b.Wait(short, run.ID)
	must(t, err)
	same(t, "state when the time is up", waited.State, Queued)
	b.stop(t)
	if _, more := <-theirs; more {
		t.Error("watching goes on after the service")
	}
	if len(b.changes.watched) != 0 {
		t.Errorf("%d watchers are left", len(b.changes.watched))
	}
}

func TestTheEndIsEstimatedFromThePaceOnceThereIsOne(t *testing.T) {
	p := newPace(epoch, 0.2)
	for name, test := range map[string]struct {
		after time.Duration
		done  float64
		want  time.Time
	}{
		"no progress":          {time.Minute, 0.2, time.Time{}},
		"too soon to say":      {100 * time.Millisecond, 0.4, time.Time{}},
		"half of what is left": {time.Minute, 0.6, epoch.Add(2 * time.Minute)},
		"all done":             {time.Minute, 1, epoch.Add(time.Minute)},
		"as good as for ever":  {365 * 24 * time.Hour, 0.3, time.Time{}},
	} {
		same(t, name, p.readyAt(epoch.Add(test.after), test.done).Round(time.Millisecond), test.want)
	}
}

func TestARunShowsHowLongItWillTake(t *testing.T) {
	for name, from := range map[string]time.Time{
		"from the first call on":                 epoch,
		"though years without a call come first": epoch.AddDate(-10, 0, 0),
	} {
		t.Run(name, func(t *testing.T) { showsHowLong(t, from) })
	}
}

func showsHowLong(t *testing.T, from time.Time) {
	t.Helper()
	list := calls("main", 100)
	gate := make(chan struct{})
	var seconds atomic.Int64
	clock := func() time.Time { return epoch.Add(time.Hour + time.Duration(seconds.Load())*time.Second) }
	b := start(t, t.TempDir(), fakes{"main": {calls: list, before: func(_ context.Context, c *call.Call) error {
		if c == list[50] {
			<-gate
		}
		seconds.Add(1) // to read one
		return nil
	}}}, func(c *Config) { c.Now = clock })
	r := whole()
	r.Start, r.End = from, epoch.Add(100*time.Second)
	run, err := b.Start(context.Background(), r)
	must(t, err)
	half := b.until(t, run.ID, func(r *Run) bool { return r.Calls.Found == 50 })
	if half.ETA < 45*time.Second || half.ETA > 55*time.Second {
		t.Errorf("halfway, after 50 seconds, the rest takes %v", half.ETA)
	}
	close(gate)
	same(t, "at the end", b.wait(t, run.ID).ETA, time.Duration(-1))
}
