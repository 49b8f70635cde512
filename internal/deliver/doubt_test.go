package deliver

import (
	"context"
	"encoding/json"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"ringback/internal/backfill"
	"ringback/internal/call"
	"ringback/internal/crm"
	"ringback/internal/journal"
)

// live lets a call end now.
func (b *bench) live(c *call.Call) {
	b.tb.Helper()
	ctx := context.Background()
	must(b.tb, b.journal.InTx(ctx, func(tx journal.Tx) error {
		entry := journal.NewEntry(c)
		recorded, err := journal.RecordCalls(ctx, tx, "main", []*journal.Entry{entry}, time.Now())
		if err != nil {
			return err
		}
		return b.DeliverLive(ctx, tx, "main", []backfill.BatchCall{{Entry: entry, Recorded: recorded[0]}})
	}))
}

// exec changes the journal behind everybody's back.
func (b *bench) exec(sql string) {
	b.tb.Helper()
	ctx := context.Background()
	must(b.tb, b.journal.InTx(ctx, func(tx journal.Tx) error {
		_, err := tx.Exec(ctx, sql)
		return err
	}))
}

// of is the delivery of a call.
func (b *bench) of(c *call.Call) journal.Delivery {
	b.tb.Helper()
	list, err := b.journal.CallDeliveries(context.Background(), "main", c.ID)
	must(b.tb, err)
	if len(list) != 1 {
		b.tb.Fatalf("deliveries of call %s are %+v", c.ID, list)
	}
	return list[0]
}

func TestWhatIsTakenUpAgainIsAskedForFirstWhereItWasInDoubt(t *testing.T) {
	for _, state := range []string{journal.DeliveryRefused, journal.DeliveryRecording} {
		t.Run(state, func(t *testing.T) {
			portal := newFake()
			portal.readBack, portal.update = true, true
			b := start(t, Target{Name: "portal", Target: portal})
			list := someCalls(1, 1)
			b.set(list...)
			b.process()
			b.exec(`UPDATE deliveries SET state = '` + state + `', class = 'uncertain', memo = '', open = 0, ready = 0`)
			list[0].Result = call.Missed
			same(t, "run", b.process().Calls, tally(1, 1, 0, 0))
			same(t, "looks", portal.looks.Load(), int64(1))
			same(t, "entries", portal.entries(), map[string]int64{"main-" + list[0].ID: 2})
		})
	}
}

func TestWhatIsDoneAgainOnlySinceItsRequestServedAnotherPurposePausesNothing(t *testing.T) {
	portal := newFake()
	var renewals atomic.Int64
	portal.fault = func(_ *crm.Parcel, _ crm.Step, effect func()) error {
		if renewals.Add(1) <= 20 {
			return &crm.Error{Class: crm.Throttled, Again: true, Reason: "the token has been renewed"}
		}
		effect()
		return nil
	}
	b := open(t, t.TempDir(), Target{Name: "portal", Target: portal})
	b.config.Pause = func(int) time.Duration { return time.Hour }
	b.begin()
	t.Cleanup(b.end)
	list := someCalls(3, 3)
	b.set(list...)
	same(t, "run", b.process().Calls, tally(3, 3, 0, 0))
	status, err := b.Status(context.Background())
	must(t, err)
	same(t, "last error", status[0].Error, "")
}

// pages shows what it has in pages, one each time it is asked.
type pages struct {
	*fake

	page atomic.Int64 // that was asked for last
}

func (p *pages) Look(ctx context.Context, parcel *crm.Parcel, step crm.Step, memo crm.Memo) (crm.Memo, bool, error) {
	const last = 3
	var looked struct{ Page int64 }
	if len(memo) > 0 {
		if err := json.Unmarshal(memo, &looked); err != nil {
			return nil, false, err
		}
	}
	looked.Page++
	p.page.Store(looked.Page)
	if looked.Page < last {
		return fmt.Appendf(nil, `{"page":%d}`, looked.Page), false, &crm.Error{Class: crm.Throttled, Again: true, Reason: "there is more"}
	}
	return p.fake.Look(ctx, parcel, step, nil)
}

func TestALookGoesOnWhereTheLastOneEnded(t *testing.T) {
	for name, arrived := range map[string]bool{"the call is on the last page": true, "it is on none": false} {
		t.Run(name, func(t *testing.T) {
			portal := &pages{fake: newFake()}
			portal.readBack = true
			var lost atomic.Bool
			portal.fault = func(_ *crm.Parcel, _ crm.Step, effect func()) error {
				first := !lost.Swap(true)
				if !first || arrived {
					effect()
				}
				if first {
					return &crm.Error{Class: crm.Uncertain, Reason: "the answer was lost"}
				}
				return nil
			}
			b := start(t, Target{Name: "portal", Target: portal})
			list := someCalls(1, 1)
			b.set(list...)
			same(t, "run", b.process().Calls, tally(1, 1, 0, 0))
			same(t, "entries", portal.entries(), map[string]int64{"main-" + list[0].ID: 1})
			same(t, "last page", portal.page.Load(), int64(3))
		})
	}
}

// mute refuses to say what it has, at first.
type mute struct {
	*fake

	asked atomic.Bool
}

func (m *mute) Look(ctx context.Context, p *crm.Parcel, step crm.Step, memo crm.Memo) (crm.Memo, bool, error) {
	if !m.asked.Swap(true) {
		return nil, false, &crm.Error{Class: crm.Refused, Reason: "no right to read calls"}
	}
	return m.fake.Look(ctx, p, step, memo)
}

func TestACallStaysInDoubtWhenTheTargetRefusesToSayWhetherItHasIt(t *testing.T) {
	portal := &mute{fake: newFake()}
	portal.readBack = true
	var lost atomic.Bool
	portal.fault = func(_ *crm.Parcel, _ crm.Step, effect func()) error {
		effect()
		if lost.Swap(true) {
			return nil
		}
		return &crm.Error{Class: crm.Uncertain, Reason: "the answer was lost"}
	}
	b := start(t, Target{Name: "portal", Target: portal})
	b.set(someCalls(1, 1)...)
	same(t, "run", b.process().Calls, tally(1, 0, 0, 1))
	same(t, "another run", b.process().Calls, tally(1, 1, 0, 0))
	same(t, "doubles", portal.dups, 0)
}

func TestALimitThatIsOverAlreadyIsWaitedForAllTheSame(t *testing.T) {
	b := open(t, t.TempDir(), Target{Name: "portal", Target: newFake()})
	defer b.journal.Close()
	for name, ago := range map[string]time.Duration{"now": 0, "by another clock": time.Hour} {
		now := time.Now()
		b.config.Now = func() time.Time { return now }
		o := b.lanes[0].failed(t.Context(), &delivery{lane: b.lanes[0]}, &crm.Error{Class: crm.Throttled, Until: now.Add(-ago)})
		if !o.block.After(now) || !o.row.Due.After(now) {
			t.Errorf("%s: nothing is sent until %v, and it is tried again at %v; it is %v", name, o.block, o.row.Due, now)
		}
	}
}

func TestNothingIsBegunWhenWhatWasDrawnForOthersCannotBeGivenBack(t *testing.T) {
	ctx := t.Context()
	portal := newFake()
	portal.budgets = []crm.Budget{{Name: "requests", Units: 100, Window: time.Second, Burst: 100}}
	portal.charges = []crm.Charge{{Budget: "requests", Units: 1}}
	b := open(t, t.TempDir(), Target{Name: "portal", Target: portal})
	defer b.journal.Close()
	list := someCalls(2, 2)
	b.live(list[0])
	b.live(list[1])
	l := b.lanes[0]
	due, err := l.due(ctx, time.Now(), l.atOnce)
	must(t, err)
	prepared, _, err := l.prepare(ctx, due)
	must(t, err)
	b.exec(`UPDATE deliveries SET owner = 'another' WHERE call_id = '` + list[0].ID + `'`)
	b.exec(`ALTER TABLE limits RENAME TO gone`)
	got, err := l.begin(ctx, prepared)
	if err == nil || len(got) > 0 {
		t.Errorf("%d are begun: %v", len(got), err)
	}
	same(t, "owner", b.of(list[1]).Owner, "")
}

func TestWhatWasBegunWithoutTheJournalsWordForItIsTakenUpAllTheSame(t *testing.T) {
	ctx := t.Context()
	portal := newFake()
	portal.readBack = true
	b := open(t, t.TempDir(), Target{Name: "portal", Target: portal})
	list := someCalls(2, 2)
	b.live(list[0])
	b.live(list[1])
	l := b.lanes[0]
	due, err := l.due(ctx, time.Now(), l.atOnce)
	must(t, err)
	prepared, _, err := l.prepare(ctx, due)
	must(t, err)
	_, err = l.begin(ctx, prepared[:1]) // it is written, and the journal's answer lost
	must(t, err)
	l.mistrust(due, prepared)
	must(t, b.Start(context.Background(), b.runs))
	defer b.end()
	for _, c := range list {
		for b.of(c).State != journal.DeliveryDelivered {
		}
	}
	same(t, "looks", portal.looks.Load(), int64(0))
	same(t, "doubles", portal.dups, 0)
}

func TestWhatChangedWhileItWasLookedAtIsNotClosed(t *testing.T) {
	ctx := t.Context()
	b := open(t, t.TempDir(), Target{Name: "portal", Target: newFake()})
	defer b.journal.Close()
	c := someCalls(1, 1)[0]
	b.live(c)
	l := b.lanes[0]
	due, err := l.due(ctx, time.Now(), l.atOnce)
	must(t, err)
	c.Result = call.Missed
	b.live(c)
	must(t, l.close(ctx, newDelivery(l, &due[0]), journal.OutcomeSkipped, "a call among ours"))
	d := b.of(c)
	same(t, "delivery", []any{d.State, d.Wanted}, []any{journal.DeliveryWaiting, int64(2)})
}
