package deliver

import (
	"context"
	"strconv"
	"sync"
	"testing"
	"time"

	"ringback/internal/backfill"
	"ringback/internal/crm"
)

// staged is a CRM that takes a call in three steps: the first asks nobody, the second
// is cheap, and only the third, which the limit of "slow" paces, completes the call.
type staged struct {
	*fake

	mu        sync.Mutex
	begun     map[string]bool // and not complete
	most      int             // of these at a time
	completed int
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
	if step.Name == "finish" {
		delete(s.begun, p.Key)
		s.completed++
	}
	return crm.Memo(strconv.Itoa(stage(memo) + 1)), nil
}

// Where a limit holds the last step of calls back, those behind them are not begun in the
// meantime, one after the other: the limit would go unused until all of them had been.
func TestACallThatWaitsForALimitKeepsItsPlace(t *testing.T) {
	const n, atOnce = 120, 4
	s := &staged{fake: newFake(), begun: map[string]bool{}}
	s.atOnce = atOnce
	s.budgets = []crm.Budget{{Name: "quick", Units: 1000, Window: time.Second, Burst: 1000}, {Name: "slow", Units: 60, Window: time.Second, Burst: 1}}
	b := start(t, Target{Name: "portal", Target: s})
	b.set(someCalls(n, n)...)
	run := b.process()
	same(t, "run", []any{run.State, run.Calls}, []any{backfill.Done, tally(n, n, 0, 0)})
	same(t, "completed", s.completed, n)
	if most := 2 * atOnce; s.most > most {
		t.Errorf("%d calls at a time were begun and not complete, want at most %d", s.most, most)
	}
}
