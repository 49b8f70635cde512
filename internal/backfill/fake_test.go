package backfill

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"ringback/internal/call"
	"ringback/internal/jobs"
	"ringback/internal/journal"
	"ringback/internal/sweep"
)

// epoch is when the calls of the fakes begin.
var epoch = time.Date(2026, 11, 23, 7, 0, 0, 0, time.UTC)

// calls makes n calls of a PBX, one a second, each with a leg.
func calls(pbx string, n int) []*call.Call {
	list := make([]*call.Call, n)
	for i := range list {
		at := call.Time{Time: epoch.Add(time.Duration(i) * time.Second)}
		id := fmt.Sprintf("%d.%d", at.Unix(), 2*i)
		list[i] = &call.Call{
			ID: id, PBX: pbx, LinkedIDs: []string{id}, Direction: call.Incoming, Result: call.Answered,
			From: call.Party{Number: fmt.Sprintf("7916%07d", i)}, To: call.Party{Number: "74950000001"},
			StartedAt: at, EndedAt: call.Time{Time: at.Add(time.Minute)}, Complete: true,
			Legs: []call.Leg{{ID: fmt.Sprintf("%d.%d", at.Unix(), 2*i+1), Party: call.Party{Number: "1001", Extension: "1001"}}},
		}
	}
	return list
}

// fakePBX yields calls as sweep does.
type fakePBX struct {
	calls []*call.Call
	// before is asked before a call is yielded; nil means go on.
	before func(ctx context.Context, c *call.Call) error
	// opened fails while the PBX cannot be opened.
	opened func() error
	reads  atomic.Int64
}

func (f *fakePBX) yield(ctx context.Context, wanted func(*call.Call) bool, yield func(*call.Call) error) error {
	f.reads.Add(1)
	for _, c := range f.calls {
		if err := ctx.Err(); err != nil {
			return err
		}
		if !wanted(c) {
			continue
		}
		if f.before != nil {
			if err := f.before(ctx, c); err != nil {
				return err
			}
		}
		if err := yield(c); err != nil {
			return err
		}
	}
	return nil
}

// fakes are PBXs by name; they stand for sweep.
type fakes map[string]*fakePBX

func (f fakes) period(ctx context.Context, pbx sweep.PBX, from, until time.Time, after sweep.Cursor, yield func(*call.Call, sweep.Reach) error) error {
	return f[pbx.Name].yield(ctx, func(c *call.Call) bool {
		behind := cmp.Or(c.StartedAt.Compare(after.Start), cmp.Compare(c.ID, after.ID)) <= 0
		return !behind && !c.StartedAt.Before(from) && (until.IsZero() || c.StartedAt.Before(until))
	}, func(c *call.Call) error { return yield(c, sweep.Within) })
}

func (f fakes) ids(ctx context.Context, pbx sweep.PBX, ids []string, yield func(*call.Call) error) ([]string, error) {
	known := map[string]bool{}
	err := f[pbx.Name].yield(ctx, func(c *call.Call) bool {
		names := append([]string{c.ID}, c.LinkedIDs...)
		for _, l := range c.Legs {
			names = append(names, l.ID)
		}
		wanted := false
		for _, name := range names {
			if slices.Contains(ids, name) {
				known[name], wanted = true, true
			}
		}
		return wanted
	}, yield)
	return slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return known[id] }), err
}

// empty is a journal with all its tables and nothing in them: making them takes
// longer than most tests.
var empty = sync.OnceValue(func() []byte {
	dir, err := os.MkdirTemp("", "ringback-backfill")
	tb := &mainTB{}
	must(tb, err)
	path := filepath.Join(dir, "state.db")
	j, err := journal.Open(context.Background(), journal.Config{URL: "sqlite://" + path})
	must(tb, err)
	_, err = jobs.Open(context.Background(), jobs.Config{Journal: j})
	must(tb, err)
	must(tb, j.Close())
	file, err := os.ReadFile(path)
	must(tb, err)
	must(tb, os.RemoveAll(dir))
	return file
})

// bench is a service at work over fakes.
type bench struct {
	*Service

	journal *journal.Journal
	queue   *jobs.Client
}

// open opens a service over a journal in dir that does not work yet.
func open(tb testing.TB, dir string, pbx fakes, change func(*Config)) *bench {
	tb.Helper()
	path := filepath.Join(dir, "state.db")
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		must(tb, os.WriteFile(path, empty(), 0o600))
	}
	return openAt(tb, "sqlite://"+path, pbx, change)
}

// openAt opens a service over the journal at a URL, as one of several processes
// perhaps, which are soon taken for dead.
func openAt(tb testing.TB, url string, pbx fakes, change func(*Config)) *bench {
	tb.Helper()
	j, err := journal.Open(context.Background(), journal.Config{URL: url})
	must(tb, err)
	queue, err := jobs.Open(context.Background(), jobs.Config{Journal: j, Lease: time.Second})
	must(tb, err)
	config := Config{Journal: j, Jobs: queue, Period: pbx.period, IDs: pbx.ids}
	names := make([]string, 0, len(pbx))
	for name := range pbx {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		config.PBX = append(config.PBX, PBX{Name: name, Location: time.FixedZone("", 3*60*60), Open: func(context.Context) (sweep.PBX, error) {
			if pbx[name].opened != nil {
				return sweep.PBX{Name: name}, pbx[name].opened()
			}
			return sweep.PBX{Name: name}, nil
		}})
	}
	if change != nil {
		change(&config)
	}
	s, err := New(config)
	must(tb, err)
	s.backoff = func(int) time.Duration { return time.Millisecond }
	s.batch, s.again = 25, 10*time.Second
	return &bench{s, j, queue}
}

// start is open, and work begins; all is stopped when the test ends.
func start(tb testing.TB, dir string, pbx fakes, change func(*Config)) *bench {
	tb.Helper()
	b := open(tb, dir, pbx, change)
	b.begin(tb)
	tb.Cleanup(func() { b.stop(tb) })
	return b
}

func (b *bench) begin(tb testing.TB) {
	tb.Helper()
	must(tb, b.Resume(context.Background()))
	must(tb, b.queue.Start(context.Background()))
}

func (b *bench) stop(tb testing.TB) {
	tb.Helper()
	b.Close()
	must(tb, b.queue.Stop(context.Background()))
	must(tb, b.journal.Close())
}

// wait returns the run when it is over.
func (b *bench) wait(tb testing.TB, id string) *Run {
	tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	run, err := b.Wait(ctx, id)
	must(tb, err)
	if !run.State.Over() {
		tb.Fatalf("run %s is not over after ten minutes: %+v", id, run)
	}
	return run
}

// process runs a request to its end.
func (b *bench) process(tb testing.TB, r Request) *Run {
	tb.Helper()
	run, err := b.Start(context.Background(), r)
	must(tb, err)
	return b.wait(tb, run.ID)
}

// whole asks for all calls of the fakes.
func whole() Request {
	return Request{Kind: ByPeriod, Start: epoch, RequestedBy: "admin"}
}

func must(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}
