package kommo_test

import (
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"ringback/internal/call"
	"ringback/internal/config"
	"ringback/internal/crm/kommo/kommosim"
)

// accountOf is an account with contacts of the first n numbers.
func accountOf(n int) func(*kommosim.Sim) {
	return func(s *kommosim.Sim) {
		for i := range n {
			s.AddClient("contacts", "Client", fmt.Sprintf("7916%07d", i))
		}
	}
}

// callsOf are n calls of the first so many numbers, in turn.
func callsOf(n, numbers int) []*call.Call {
	var calls []*call.Call
	for i := range n {
		at := time.Now().Add(time.Duration(i-100000) * time.Second)
		calls = append(calls, incoming(fmt.Sprintf("%d.%d", at.Unix(), i), fmt.Sprintf("7916%07d", i%numbers), at))
	}
	return calls
}

// alone is how many requests a call took when each step of each delivery had one
// of its own, now the most that one may take. How many share a request depends on who
// comes first, most of all among live calls, which wait for nobody.
func TestDeliveriesShareRequestsAndNoneIsOneTooMany(t *testing.T) {
	for _, test := range []struct {
		name           string
		calls, numbers int
		past, known    bool
		policy         config.UnknownCallers
		alone, now     float64
	}{
		{"clients who called lately", 300, 60, true, true, config.Unsorted, 1.2, 0.3},
		{"three clients", 120, 3, true, true, config.Unsorted, 1.03, 0.45},
		{"each time another client", 100, 100, true, true, config.Unsorted, 2, 1.2},
		{"strangers among the unsorted", 40, 40, true, false, config.Unsorted, 5, 4.6},
		{"strangers as contacts", 40, 40, true, false, config.Contact, 6, 4.8},
		{"live calls", 120, 40, false, true, config.Unsorted, 1.33, 0.9},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()

			synctest.Test(t, func(t *testing.T) {
				account := accountOf(0)
				if test.known {
					account = accountOf(test.numbers)
				}
				e := newEngine(t, 150*time.Millisecond, test.policy, account)
				calls := callsOf(test.calls, test.numbers)
				e.add(test.past, calls...)
				took := e.settle()
				sent := float64(len(e.sim.Requests()))
				requests, used := sent/float64(test.calls), sent/took.Seconds()/7
				t.Logf("%d calls, %.2f requests a call (%.2f alone), %.1f calls a second, %.0f %% of the limit", test.calls, requests, test.alone, float64(test.calls)/took.Seconds(), 100*used)
				if requests > test.now || requests >= test.alone {
					t.Errorf("%.2f requests a call, want at most %.2f", requests, test.now)
				}
				if used < 0.75 {
					t.Errorf("%.0f %% of 7 requests a second are used while calls wait, want at least 75", 100*used)
				}
				e.check(calls)
			})
		})
	}
}

// A call that has just ended does not wait until others have: it is there within
// as many requests as it takes, though a history is being loaded.
func TestALiveCallDoesNotWaitForABatchToFill(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t, 100*time.Millisecond, config.Unsorted, accountOf(400))
		past := callsOf(120, 120)
		e.add(true, past...)
		<-time.After(5 * time.Second) // of the bubble
		live := incoming("9.9", "79160000399", time.Now().Add(-time.Minute))
		from := time.Now()
		e.add(false, live)
		e.waitFor("main-9.9")
		if took := time.Since(from); took > 1200*time.Millisecond {
			t.Errorf("a live call takes %v during a history", took)
		}
		e.settle()
		e.check(append(past, live))
	})
}

// One request in eight goes wrong in some way, many deliveries share each: every
// call arrives once.
func TestAStormOverSharedRequestsLeavesEveryCallOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t, 100*time.Millisecond, config.Unsorted, accountOf(30))
		storm := storm(3)
		e.sim.Break(func(r *http.Request) kommosim.Fault {
			f := storm(r)
			f.Slow = 100 * time.Millisecond
			return f
		})
		past := callsOf(120, 40)
		e.add(true, past...)
		live := callsOf(160, 40)[120:]
		e.add(false, live...)
		e.settle()
		e.check(append(past, live...))
		if h := e.sim.Holdings(); h.Most < 10 {
			t.Errorf("at most %d items go in one request: nothing was shared", h.Most)
		}
	})
}
