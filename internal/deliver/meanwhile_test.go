package deliver

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"ringback/internal/backfill"
	"ringback/internal/call"
	"ringback/internal/crm"
	"ringback/internal/journal"
)

func TestWhatIsWantedAnewWhileItIsTakenBackStays(t *testing.T) {
	ctx := t.Context()
	b := open(t, t.TempDir(), Target{Name: "portal", Target: newFake()})
	defer b.journal.Close()
	list := someCalls(1, 1)
	entry := journal.NewEntry(list[0])
	decide := func(run int64) {
		must(t, b.journal.InTx(ctx, func(tx journal.Tx) error {
			recorded, err := journal.RecordCalls(ctx, tx, "main", []*journal.Entry{entry}, time.Now())
			if err != nil {
				return err
			}
			_, err = b.Deliver(ctx, tx, backfill.Batch{Run: run, PBX: "main", Target: []string{"portal"}, Calls: []backfill.BatchCall{{Entry: entry, Recorded: recorded[0]}}})
			return err
		}))
	}
	b.set(list...)
	first := b.request()
	_, err := b.runs.Cancel(ctx, first.ID)
	must(t, err)
	decide(1)
	l := b.lanes[0]
	due, err := l.due(ctx, time.Now(), l.atOnce)
	must(t, err)
	if len(due) != 1 || !due[0].Abandoned {
		t.Fatalf("due are %+v", due)
	}
	b.live(list[0])
	must(t, l.withdraw(ctx, newDelivery(l, &due[0])))
	if d := b.of(list[0]); d.Past {
		t.Errorf("delivery is %+v", d)
	}
}

func TestATargetThatAnswersAfterARestartIsNotSaidToBeAway(t *testing.T) {
	dir := t.TempDir()
	stuck := newFake()
	asked := make(chan struct{})
	tell := sync.OnceFunc(func() { close(asked) })
	stuck.fault = func(*crm.Parcel, crm.Step, func()) error {
		tell()
		return &crm.Error{Class: crm.Blocked, Reason: "the token is dead"}
	}
	list := someCalls(1, 1)
	b := open(t, dir, Target{Name: "portal", Target: stuck})
	b.set(list...)
	b.begin()
	run := b.request()
	<-asked
	for blocked := false; !blocked; {
		status, err := b.Status(context.Background())
		must(t, err)
		blocked = status[0].State == "blocked"
	}
	b.end()
	again := open(t, dir, Target{Name: "portal", Target: newFake()})
	again.set(list...)
	again.begin()
	defer again.end()
	same(t, "run", again.wait(run.ID).Calls, tally(1, 1, 0, 0))
	status, err := again.Status(context.Background())
	must(t, err)
	same(t, "state", status[0].State, "")
}

func TestACallThatChangedWhileItWasRefusedIsTriedAsItIsNow(t *testing.T) {
	portal := newFake()
	asked, changed := make(chan struct{}), make(chan struct{})
	portal.fault = func(p *crm.Parcel, _ crm.Step, effect func()) error {
		if p.Revision == 1 {
			close(asked)
			<-changed
			return &crm.Error{Class: crm.Refused, Reason: "no such user"}
		}
		effect()
		return nil
	}
	b := start(t, Target{Name: "portal", Target: portal})
	list := someCalls(1, 1)
	b.set(list...)
	run := b.request()
	<-asked
	list[0].Result = call.Missed
	b.live(list[0])
	close(changed)
	same(t, "run", b.wait(run.ID).Calls, tally(1, 1, 0, 0))
	same(t, "entries", portal.entries(), map[string]int64{"main-" + list[0].ID: 2})
}

func TestAPartOfACallThatTheTargetNeverGotIsNotDeliveredBesideIt(t *testing.T) {
	portal := newFake()
	portal.update = true
	var back atomic.Bool
	var asks atomic.Int64
	portal.fault = func(_ *crm.Parcel, _ crm.Step, effect func()) error {
		asks.Add(1)
		if !back.Load() {
			return &crm.Error{Class: crm.Unavailable, Reason: "away"}
		}
		effect()
		return nil
	}
	b := start(t, Target{Name: "portal", Target: portal})
	list := someCalls(2, 2)
	b.set(list...)
	first := b.request()
	for asks.Load() < 6 {
	}
	whole := *list[0]
	whole.LinkedIDs = []string{list[0].ID, list[1].ID}
	b.set(&whole)
	second := b.request()
	for b.of(list[0]).Wanted < 2 {
	}
	back.Store(true)
	b.wait(first.ID)
	same(t, "second", b.wait(second.ID).Calls, tally(1, 1, 0, 0))
	same(t, "entries", portal.entries(), map[string]int64{"main-" + list[0].ID: 2})
}

// picky takes no calls while off.
type picky struct {
	*fake

	off *atomic.Bool
}

func (p picky) Parcels(c *call.Call, past bool) ([]crm.Parcel, string) {
	if p.off.Load() {
		return nil, "the settings leave it out"
	}
	return p.fake.Parcels(c, past)
}

func TestWhatTheSettingsLeftOutIsDeliveredWhenTheyWantItAgain(t *testing.T) {
	p := picky{newFake(), &atomic.Bool{}}
	b := open(t, t.TempDir(), Target{Name: "portal", Target: p})
	list := someCalls(1, 1)
	b.live(list[0])
	p.off.Store(true)
	b.set(list...)
	b.begin()
	defer b.end()
	for b.of(list[0]).State != journal.DeliverySkipped {
	}
	p.off.Store(false)
	same(t, "run", b.process().Calls, tally(1, 1, 0, 0))
}
