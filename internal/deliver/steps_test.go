package deliver

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"ringback/internal/backfill"
	"ringback/internal/call"
	"ringback/internal/crm"
	"ringback/internal/journal"
)

// portal is a CRM that takes a call in steps: register, finish, and attach, which
// is optional.
type portal struct {
	*fake

	step func(p *crm.Parcel, step string) error
	done chan string
}

func newPortal(step func(p *crm.Parcel, step string) error) *portal {
	return &portal{newFake(), step, make(chan string, 1000)}
}

type steps struct{ Done []string }

func (p *portal) Next(_ *crm.Parcel, memo crm.Memo) crm.Step {
	var m steps
	_ = json.Unmarshal(memo, &m)
	all := []crm.Step{{Name: "register"}, {Name: "finish"}, {Name: "attach", Optional: true}}
	if len(m.Done) == len(all) {
		return crm.Step{}
	}
	return all[len(m.Done)]
}

func (p *portal) Do(_ context.Context, parcel *crm.Parcel, step crm.Step, memo crm.Memo) (crm.Memo, error) {
	if err := p.step(parcel, step.Name); err != nil {
		return nil, err
	}
	var m steps
	_ = json.Unmarshal(memo, &m)
	m.Done = append(m.Done, step.Name)
	p.done <- step.Name
	return json.Marshal(m)
}

// after gives an error for a step a few times, then none.
func after(times int64, name string, err error) func(*crm.Parcel, string) error {
	var n atomic.Int64
	return func(_ *crm.Parcel, step string) error {
		if step == name && n.Add(1) <= times {
			return err
		}
		return nil
	}
}

func (p *portal) did() string {
	close(p.done)
	var all []string
	for step := range p.done {
		all = append(all, step)
	}
	return strings.Join(all, " ")
}

func TestStepsAreDoneInOrderAndEachOnce(t *testing.T) {
	soon := func() time.Time { return time.Now().Add(30 * time.Millisecond) }
	for name, test := range map[string]struct {
		step   func(*crm.Parcel, string) error
		did    string
		failed bool
		reason string
	}{
		"all goes well":                  {after(0, "", nil), "register finish attach", false, ""},
		"a step is throttled":            {after(2, "finish", &crm.Error{Class: crm.Throttled, Until: soon()}), "register finish attach", false, ""},
		"a limit nobody knows is met":    {after(2, "finish", &crm.Error{Class: crm.Throttled, Budget: "unheard of"}), "register finish attach", false, ""},
		"the CRM is away between steps":  {after(5, "finish", &crm.Error{Class: crm.Unavailable, Reason: "503"}), "register finish attach", false, ""},
		"a step is refused":              {after(9, "finish", &crm.Error{Class: crm.Refused, Reason: "no such user"}), "register", true, "no such user"},
		"an optional step is refused":    {after(9, "attach", &crm.Error{Class: crm.Refused, Reason: "too big"}), "register finish", false, "delivered, but too big"},
		"the adapter panics":             {panics(), "register finish attach", false, ""},
		"an optional step has to wait":   {after(1, "attach", &crm.NotYetError{Again: soon()}), "register finish", false, ""},
		"what is no outcome is doubtful": {after(1, "finish", context.DeadlineExceeded), "register finish attach", false, ""},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPortal(test.step)
			b := start(t, Target{Name: "portal", Target: p})
			b.set(someCalls(1, 1)...)
			run := b.process()
			want := tally(1, 1, 0, 0)
			if test.failed {
				want = tally(1, 0, 0, 1)
			}
			same(t, "run", run.Calls, want)
			outcomes, err := b.runs.Outcomes(context.Background(), run.ID, "", "", 10)
			must(t, err)
			same(t, "reason", outcomes[0].Reason, test.reason)
			if name == "an optional step has to wait" {
				same(t, "before it", []string{<-p.done, <-p.done}, []string{"register", "finish"})
				same(t, "later", <-p.done, "attach")
				return
			}
			same(t, "steps", p.did(), test.did)
		})
	}
}

func panics() func(*crm.Parcel, string) error {
	var once atomic.Bool
	return func(_ *crm.Parcel, step string) error {
		if step == "finish" && !once.Swap(true) {
			var nothing []int
			_ = nothing[len(step)] // panics
		}
		return nil
	}
}

func TestATargetGetsTheCallsThatItsSettingsWant(t *testing.T) {
	portal, other := newFake(), newFake()
	b := start(t, Target{Name: "portal", Target: portal}, Target{Name: "branch", PBX: []string{"branch"}, Target: other})
	list := someCalls(2, 2)
	list[1].Direction = call.Internal
	b.set(list...)
	run := b.process()
	same(t, "run", run.Calls, tally(2, 1, 1, 0))
	outcomes, err := b.runs.Outcomes(context.Background(), run.ID, "", "", 10)
	must(t, err)
	same(t, "reason", outcomes[0].Reason, "a call among ours")
	same(t, "entries", []int{len(portal.entries()), len(other.entries())}, []int{1, 0})
}

// cursedRules panic over what to do with one call.
type cursedRules struct{ *fake }

func (c cursedRules) Parcels(of *call.Call, past bool) ([]crm.Parcel, string) {
	if strings.HasSuffix(of.From.Number, "1") {
		var nothing []int
		_ = nothing[len(of.ID)] // panics
	}
	return c.fake.Parcels(of, past)
}

func TestAnAdapterThatPanicsSpoilsOneCallAndNoOther(t *testing.T) {
	b := start(t, Target{Name: "portal", Target: cursedRules{newFake()}})
	b.set(someCalls(3, 3)...)
	run := b.process()
	same(t, "run", run.Calls, tally(3, 2, 0, 1))
	outcomes, err := b.runs.Outcomes(context.Background(), run.ID, "failed", "", 10)
	must(t, err)
	if !strings.Contains(outcomes[0].Reason, "please report it") {
		t.Errorf("the reason is %q", outcomes[0].Reason)
	}
}

func TestARunDoesNotWaitForATargetThatIsNotConfiguredAnyMore(t *testing.T) {
	dir := t.TempDir()
	stuck := newFake()
	stuck.fault = func(*crm.Parcel, crm.Step, func()) error {
		return &crm.Error{Class: crm.Blocked, Reason: "the account is not paid for"}
	}
	list := someCalls(150, 150)
	b := open(t, dir, Target{Name: "old", Target: stuck}, Target{Name: "portal", Target: newFake()})
	b.set(list...)
	b.begin()
	run := b.request()
	for walked := false; !walked; {
		now, err := b.runs.Get(context.Background(), run.ID)
		must(t, err)
		walked = now.Calls.Found == 150
	}
	b.end()
	again := open(t, dir, Target{Name: "portal", Target: newFake()})
	again.set(list...)
	again.begin()
	defer again.end()
	same(t, "run", again.wait(run.ID).Calls, tally(150, 0, 0, 150))
	failed, err := again.runs.Outcomes(context.Background(), run.ID, "failed", "", 1)
	must(t, err)
	same(t, "reason", failed[0].Reason, "old: the target old is not configured any more: configure it again, then retry")
}

func TestACursedCallIsGivenUpWhenOthersGetThrough(t *testing.T) {
	cursed := newFake()
	cursed.fault = func(p *crm.Parcel, _ crm.Step, effect func()) error {
		if strings.HasSuffix(p.Call.From.Number, "7") {
			return &crm.Error{Class: crm.Unavailable, Reason: "answered 503"}
		}
		effect()
		return nil
	}
	b := start(t, Target{Name: "portal", Target: cursed})
	feed, stop := make(chan struct{}), make(chan struct{})
	go func() { // others get through all the time
		defer close(feed)
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			case <-time.After(5 * time.Millisecond):
			}
			c := someCalls(1, 1)[0]
			c.ID, c.LinkedIDs = "live."+time.Duration(i).String(), nil
			entry := journal.NewEntry(c)
			_ = b.journal.InTx(context.Background(), func(tx journal.Tx) error {
				recorded, err := journal.RecordCalls(context.Background(), tx, "main", []*journal.Entry{entry}, time.Now())
				if err != nil {
					return err
				}
				return b.DeliverLive(context.Background(), tx, "main", []backfill.BatchCall{{Entry: entry, Recorded: recorded[0]}})
			})
			b.Nudge()
		}
	}()
	b.set(someCalls(8, 8)...)
	run := b.process()
	close(stop)
	<-feed
	same(t, "run", run.Calls, tally(8, 7, 0, 1))
	failed, err := b.runs.Outcomes(context.Background(), run.ID, "failed", "", 10)
	must(t, err)
	same(t, "reason", failed[0].Reason, "tried 60 times, while other calls got through; the last time: answered 503")
}

func TestWhatAdaptersKeepIsEncryptedWithAKeyOfItsOwn(t *testing.T) {
	ctx := context.Background()
	dir := t.TempDir()
	j, err := journal.Open(ctx, journal.Config{URL: "sqlite://" + filepath.Join(dir, "state.db")})
	must(t, err)
	defer j.Close()
	vault := func(name string) *Vault {
		v, err := OpenVault(j, filepath.Join(dir, name))
		must(t, err)
		return v
	}
	store := vault("state.key").Store("portal")
	must(t, store.Save(ctx, "token", []byte("s3cret"), 0))
	if err := store.Save(ctx, "token", []byte("other"), 0); !errors.Is(err, crm.ErrConflict) {
		t.Errorf("a second one that would be first: %v", err)
	}
	value, version, err := vault("state.key").Store("portal").Load(ctx, "token")
	same(t, "what is kept", []any{string(value), version, err}, []any{"s3cret", int64(1), error(nil)})
	_, version, err = store.Load(ctx, "nothing")
	same(t, "nothing", []any{version, err}, []any{int64(0), error(nil)})
	if _, _, err := vault("other.key").Store("portal").Load(ctx, "token"); err == nil || strings.Contains(err.Error(), "s3cret") {
		t.Errorf("with another key: %v", err)
	}
	raw, _, err := j.Kept(ctx, "portal", "token")
	must(t, err)
	if strings.Contains(raw, "s3cret") || strings.Contains(raw, "czNjcmV0") {
		t.Errorf("it is kept as %s", raw)
	}
	info, err := os.Stat(filepath.Join(dir, "state.key"))
	must(t, err)
	same(t, "mode", info.Mode().Perm(), os.FileMode(0o600))
	must(t, os.WriteFile(filepath.Join(dir, "bad.key"), []byte("short"), 0o600))
	if _, err := OpenVault(j, filepath.Join(dir, "bad.key")); err == nil {
		t.Error("a file that is no key is taken for one")
	}
}
