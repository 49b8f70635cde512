package deliver

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"sync"
	"sync/atomic"

	"ringback/internal/call"
	"ringback/internal/crm"
)

// fake is a CRM in memory: an entry for each key, made by "register", completed by
// "finish".
type fake struct {
	update, readBack bool
	atOnce           int
	budgets          []crm.Budget
	charges          []crm.Charge
	// fault decides how a step goes; effect brings it about.
	fault func(p *crm.Parcel, step crm.Step, effect func()) error
	looks atomic.Int64

	mu   sync.Mutex
	made map[string]int64 // revisions by key
	dups int
}

func newFake() *fake { return &fake{made: map[string]int64{}, atOnce: usualAtOnce} }

func (f *fake) Capabilities() crm.Capabilities {
	return crm.Capabilities{Update: f.update, ReadBack: f.readBack}
}
func (f *fake) AtOnce() int           { return f.atOnce }
func (f *fake) Budgets() []crm.Budget { return f.budgets }

func (f *fake) Parcels(c *call.Call, past bool) ([]crm.Parcel, string) {
	if c.Direction == call.Internal {
		return nil, "a call among ours"
	}
	return []crm.Parcel{{Key: crm.KeyOf(c, 0), Past: past, Call: c}}, ""
}

func (f *fake) Next(p *crm.Parcel, memo crm.Memo) crm.Step {
	var has struct{ Revision int64 }
	if len(memo) > 0 && json.Unmarshal(memo, &has) == nil && has.Revision >= p.Revision {
		return crm.Step{}
	}
	return crm.Step{Name: "register", Charges: f.charges}
}

func (f *fake) Do(_ context.Context, p *crm.Parcel, step crm.Step, _ crm.Memo) (crm.Memo, error) {
	effect := func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		if f.made[p.Key] >= p.Revision {
			f.dups++
		}
		f.made[p.Key] = p.Revision
	}
	if f.fault != nil {
		if err := f.fault(p, step, effect); err != nil {
			return nil, err
		}
	} else {
		effect()
	}
	return crm.Memo(fmt.Sprintf(`{"revision":%d}`, p.Revision)), nil
}

func (f *fake) Look(_ context.Context, p *crm.Parcel, _ crm.Step, memo crm.Memo) (crm.Memo, bool, error) {
	f.looks.Add(1)
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.made[p.Key] < p.Revision {
		return memo, false, nil
	}
	return crm.Memo(fmt.Sprintf(`{"revision":%d}`, p.Revision)), true, nil
}

func (f *fake) entries() map[string]int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return maps.Clone(f.made)
}
