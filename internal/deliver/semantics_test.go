package deliver

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"ringback/internal/backfill"
	"ringback/internal/call"
	"ringback/internal/crm"
	"ringback/internal/crm/webhook/webhooktest"
	"ringback/internal/faultnet"
	"ringback/internal/journal"
)

func TestACallThatChangedIsDeliveredAsANewRevision(t *testing.T) {
	receiver := &webhooktest.Receiver{}
	b := start(t, hook(t, "warehouse", serve(t, receiver), ""))
	list := someCalls(3, 3)
	b.set(list...)
	b.process()
	list[1].Result = call.Missed
	run := b.process()
	same(t, "run", run.Calls, tally(3, 1, 2, 0))
	same(t, "effects", receiver.Effects()["main-"+list[1].ID+"-2"], 1)
}

func TestACallIsDeliveredUnderTheRevisionThatItHasByThen(t *testing.T) {
	slow, other := newFake(), newFake()
	slow.update = true
	var back atomic.Bool
	asked := make(chan struct{})
	tell := sync.OnceFunc(func() { close(asked) })
	slow.fault = func(_ *crm.Parcel, _ crm.Step, effect func()) error {
		if tell(); !back.Load() {
			return &crm.Error{Class: crm.Unavailable, Reason: "away"}
		}
		effect()
		return nil
	}
	b := start(t, Target{Name: "slow", Target: slow}, Target{Name: "other", Target: other})
	list := someCalls(1, 1)
	b.set(list...)
	to := func(name string) func(*backfill.Request) {
		return func(r *backfill.Request) { r.Target = []string{name} }
	}
	first := b.request(to("slow"))
	<-asked
	list[0].Result = call.Missed
	b.process(to("other"))
	back.Store(true)
	same(t, "first run", b.wait(first.ID).Calls, tally(1, 1, 0, 0))
	same(t, "entries", slow.entries(), map[string]int64{"main-" + list[0].ID: 2})
	same(t, "second run", b.process(to("slow")).Calls, tally(1, 0, 1, 0))
}

func TestForceDeliversAgainAndADryRunOnlySaysSo(t *testing.T) {
	receiver := &webhooktest.Receiver{}
	b := start(t, hook(t, "warehouse", serve(t, receiver), ""))
	b.set(someCalls(3, 3)...)
	same(t, "dry run", b.process(dry).Calls, tally(3, 3, 0, 0))
	same(t, "effects of a dry run", len(receiver.Effects()), 0)
	b.process()
	same(t, "dry run of what is delivered", b.process(dry).Calls, tally(3, 0, 3, 0))
	same(t, "forced", b.process(forced).Calls, tally(3, 3, 0, 0))
	for key, n := range receiver.Effects() {
		same(t, key, n, 2)
	}
}

func TestACallThatTurnsOutToBePartOfAnOlderOneGoesOnUnderItsName(t *testing.T) {
	portal := newFake()
	portal.update = true
	b := start(t, Target{Name: "portal", Target: portal})
	list := someCalls(3, 3)
	b.set(list[1:]...)
	b.process()
	whole := *list[0]
	whole.LinkedIDs = []string{list[0].ID, list[1].ID}
	b.set(&whole, list[2])
	run := b.process()
	same(t, "run", run.Calls, tally(2, 1, 1, 0))
	same(t, "entries", portal.entries(), map[string]int64{"main-" + list[1].ID: 2, "main-" + list[2].ID: 1})
	deliveries, err := b.journal.CallDeliveries(context.Background(), "main", whole.ID)
	must(t, err)
	if len(deliveries) != 1 || deliveries[0].Key != "main-"+list[1].ID || deliveries[0].Delivered != 2 {
		t.Errorf("deliveries are %+v", deliveries)
	}
}

func TestWithoutUpdatesAChangeIsOnlyNoted(t *testing.T) {
	portal := newFake()
	b := start(t, Target{Name: "portal", Target: portal})
	list := someCalls(2, 2)
	b.set(list...)
	b.process()
	list[0].Result = call.Missed
	run := b.process()
	same(t, "run", run.Calls, tally(2, 0, 2, 0))
	outcomes, err := b.runs.Outcomes(context.Background(), run.ID, "", "", 10)
	must(t, err)
	if !strings.Contains(outcomes[1].Reason, "changed since it was delivered (revision 2), and portal cannot change what it has") {
		t.Errorf("the reason is %q", outcomes[1].Reason)
	}
	same(t, "entries", portal.entries(), map[string]int64{"main-" + list[0].ID: 1, "main-" + list[1].ID: 1})
}

func TestATargetThatCanBeAskedIsAskedBeforeAStepIsDoneAgain(t *testing.T) {
	for name, after := range map[string]bool{"the effect came about": true, "it did not": false} {
		t.Run(name, func(t *testing.T) {
			portal := newFake()
			portal.readBack = true
			var failed atomic.Bool
			portal.fault = func(p *crm.Parcel, step crm.Step, effect func()) error {
				if failed.Swap(true) {
					effect()
					return nil
				}
				if after {
					effect()
				}
				return &crm.Error{Class: crm.Uncertain, Reason: "the answer was lost"}
			}
			b := start(t, Target{Name: "portal", Target: portal})
			list := someCalls(1, 1)
			b.set(list...)
			same(t, "run", b.process().Calls, tally(1, 1, 0, 0))
			same(t, "entries", portal.entries(), map[string]int64{"main-" + list[0].ID: 1})
			same(t, "looks", portal.looks.Load(), int64(1))
			status, err := b.Status(context.Background())
			must(t, err)
			same(t, "repeats", status[0].Repeats, int64(0))
		})
	}
}

func TestARefusedCallIsRetriedOnRequestAndHoldsUpNobody(t *testing.T) {
	portal := newFake()
	var mended atomic.Bool
	portal.fault = func(p *crm.Parcel, _ crm.Step, effect func()) error {
		if !mended.Load() && strings.HasSuffix(p.Call.From.Number, "0") {
			return &crm.Error{Class: crm.Refused, Reason: "no such user", Hint: "map the extension"}
		}
		effect()
		return nil
	}
	b := start(t, Target{Name: "portal", Target: portal})
	list := someCalls(20, 10)
	b.set(list...)
	run := b.process()
	same(t, "run", run.Calls, tally(20, 18, 0, 2))
	failed, err := b.runs.Outcomes(context.Background(), run.ID, backfill.CallFailed, "", 10)
	must(t, err)
	same(t, "reason", failed[0].Reason, "no such user; map the extension")
	mended.Store(true)
	same(t, "the next run", b.process().Calls, tally(20, 2, 18, 0))
}

func TestABlockedTargetIsProbedAndDelaysOnlyItself(t *testing.T) {
	portal, receiver := newFake(), &webhooktest.Receiver{}
	var paid atomic.Bool
	blocked := make(chan struct{}, 1000)
	portal.fault = func(_ *crm.Parcel, _ crm.Step, effect func()) error {
		if paid.Load() {
			effect()
			return nil
		}
		blocked <- struct{}{}
		return &crm.Error{Class: crm.Blocked, Reason: "the account is not paid for", Hint: "pay it"}
	}
	b := start(t, Target{Name: "portal", Target: portal}, hook(t, "warehouse", serve(t, receiver), ""))
	list := someCalls(50, 50)
	b.set(list...)
	run := b.request()
	for len(receiver.Effects()) < len(list) || len(blocked) < usualAtOnce+3 {
		<-time.After(time.Millisecond)
	}
	status, err := b.Status(context.Background())
	must(t, err)
	same(t, "status", []any{status[0].State, status[0].Reason, status[0].Open}, []any{"blocked", "the account is not paid for; pay it", int64(50)})
	same(t, "the run goes on", len(portal.entries()), 0)
	paid.Store(true)
	same(t, "run", b.wait(run.ID).Calls, tally(50, 50, 0, 0))
	status, err = b.Status(context.Background())
	must(t, err)
	same(t, "status", status[0].State, "")
}

func TestAReceiverThatIsAwayForAWhileGetsEverythingWhenItIsBack(t *testing.T) {
	receiver := &webhooktest.Receiver{Idempotent: true}
	var away atomic.Bool
	refused := make(chan struct{}, 10000)
	address := serve(t, faultnet.Wrap(receiver, func(n int64, _ *http.Request) faultnet.Fault {
		if n >= 20 && !away.Load() {
			refused <- struct{}{}
			return faultnet.Fault{Kind: faultnet.LoseBefore}
		}
		return faultnet.Fault{}
	}))
	b := start(t, hook(t, "warehouse", address, ""))
	list := someCalls(200, 200)
	b.set(list...)
	run := b.request()
	for range 40 {
		<-refused
	}
	away.Store(true)
	same(t, "run", b.wait(run.ID).Calls, tally(200, 200, 0, 0))
	once(t, list, receiver.Effects())
}

func TestLiveCallsGoFirst(t *testing.T) {
	portal := newFake()
	portal.atOnce = 1
	gate := make(chan struct{})
	var order []string
	portal.fault = func(p *crm.Parcel, _ crm.Step, effect func()) error {
		<-gate
		order = append(order, fmt.Sprint(p.Call.ID, p.Past))
		effect()
		return nil
	}
	b := start(t, Target{Name: "portal", Target: portal})
	list := someCalls(11, 11)
	b.set(list[:10]...)
	run := b.request()
	gate <- struct{}{} // the past is under way
	live := list[10]
	must(t, b.journal.InTx(context.Background(), func(tx journal.Tx) error {
		entry := journal.NewEntry(live)
		recorded, err := journal.RecordCalls(context.Background(), tx, "main", []*journal.Entry{entry}, time.Now())
		if err != nil {
			return err
		}
		return b.DeliverLive(context.Background(), tx, "main", []backfill.BatchCall{{Entry: entry, Recorded: recorded[0]}})
	}))
	b.Nudge()
	close(gate)
	b.wait(run.ID)
	if at := slices.Index(order, fmt.Sprint(live.ID, false)); at < 0 || at > 3 {
		t.Errorf("the live call came at place %d of %v", at, order)
	}
}

func TestAFullDiskKeepsWhatWasAcceptedUntilThereIsRoom(t *testing.T) {
	receiver := &webhooktest.Receiver{}
	full, room := make(chan struct{}), make(chan struct{})
	var first sync.Once
	address := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		first.Do(func() { close(full) })
		<-room
		receiver.ServeHTTP(w, r)
	}))
	b := start(t, hook(t, "warehouse", address, ""))
	list := someCalls(400, 400)
	b.set(list...)
	run := b.request()
	<-full
	limit := func(pages string) {
		must(t, b.journal.InTx(context.Background(), func(tx journal.Tx) error {
			var n int
			return tx.QueryRow(context.Background(), "PRAGMA max_page_count = "+pages).Scan(&n)
		}))
	}
	limit("1")
	close(room)
	for len(receiver.Effects()) < 16 {
		<-time.After(time.Millisecond)
	}
	accepted := len(receiver.Effects())
	limit("1073741823")
	same(t, "run", b.wait(run.ID).Calls, tally(400, 400, 0, 0))
	once(t, list, receiver.Effects())
	t.Logf("%d were accepted while the disk was full", accepted)
}

func TestACancelledRunsCallsAreNotDelivered(t *testing.T) {
	portal := newFake()
	portal.atOnce = 1
	begun, gate := make(chan struct{}, 1000), make(chan struct{})
	portal.fault = func(_ *crm.Parcel, _ crm.Step, effect func()) error {
		begun <- struct{}{}
		<-gate
		effect()
		return nil
	}
	b := start(t, Target{Name: "portal", Target: portal})
	list := someCalls(100, 10)
	b.set(list...)
	run := b.request()
	<-begun
	for {
		now, err := b.runs.Get(context.Background(), run.ID)
		must(t, err)
		if now.Calls.Found == 100 {
			break
		}
	}
	_, err := b.runs.Cancel(context.Background(), run.ID)
	must(t, err)
	close(gate)
	for {
		status, err := b.Status(context.Background())
		must(t, err)
		if status[0].Open == 0 {
			break
		}
	}
	if n := len(portal.entries()); n > 2 {
		t.Errorf("%d calls were delivered of a run that was cancelled with one under way", n)
	}
	same(t, "a new run delivers the rest", b.process().Calls.Failed, int64(0))
	same(t, "entries", len(portal.entries()), 100)
}
