package deliver

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"ringback/internal/backfill"
	"ringback/internal/crm"
	"ringback/internal/crm/webhook/webhooktest"
	"ringback/internal/dbtest"
	"ringback/internal/faultnet"
)

func TestProcessesThatShareAJournalDeliverEachCallOnce(t *testing.T) {
	url := dbtest.PostgreSQL(t).Database(t).URL
	receiver := &webhooktest.Receiver{Secret: "s3cret", Idempotent: true}
	address := serve(t, receiver)
	list := someCalls(250, 50)
	var benches []*bench
	for range 3 {
		b := openURL(t, url, hook(t, "warehouse", address, "s3cret"))
		b.set(list...)
		b.begin()
		t.Cleanup(b.end)
		benches = append(benches, b)
	}
	run := benches[0].process()
	same(t, "run", run.Calls, tally(250, 250, 0, 0))
	for key, n := range receiver.Effects() {
		if n != 1 {
			t.Errorf("%s arrived %d times", key, n)
		}
	}
	last := map[string]string{}
	for _, e := range receiver.Order() {
		if e.CallID < last[e.From] {
			t.Errorf("%s of %s came after %s", e.CallID, e.From, last[e.From])
		}
		last[e.From] = e.CallID
	}
	status, err := benches[1].Status(context.Background())
	must(t, err)
	same(t, "target", []any{status[0].Delivered, status[0].Repeats, status[0].Open}, []any{int64(250), int64(0), int64(0)})
}

func TestOneOfTwoProcessesIsKilledAgainAndAgain(t *testing.T) {
	url := dbtest.PostgreSQL(t).Database(t).URL
	receiver := &webhooktest.Receiver{Secret: "s3cret", Idempotent: true}
	kill, over := make(chan struct{}), make(chan struct{})
	address := serve(t, faultnet.Wrap(receiver, func(n int64, _ *http.Request) faultnet.Fault {
		if n%60 == 59 {
			select {
			case kill <- struct{}{}:
			case <-over:
			default:
			}
		}
		if rand.N(20) == 0 {
			return faultnet.Fault{Kind: faultnet.LoseAfter}
		}
		return faultnet.Fault{}
	}))
	survivor := openURL(t, url, hook(t, "warehouse", address, "s3cret"))
	list := someCalls(victimCalls, victimNumbers)
	survivor.set(list...)
	run := survivor.request()
	var hunt sync.WaitGroup
	kills := 0
	hunt.Go(func() {
		for {
			switch err := sacrifice(url, address, kill); {
			case errors.Is(err, errKilled):
				kills++
			case err != nil:
				t.Error(err)
				return
			default:
				return // it saw the run's end
			}
		}
	})
	survivor.begin()
	t.Cleanup(survivor.end)
	done := survivor.wait(run.ID)
	close(over)
	hunt.Wait()
	same(t, "run", []any{done.State, done.Calls}, []any{backfill.Done, tally(victimCalls, victimCalls, 0, 0)})
	once(t, list, receiver.Effects())
	t.Logf("%d kills", kills)
}

// paced makes two processes deliver under one budget, and returns when requests
// came.
func paced(t *testing.T, urls []string, budget crm.Budget, n int) []time.Time {
	t.Helper()
	portal := newFake()
	portal.budgets, portal.charges = []crm.Budget{budget}, []crm.Charge{{Budget: budget.Name, Units: 1}}
	var mu sync.Mutex
	var moments []time.Time
	portal.fault = func(_ *crm.Parcel, _ crm.Step, effect func()) error {
		mu.Lock()
		moments = append(moments, time.Now())
		mu.Unlock()
		effect()
		return nil
	}
	var benches []*bench
	for _, url := range urls {
		b := openURL(t, url, Target{Name: "portal", Target: portal})
		b.set(someCalls(n, n)...)
		b.begin()
		t.Cleanup(b.end)
		benches = append(benches, b)
	}
	same(t, "run", benches[0].process().Calls, tally(int64(n), int64(n), 0, 0))
	slices.SortFunc(moments, time.Time.Compare)
	return moments
}

func TestProcessesNeverExceedALimitTogetherAndUseIt(t *testing.T) {
	budget := crm.Budget{Name: "requests", Units: 40, Window: time.Second, Burst: 4, Live: 0.25}
	shared := dbtest.PostgreSQL(t).Database(t).URL
	for name, urls := range map[string][]string{"one process": {"sqlite://" + t.TempDir() + "/state.db"}, "two processes": {shared, shared}} {
		t.Run(name, func(t *testing.T) {
			const n = 120
			began := time.Now()
			moments := paced(t, urls, budget, n)
			// A request comes later than it was allowed to, never earlier: by each
			// moment, no more have come than were allowed since the beginning.
			for i, at := range moments {
				allowed := budget.Burst + budget.Units*at.Sub(began).Seconds()/budget.Window.Seconds()
				if float64(i+1) > allowed {
					t.Errorf("%d requests came in %v, %.1f were allowed", i+1, at.Sub(began), allowed)
				}
			}
			took := moments[n-1].Sub(moments[0])
			ideal := time.Duration(float64(budget.Window) / budget.Units * (n - budget.Burst))
			t.Logf("used %.1f %% of what was allowed", 100*float64(ideal)/float64(took))
		})
	}
}
