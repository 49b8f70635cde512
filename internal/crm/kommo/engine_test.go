package kommo_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"ringback/internal/backfill"
	"ringback/internal/call"
	"ringback/internal/config"
	"ringback/internal/crm"
	"ringback/internal/crm/kommo"
	"ringback/internal/crm/kommo/kommosim"
	"ringback/internal/deliver"
	"ringback/internal/journal"
)

// engine is an account to which calls are delivered by the program's own
// deliveries, with as many under way at once as it likes, in a bubble of synctest:
// its clock goes on only when everybody waits.
type engine struct {
	t       *testing.T
	sim     *kommosim.Sim
	journal *journal.Journal
	service *deliver.Service
}

// newEngine begins to deliver; each request takes the CRM so long.
func newEngine(t *testing.T, latency time.Duration, policy config.UnknownCallers, account func(*kommosim.Sim)) *engine {
	t.Helper()
	e := &engine{t: t}
	slow := func(*http.Request) kommosim.Fault { return kommosim.Fault{Slow: latency} }
	e.sim = kommosim.New(kommosim.Options{Token: "long-lived-secret", Now: time.Now, LockAfter: 3, Fault: slow})
	if account != nil {
		account(e.sim)
	}
	var err error
	e.journal, err = journal.Open(t.Context(), journal.Config{URL: "sqlite://" + filepath.Join(t.TempDir(), "state.db")})
	e.must(err)
	target, err := kommo.New(kommo.Settings{
		URL: &url.URL{Scheme: "https", Host: "example.amocrm.ru"}, Token: config.NewSecret("long-lived-secret"), UnknownCallers: policy,
		Users: map[string]int64{"1001": 504141}, Transport: e.sim.Transport(),
	}, crm.Services{Store: newStore(), Meter: deliver.NewMeter(e.journal, "amo"), Now: time.Now})
	e.must(err)
	e.service, err = deliver.New(deliver.Config{
		Journal: e.journal, Targets: []deliver.Target{{Name: "amo", Type: "kommo", Target: target}},
		Pause: func(n int) time.Duration { return time.Duration(n) * time.Second },
	})
	e.must(err)
	e.must(e.service.Start(context.Background(), unheard{}))
	return e
}

func (e *engine) must(err error) {
	e.t.Helper()
	if err != nil {
		e.t.Fatal(err)
	}
}

// unheard is told what runs wait for, and there are none.
type unheard struct{}

func (unheard) Settle(context.Context, journal.Tx, int64, backfill.CallOutcome) (func(), error) {
	return func() {}, nil
}

// add brings calls to be delivered.
func (e *engine) add(past bool, calls ...*call.Call) {
	e.t.Helper()
	ctx := context.Background()
	for part := range slices.Chunk(calls, 500) {
		e.must(e.journal.InTx(ctx, func(tx journal.Tx) error {
			var entries []*journal.Entry
			for _, c := range part {
				entries = append(entries, journal.NewEntry(c))
			}
			recorded, err := journal.RecordCalls(ctx, tx, "main", entries, time.Now())
			if err != nil {
				return err
			}
			batch := backfill.Batch{PBX: "main", Target: []string{"amo"}}
			for i := range entries {
				batch.Calls = append(batch.Calls, backfill.BatchCall{Entry: entries[i], Recorded: recorded[i]})
			}
			if !past {
				return e.service.DeliverLive(ctx, tx, "main", batch.Calls)
			}
			_, err = e.service.Deliver(ctx, tx, batch)
			return err
		}))
	}
	e.service.Nudge()
}

// settle waits until nothing is left to deliver, and ends the program; it returns
// how long that took.
func (e *engine) settle() time.Duration {
	e.t.Helper()
	from := time.Now()
	for {
		state, err := e.journal.TargetState(context.Background(), "amo")
		e.must(err)
		if state.Open == 0 {
			break
		}
		if time.Since(from) > 6*time.Hour {
			e.t.Fatalf("not everything is delivered after hours: %+v", state)
		}
		<-time.After(100 * time.Millisecond) // of the bubble
	}
	took := time.Since(from)
	e.must(e.service.Stop(context.Background()))
	e.must(e.journal.Close())
	return took
}

// waitFor waits until a call is in the account.
func (e *engine) waitFor(key string) {
	e.t.Helper()
	for range 3600 {
		for _, n := range e.sim.Holdings().Notes {
			if n.Params["uniq"] == key {
				return
			}
		}
		<-time.After(10 * time.Millisecond) // of the bubble
	}
	e.t.Fatalf("call %s never arrives", key)
}

// check says that every call is in the account once, and that the CRM refused no
// request for being one too many.
func (e *engine) check(calls []*call.Call) {
	e.t.Helper()
	h := e.sim.Holdings()
	got := map[string]int{}
	for _, n := range h.Notes {
		got[fmt.Sprint(n.Params["uniq"])]++
	}
	for _, u := range h.Unsorted {
		got[u.SourceUID]++
	}
	for _, c := range calls {
		if n := got["main-"+c.ID]; n != 1 {
			e.t.Errorf("call %s is there %d times", c.ID, n)
		}
	}
	if len(got) != len(calls) || h.Refused > 0 {
		e.t.Errorf("the account has %d calls, want %d; it refused %d requests", len(got), len(calls), h.Refused)
	}
}
