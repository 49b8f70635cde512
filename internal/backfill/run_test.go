package backfill

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ringback/internal/call"
	"ringback/internal/journal"
)

func same(t *testing.T, what string, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// held are the ids of all calls of the journal, the newest first.
func (b *bench) held(t *testing.T) []string {
	t.Helper()
	list, err := b.journal.Calls(context.Background(), journal.CallFilter{Limit: 1 << 20})
	must(t, err)
	ids := []string{}
	for _, c := range list {
		ids = append(ids, c.ID)
	}
	return ids
}

func (b *bench) outcomes(t *testing.T, id string) map[string]string {
	t.Helper()
	list, err := b.Outcomes(context.Background(), id, "", "", 1<<20)
	must(t, err)
	said := map[string]string{}
	for _, o := range list {
		said[o.PBX+" "+o.ID] = string(o.Outcome) + ": " + o.Reason
	}
	return said
}

func TestAPeriodIsDeliveredOnceAndSkippedThereafter(t *testing.T) {
	b := start(t, t.TempDir(), fakes{"main": {calls: calls("main", 60)}}, nil)
	run := b.process(t, whole())
	same(t, "state", run.State, Done)
	same(t, "first", run.Calls, Counts{Found: 60, Processed: 60, Delivered: 60, NotFound: []string{}})
	same(t, "in the journal", len(b.held(t)), 60)
	same(t, "again", b.process(t, whole()).Calls, Counts{Found: 60, Processed: 60, Skipped: 60, NotFound: []string{}})
}

func TestARunShowsWhatWasAskedForInTheZoneOfItsPBX(t *testing.T) {
	b := start(t, t.TempDir(), fakes{"main": {}, "branch": {}}, nil)
	run := b.process(t, Request{Kind: ByPeriod, Start: epoch, End: epoch.Add(time.Hour), PBX: []string{"main", "main"}, RequestedBy: "admin", DryRun: true, Force: true})
	js, err := run.MarshalJSON()
	must(t, err)
	for _, part := range []string{
		`"start":"2026-11-23T10:00:00+03:00","end":"2026-11-23T11:00:00+03:00","ids":null,"pbx":["main"],"target":[],"dry_run":true,"force":true`,
		`"state":"done"`, `"requested_by":"admin","kind":"period"`, `"not_found":[]},"eta_seconds":null}`, `"error":null`,
	} {
		if !strings.Contains(string(js), part) {
			t.Errorf("%s lacks %s", js, part)
		}
	}
	all := b.process(t, whole())
	same(t, "all PBXs", all.PBX, []string{"branch", "main"})
	list, err := b.List(context.Background(), "", 10)
	must(t, err)
	same(t, "list", []string{list[0].ID, list[1].ID}, []string{all.ID, run.ID})
	same(t, "limit and before", len(must2(b.List(context.Background(), all.ID, 10))(t)), 1)
}

func must2[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		must(t, err)
		return v
	}
}

func TestOnlyThePeriodOfEachPBXIsWalked(t *testing.T) {
	b := start(t, t.TempDir(), fakes{"main": {calls: calls("main", 100)}, "branch": {calls: calls("branch", 100)}}, nil)
	run := b.process(t, Request{Kind: ByPeriod, Start: epoch, End: epoch.Add(10 * time.Second), Periods: map[string]Bounds{
		"branch": {epoch.Add(50 * time.Second), epoch.Add(55 * time.Second)},
	}})
	same(t, "found", run.Calls.Found, int64(15))
}

func TestADryRunSaysWhatWouldBeDoneAndRecordsNoCall(t *testing.T) {
	list := calls("main", 3)
	b := start(t, t.TempDir(), fakes{"main": {calls: list}}, nil)
	b.process(t, Request{Kind: ByIDs, IDs: []string{list[0].ID}})
	dry := whole()
	dry.DryRun = true
	run := b.process(t, dry)
	same(t, "counts", run.Calls, Counts{Found: 3, Processed: 3, Delivered: 2, Skipped: 1, NotFound: []string{}})
	same(t, "said", b.outcomes(t, run.ID), map[string]string{
		"main " + list[0].ID: "skipped: was delivered before",
		"main " + list[1].ID: "delivered: would be delivered",
		"main " + list[2].ID: "delivered: would be delivered",
	})
	same(t, "in the journal", b.held(t), []string{list[0].ID})
}

func TestForceDeliversAgain(t *testing.T) {
	b := start(t, t.TempDir(), fakes{"main": {calls: calls("main", 3)}}, nil)
	b.process(t, whole())
	forced := whole()
	forced.Force = true
	run := b.process(t, forced)
	same(t, "delivered", run.Calls.Delivered, int64(3))
}

func TestACallInProgressIsCountedAndTakenWhenItHasEnded(t *testing.T) {
	list := calls("main", 3)
	list[1].InProgress = true
	pbx := &fakePBX{calls: list}
	b := start(t, t.TempDir(), fakes{"main": pbx}, nil)
	run := b.process(t, whole())
	same(t, "counts", run.Calls, Counts{Found: 3, Processed: 3, Delivered: 2, InProgress: 1, NotFound: []string{}})
	same(t, "in the journal", b.held(t), []string{list[2].ID, list[0].ID})
	list[1].InProgress = false
	same(t, "when it has ended", b.process(t, whole()).Calls, Counts{Found: 3, Processed: 3, Delivered: 1, Skipped: 2, NotFound: []string{}})
}

func TestACallThatChangedIsDeliveredAnewWithTheReason(t *testing.T) {
	list := calls("main", 4)
	pbx := &fakePBX{calls: list}
	b := start(t, t.TempDir(), fakes{"main": pbx}, nil)
	b.process(t, whole())
	list[0].Result = call.Missed
	list[1].LinkedIDs = append(list[1].LinkedIDs, list[2].ID)
	pbx.calls = []*call.Call{list[0], list[1], list[3]}
	run := b.process(t, whole())
	same(t, "said", b.outcomes(t, run.ID), map[string]string{
		"main " + list[0].ID: "delivered: changed since it was delivered; revision 2",
		"main " + list[1].ID: "delivered: takes the place of call " + list[2].ID + ", which turned out to be a part of it; revision 2",
		"main " + list[3].ID: "skipped: was delivered before",
	})
	same(t, "in the journal", b.held(t), []string{list[3].ID, list[1].ID, list[0].ID})
	list[1].LinkedIDs = list[1].LinkedIDs[:1]
	pbx.calls = list
	run = b.process(t, whole())
	same(t, "an older reading is dropped", b.outcomes(t, run.ID)["main "+list[2].ID], "skipped: is a part of call "+list[1].ID)
	same(t, "an older reading is dropped", b.outcomes(t, run.ID)["main "+list[1].ID], "skipped: the journal holds more of this call than the PBX does now")
}

func TestIDsAreLookedForAtEveryPBXAndTheUnknownAreNamed(t *testing.T) {
	main, branch := calls("main", 5), calls("branch", 5)
	for _, c := range branch {
		c.ID, c.LinkedIDs, c.Legs[0].ID = "b"+c.ID, []string{"b" + c.ID}, "b"+c.Legs[0].ID
	}
	b := start(t, t.TempDir(), fakes{"main": {calls: main}, "branch": {calls: branch}}, nil)
	run := b.process(t, Request{Kind: ByIDs, IDs: []string{
		"9.9", main[0].ID, branch[1].Legs[0].ID, main[0].Legs[0].ID, main[0].ID, "8.8",
	}})
	same(t, "ids", run.IDs, []string{"9.9", main[0].ID, branch[1].Legs[0].ID, main[0].Legs[0].ID, "8.8"})
	same(t, "counts", run.Calls, Counts{Found: 2, Processed: 2, Delivered: 2, NotFound: []string{"9.9", "8.8"}})
	same(t, "in the journal", b.held(t), []string{branch[1].ID, main[0].ID})
}

func TestManyIDsAreLookedForInPortionsAndEachCallCountsOnce(t *testing.T) {
	list := calls("main", 800)
	var ids, missing []string
	for i, c := range list {
		ids = append(ids, c.ID, fmt.Sprintf("no.%d", i))
		missing = append(missing, fmt.Sprintf("no.%d", i))
	}
	for _, c := range slices.Backward(list) {
		ids = append(ids, c.Legs[0].ID) // the same calls again, in other portions
	}
	b := start(t, t.TempDir(), fakes{"main": {calls: list}}, nil)
	run := b.process(t, Request{Kind: ByIDs, IDs: ids})
	same(t, "counts", run.Calls, Counts{Found: 800, Processed: 800, Delivered: 800, NotFound: missing})
}

func TestNamesThatAreNotConfiguredAreRefused(t *testing.T) {
	b := start(t, t.TempDir(), fakes{"main": {}, "branch": {}}, nil)
	for _, test := range []struct {
		request Request
		want    UnknownNameError
	}{
		{Request{Kind: ByPeriod, Start: epoch, PBX: []string{"main", "Main"}}, UnknownNameError{"pbx", "Main", []string{"branch", "main"}}},
		{Request{Kind: ByPeriod, Start: epoch, Target: []string{"portal"}}, UnknownNameError{"target", "portal", nil}},
	} {
		_, err := b.Start(context.Background(), test.request)
		refused, ok := errors.AsType[*UnknownNameError](err)
		if !ok {
			t.Fatalf("%+v gives %v", test.request, err)
		}
		same(t, "refused", *refused, test.want)
	}
	for _, r := range []Request{{}, {Kind: ByIDs}, {Kind: ByPeriod}, {Kind: "all", Start: epoch}} {
		if _, err := b.Start(context.Background(), r); err == nil {
			t.Errorf("%+v is taken", r)
		}
	}
	same(t, "runs", len(must2(b.List(context.Background(), "", 10))(t)), 0)
}

func TestOverlappingRunsDeliverEachCallOnce(t *testing.T) {
	const n = 100
	b := start(t, t.TempDir(), fakes{"main": {calls: calls("main", n)}}, nil)
	var ids []string
	for i := range atOnce {
		r := whole()
		r.Start = r.Start.Add(time.Duration(i) * time.Second)
		run, err := b.Start(context.Background(), r)
		must(t, err)
		ids = append(ids, run.ID)
	}
	var found, delivered, skipped int64
	for _, id := range ids {
		run := b.wait(t, id)
		found, delivered, skipped = found+run.Calls.Found, delivered+run.Calls.Delivered, skipped+run.Calls.Skipped
	}
	same(t, "delivered", delivered, int64(n))
	same(t, "found", found, delivered+skipped)
	same(t, "in the journal", len(b.held(t)), n)
}

func TestAnUnknownRunIsNoRun(t *testing.T) {
	b := start(t, t.TempDir(), fakes{"main": {}}, nil)
	ctx := context.Background()
	for name, ask := range map[string]func() error{
		"get":      func() error { _, err := b.Get(ctx, "nothing"); return err },
		"cancel":   func() error { _, err := b.Cancel(ctx, "nothing"); return err },
		"retry":    func() error { _, err := b.Retry(ctx, "nothing", "admin"); return err },
		"outcomes": func() error { _, err := b.Outcomes(ctx, "nothing", "", "", 1); return err },
		"watch":    func() error { _, err := b.Watch(ctx, "nothing"); return err },
		"wait":     func() error { _, err := b.Wait(ctx, "nothing"); return err },
	} {
		if err := ask(); !errors.Is(err, ErrNoRun) {
			t.Errorf("%s gives %v", name, err)
		}
	}
}
