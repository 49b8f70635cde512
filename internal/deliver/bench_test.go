package deliver

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ringback/internal/backfill"
	"ringback/internal/call"
	"ringback/internal/crm"
	"ringback/internal/crm/webhook"
	"ringback/internal/jobs"
	"ringback/internal/journal"
	"ringback/internal/sweep"
)

// epoch is when the calls of tests begin.
var epoch = time.Date(2026, 11, 23, 7, 0, 0, 0, time.UTC)

// someCalls are n calls, one a second, of numbers different clients.
func someCalls(n, numbers int) []*call.Call {
	list := make([]*call.Call, n)
	for i := range list {
		at := call.Time{Time: epoch.Add(time.Duration(i) * time.Second)}
		id := fmt.Sprintf("%d.%d", at.Unix(), 2*i)
		list[i] = &call.Call{
			ID: id, PBX: "main", LinkedIDs: []string{id}, Direction: call.Incoming, Result: call.Answered,
			From: call.Party{Number: fmt.Sprintf("7916%07d", i%numbers)}, To: call.Party{Number: "74950000001"},
			StartedAt: at, EndedAt: call.Time{Time: at.Add(time.Minute)}, Complete: true,
			Legs: []call.Leg{{ID: id + "1", Party: call.Party{Number: "1001", Extension: "1001"}}},
		}
	}
	return list
}

func must(tb testing.TB, err error) {
	if err != nil {
		tb.Helper()
		tb.Fatal(err)
	}
}

func same(t *testing.T, what string, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// bench is a module without PBX: runs over the calls that it is given, delivered
// to targets.
type bench struct {
	*Service

	tb      testing.TB
	journal *journal.Journal
	queue   *jobs.Client
	runs    *backfill.Service

	mu    sync.Mutex
	calls []*call.Call
}

// set is what the PBX has from now on.
func (b *bench) set(list ...*call.Call) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.calls = list
}

func (b *bench) has() []*call.Call {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.calls
}

// open makes a bench whose journal is in dir; nothing is begun.
func open(tb testing.TB, dir string, targets ...Target) *bench {
	return openURL(tb, "sqlite://"+filepath.Join(dir, "state.db"), targets...)
}

func openURL(tb testing.TB, url string, targets ...Target) *bench {
	b := &bench{tb: tb}
	var err error
	b.journal, err = journal.Open(context.Background(), journal.Config{URL: url})
	must(tb, err)
	b.build(targets...)
	return b
}

func (b *bench) build(targets ...Target) {
	ctx := context.Background()
	log := slog.New(slog.DiscardHandler)
	if os.Getenv("DELIVER_TEST_LOG") != "" {
		log = slog.Default()
	}
	var err error
	b.queue, err = jobs.Open(ctx, jobs.Config{Journal: b.journal})
	must(b.tb, err)
	b.Service, err = New(Config{
		Journal: b.journal, Targets: targets, Logger: log,
		LeaseTime: 2 * time.Second,
		Pause:     func(n int) time.Duration { return min(time.Duration(n)*2*time.Millisecond, 20*time.Millisecond) },
	})
	must(b.tb, err)
	b.runs, err = backfill.New(backfill.Config{
		Journal: b.journal, Jobs: b.queue, Deliverer: b.Service, Logger: log,
		PBX: []backfill.PBX{{Name: "main", Location: time.UTC, Open: func(context.Context) (sweep.PBX, error) { return sweep.PBX{Name: "main"}, nil }}},
		Period: func(_ context.Context, _ sweep.PBX, _, _ time.Time, after sweep.Cursor, yield func(*call.Call, sweep.Reach) error) error {
			for _, c := range b.has() {
				if !after.Start.IsZero() && !c.StartedAt.After(after.Start) {
					continue
				}
				if err := yield(c, sweep.Within); err != nil {
					return err
				}
			}
			return nil
		},
	})
	must(b.tb, err)
}

// begin begins to work and deliver.
func (b *bench) begin() {
	ctx := context.Background()
	must(b.tb, b.runs.Resume(ctx))
	must(b.tb, b.Start(ctx, b.runs))
	must(b.tb, b.queue.Start(ctx))
}

func (b *bench) end() {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	b.runs.Close()
	must(b.tb, b.queue.Stop(ctx))
	must(b.tb, b.Stop(ctx))
	must(b.tb, b.journal.Close())
}

// start is open and begin, ended with the test.
func start(t *testing.T, targets ...Target) *bench {
	t.Helper()
	b := open(t, t.TempDir(), targets...)
	b.begin()
	t.Cleanup(b.end)
	return b
}

func (b *bench) request(change ...func(*backfill.Request)) *backfill.Run {
	b.tb.Helper()
	r := backfill.Request{Kind: backfill.ByPeriod, Start: epoch, RequestedBy: "test"}
	for _, f := range change {
		f(&r)
	}
	run, err := b.runs.Start(context.Background(), r)
	must(b.tb, err)
	return run
}

func (b *bench) wait(id string) *backfill.Run {
	b.tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	run, err := b.runs.Wait(ctx, id)
	must(b.tb, err)
	if !run.State.Over() {
		status, _ := b.Status(ctx)
		b.tb.Fatalf("the run is not over: %+v; targets %+v", run, status)
	}
	return run
}

// process works a run over all calls to its end.
func (b *bench) process(change ...func(*backfill.Request)) *backfill.Run {
	b.tb.Helper()
	return b.wait(b.request(change...).ID)
}

func forced(r *backfill.Request) { r.Force = true }
func dry(r *backfill.Request)    { r.DryRun = true }

// hook is a webhook target, and serve the server of its receiver.
func hook(tb testing.TB, name, address, secret string) Target {
	u, err := url.Parse(address)
	must(tb, err)
	t, err := webhook.New(webhook.Settings{URL: u, Secret: secret, AnswerTime: 5 * time.Second}, crm.Services{Now: time.Now})
	must(tb, err)
	return Target{Name: name, Type: "webhook", Target: t}
}

func serve(t *testing.T, handler http.Handler) string {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL
}
