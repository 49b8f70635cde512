package deliver

import (
	"context"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"ringback/internal/backfill"
	"ringback/internal/call"
	"ringback/internal/crm"
)

// staged is a CRM that takes a call in three steps: the first asks nobody, the second
// is cheap, and only the third, which the limit of "slow" paces, completes the call.
type staged struct {
	*fake

	mu        sync.Mutex
	begun     map[string]bool // and not complete
	most      int             // of these at a time
	completed []string
	// refuse is whose last step a limit refuses, once.
	refuse string
}

var stages = []crm.Step{
	{Name: "prepare"}, {Name: "register", Charges: []crm.Charge{{Budget: "quick", Units: 1}}}, {Name: "finish", Charges: []crm.Charge{{Budget: "slow", Units: 1}}}, {},
}

// stage is how many steps were done.
func stage(memo crm.Memo) int {
	n, err := strconv.Atoi(string(memo))
	if err != nil {
		return 0 // there is no memo yet
	}
	return n
}

func (s *staged) Next(_ *crm.Parcel, memo crm.Memo) crm.Step { return stages[stage(memo)] }

func (s *staged) Do(_ context.Context, p *crm.Parcel, step crm.Step, memo crm.Memo) (crm.Memo, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.begun[p.Key] = true
	s.most = max(s.most, len(s.begun))
	if step.Name == "finish" && s.refuse == p.Key {
		s.refuse = ""
		return nil, &crm.Error{Class: crm.Throttled, Budget: "slow", Until: time.Now().Add(50 * time.Millisecond)}
	}
	if step.Name == "finish" {
		delete(s.begun, p.Key)
		s.completed = append(s.completed, p.Key)
	}
	return crm.Memo(strconv.Itoa(stage(memo) + 1)), nil
}

// Where a limit holds the last step of calls back, those behind them are not begun in the
// meantime, one after the other: the limit would go unused until all of them had been. One
// that the target itself refused for the limit does not go to the end either.
func TestACallThatWaitsForALimitKeepsItsPlace(t *testing.T) {
	const n, atOnce = 120, 4
	calls := someCalls(n, n)
	first := slices.MinFunc(calls, func(a, b *call.Call) int { return a.StartedAt.Compare(b.StartedAt.Time) })
	s := &staged{fake: newFake(), begun: map[string]bool{}, refuse: crm.KeyOf(first, 0)}
	s.atOnce = atOnce
	s.budgets = []crm.Budget{{Name: "quick", Units: 1000, Window: time.Second, Burst: 1000}, {Name: "slow", Units: 60, Window: time.Second, Burst: 1}}
	b := start(t, Target{Name: "portal", Target: s})
	b.set(calls...)
	run := b.process()
	same(t, "run", []any{run.State, run.Calls}, []any{backfill.Done, tally(n, n, 0, 0)})
	same(t, "completed", len(s.completed), n)
	const most = 2 * atOnce
	if s.most > most {
		t.Errorf("%d calls at a time were begun and not complete, want at most %d", s.most, most)
	}
	if at := slices.Index(s.completed, crm.KeyOf(first, 0)); at > most {
		t.Errorf("the call that was refused once is the %dth that is complete, want one of the first %d", at+1, most)
	}
}
