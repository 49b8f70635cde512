package journal_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ringback/internal/call"
	"ringback/internal/journal"
)

// noon is when the tests of deliveries take place.
var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// onEngines runs a test on a new journal of each engine.
func onEngines(t *testing.T, test func(t *testing.T, j *journal.Journal)) {
	for name, place := range engines {
		t.Run(name, func(t *testing.T) { test(t, openURL(t, place(t))) })
	}
}

func inTx(t *testing.T, j *journal.Journal, fn func(journal.Tx) error) {
	t.Helper()
	if err := j.InTx(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

// add records a call and a delivery of it that began some minutes after noon.
func add(t *testing.T, j *journal.Journal, id, number string, minute int, past bool) *journal.Delivery {
	t.Helper()
	at := noon.Add(time.Duration(minute) * time.Minute)
	d := &journal.Delivery{
		Target: "portal", PBX: "main", CallID: id, Key: "main-" + id, State: journal.DeliveryWaiting, Past: past,
		Number: number, Started: at, Wanted: 1, Due: at,
	}
	inTx(t, j, func(tx journal.Tx) error {
		c := &call.Call{ID: id, PBX: "main", LinkedIDs: []string{id}, StartedAt: call.Time{Time: at}, EndedAt: call.Time{Time: at}}
		if _, err := journal.RecordCalls(t.Context(), tx, "main", []*journal.Entry{journal.NewEntry(c)}, noon); err != nil {
			return err
		}
		return journal.AddDeliveries(t.Context(), tx, []*journal.Delivery{d}, noon)
	})
	return d
}

// due are the calls that may be taken up, in order.
func due(t *testing.T, j *journal.Journal) []string {
	t.Helper()
	list, err := j.DueDeliveries(t.Context(), "portal", noon.Add(time.Hour), 100)
	if err != nil {
		t.Fatal(err)
	}
	ids := []string{}
	for _, d := range list {
		ids = append(ids, d.CallID)
	}
	return ids
}

func equal(t *testing.T, what string, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// finish begins a delivery and ends it.
func finish(t *testing.T, j *journal.Journal, d *journal.Delivery, state string) {
	t.Helper()
	inTx(t, j, func(tx journal.Tx) error {
		got, err := journal.BeginDeliveries(t.Context(), tx, "me", []*journal.Delivery{d}, noon)
		if err == nil && !got[d.Seq] {
			err = errors.New("it is not to be had")
		}
		if err != nil {
			return err
		}
		d.State, d.Owner = state, ""
		return journal.SaveDelivery(t.Context(), tx, "me", d, noon)
	})
}

func TestCallsOfOneNumberAreTakenUpOneAfterTheOtherByStart(t *testing.T) {
	onEngines(t, func(t *testing.T, j *journal.Journal) {
		second := add(t, j, "2", "79160000001", 2, true)
		add(t, j, "3", "79160000001", 3, true)
		add(t, j, "5", "79160000002", 5, true)
		add(t, j, "6", "", 6, true)
		add(t, j, "7", "", 7, true)
		equal(t, "by number", due(t, j), []string{"2", "5", "6", "7"})
		first := add(t, j, "1", "79160000001", 1, true)
		equal(t, "an earlier one goes first", due(t, j), []string{"1", "5", "6", "7"})
		finish(t, j, first, journal.DeliveryDelivered)
		equal(t, "then the next", due(t, j), []string{"2", "5", "6", "7"})
		finish(t, j, second, journal.DeliveryRefused)
		equal(t, "a refused one holds up nobody", due(t, j), []string{"3", "5", "6", "7"})
	})
}

func TestLiveDeliveriesGoFirstAndTakeEarlierCallsOfTheirNumbersAlong(t *testing.T) {
	onEngines(t, func(t *testing.T, j *journal.Journal) {
		add(t, j, "1", "79160000001", 1, true)
		old := add(t, j, "2", "79160000002", 2, true)
		add(t, j, "3", "79160000003", 3, false)
		add(t, j, "4", "79160000002", 4, false)
		equal(t, "order", due(t, j), []string{"2", "3", "1"})
		finish(t, j, old, journal.DeliveryDelivered)
		equal(t, "order", due(t, j), []string{"3", "4", "1"})
	})
}

func TestADeliveryIsInOnePairOfHands(t *testing.T) {
	onEngines(t, func(t *testing.T, j *journal.Journal) {
		d := add(t, j, "1", "79160000001", 1, true)
		begin := func(owner string) bool {
			var got map[int64]bool
			inTx(t, j, func(tx journal.Tx) (err error) {
				d.State, d.Sending, d.Step = journal.DeliveryWorking, 1, "register"
				got, err = journal.BeginDeliveries(t.Context(), tx, owner, []*journal.Delivery{d}, noon)
				return err
			})
			return got[d.Seq]
		}
		equal(t, "the first and the second", []bool{begin("a"), begin("b")}, []bool{true, false})
		err := j.InTx(t.Context(), func(tx journal.Tx) error { return journal.SaveDelivery(t.Context(), tx, "b", d, noon) })
		if !errors.Is(err, journal.ErrLost) {
			t.Errorf("another writes to it: %v", err)
		}
		equal(t, "while it is under way", due(t, j), []string{})
		inTx(t, j, func(tx journal.Tx) error {
			n, err := journal.OrphanDeliveries(t.Context(), tx, "portal", []string{"b"}, noon)
			equal(t, "orphans", n, int64(1))
			return err
		})
		list, err := j.CallDeliveries(t.Context(), "main", "1")
		if err != nil {
			t.Fatal(err)
		}
		equal(t, "after its owner's death", []string{list[0].State, list[0].Step, list[0].Owner}, []string{journal.DeliveryUncertain, "register", ""})
		equal(t, "it is taken up again", begin("b"), true)
	})
}

func TestWhatRunsWaitForEndsWithTheLastDelivery(t *testing.T) {
	onEngines(t, func(t *testing.T, j *journal.Journal) {
		waits := []journal.Wait{
			{Run: 1, PBX: "main", CallID: "1", Target: "a", Delivery: 7},
			{Run: 1, PBX: "main", CallID: "1", Target: "b", Outcome: journal.OutcomeSkipped, Reason: "was delivered before"},
			{Run: 2, PBX: "main", CallID: "1", Target: "a", Delivery: 7},
			{Run: 2, PBX: "main", CallID: "1", Target: "c", Delivery: 8},
			{Run: 3, PBX: "main", CallID: "1", Target: "a", Delivery: 7},
		}
		for _, id := range []string{"01A", "01B", "01C"} {
			inTx(t, j, func(tx journal.Tx) error {
				return journal.InsertRun(t.Context(), tx, &journal.Run{ID: id, RequestedAt: noon, Kind: "period"})
			})
		}
		end := func(delivery int64) (ended [][]journal.Wait) {
			inTx(t, j, func(tx journal.Tx) (err error) {
				ended, err = journal.EndWaits(t.Context(), tx, delivery, journal.OutcomeDelivered, "")
				return err
			})
			return ended
		}
		inTx(t, j, func(tx journal.Tx) error { return journal.AddWaits(t.Context(), tx, waits) })
		inTx(t, j, func(tx journal.Tx) error { return journal.CancelRun(t.Context(), tx, "01C", noon) })
		waits[0].Outcome, waits[2].Outcome, waits[3].Outcome = journal.OutcomeDelivered, journal.OutcomeDelivered, journal.OutcomeDelivered
		equal(t, "the first", end(7), [][]journal.Wait{waits[:2]})
		equal(t, "the second", end(8), [][]journal.Wait{waits[2:4]})
		equal(t, "again", end(8), [][]journal.Wait{})
		inTx(t, j, func(tx journal.Tx) error {
			_, err := journal.CountedCalls(t.Context(), tx, 1, "main", []string{"1"})
			return err
		})
	})
}

func TestALimitIsPacedReservedBlockedAndCorrected(t *testing.T) {
	onEngines(t, func(t *testing.T, j *journal.Journal) {
		limit := journal.Limit{Target: "portal", Budget: "requests", Every: time.Second, Burst: 4, Most: 100, Reserve: 0.5}
		now := noon
		draw := func(units float64, live bool) (wait time.Duration) {
			inTx(t, j, func(tx journal.Tx) (err error) {
				wait, err = journal.Draw(t.Context(), tx, limit, units, live, now)
				return err
			})
			return wait
		}
		equal(t, "the past takes its part", []time.Duration{draw(1, false), draw(1, false), draw(1, false)}, []time.Duration{0, 0, time.Second})
		equal(t, "live calls take the rest", []time.Duration{draw(1, true), draw(1, true), draw(1, true)}, []time.Duration{0, 0, time.Second})
		now = now.Add(time.Second)
		equal(t, "the past stands back for a live call", draw(1, false) > 0, true)
		equal(t, "which has its turn", draw(1, true), time.Duration(0))
		now = now.Add(10 * time.Second)
		inTx(t, j, func(tx journal.Tx) error {
			return journal.BlockLimit(t.Context(), tx, "portal", "requests", now.Add(time.Minute))
		})
		equal(t, "blocked", draw(1, true), time.Minute)
		now = now.Add(2 * time.Minute)
		inTx(t, j, func(tx journal.Tx) error {
			return journal.CorrectLimit(t.Context(), tx, "portal", "requests", 99, now.Add(time.Hour))
		})
		equal(t, "nearly all is used", []time.Duration{draw(1, true), draw(1, true)}, []time.Duration{0, time.Hour})
		inTx(t, j, func(tx journal.Tx) error { return journal.GiveBack(t.Context(), tx, limit, 1) })
		equal(t, "one was given back", draw(1, true), time.Duration(0))
		now = now.Add(2 * time.Hour)
		equal(t, "later the count is old", draw(3, true), time.Duration(0))
		until, err := j.BlockedUntil(t.Context(), "portal", "")
		equal(t, "the target as a whole", []any{until.IsZero(), err}, []any{true, error(nil)})
	})
}

func TestWhatIsKeptHasAVersion(t *testing.T) {
	onEngines(t, func(t *testing.T, j *journal.Journal) {
		keep := func(value string, version int64) bool {
			kept, err := j.Keep(t.Context(), "portal", "token", value, version)
			if err != nil {
				t.Fatal(err)
			}
			return kept
		}
		equal(t, "kept", []bool{keep("a", 0), keep("b", 0), keep("b", 1), keep("c", 1)}, []bool{true, false, true, false})
		value, version, err := j.Kept(t.Context(), "portal", "token")
		equal(t, "what is kept", []any{value, version, err}, []any{"b", int64(2), error(nil)})
		value, version, err = j.Kept(t.Context(), "other", "token")
		equal(t, "what another keeps", []any{value, version, err}, []any{"", int64(0), error(nil)})
	})
}

func TestADeliveryKnowsTheContextsOfItsCallAndTheyMakeNoRevision(t *testing.T) {
	onEngines(t, func(t *testing.T, j *journal.Journal) {
		add(t, j, "1.1", "", 0, false) // as recorded before contexts were kept
		c := &call.Call{ID: "1.1", PBX: "main", LinkedIDs: []string{"1.1"}, StartedAt: call.Time{Time: noon}, EndedAt: call.Time{Time: noon}}
		for _, again := range []struct {
			contexts []string
			state    journal.State
			result   call.Result
			want     []string
		}{
			{nil, journal.Same, "", nil},
			{[]string{"from-trunk", "ext queues"}, journal.Same, "", []string{"from-trunk", "ext queues"}},
			{nil, journal.Same, "", []string{"from-trunk", "ext queues"}},
			{[]string{"from-trunk"}, journal.Changed, call.Missed, []string{"from-trunk"}},
		} {
			c.Contexts, c.Result = again.contexts, again.result
			inTx(t, j, func(tx journal.Tx) error {
				recorded, err := journal.RecordCalls(t.Context(), tx, "main", []*journal.Entry{journal.NewEntry(c)}, noon)
				if err == nil && recorded[0].State != again.state {
					t.Errorf("with contexts %q the call is %+v", again.contexts, recorded[0])
				}
				return err
			})
			list, err := j.DueDeliveries(t.Context(), "portal", noon.Add(time.Hour), 100)
			if err != nil || len(list) != 1 {
				t.Fatalf("due are %+v (%v)", list, err)
			}
			equal(t, "contexts", list[0].Contexts, again.want)
		}
		shown, err := j.Call(t.Context(), "main", "1.1")
		if err != nil || strings.Contains(string(shown.JSON), "from-trunk") {
			t.Errorf("a call shows its contexts: %s (%v)", shown.JSON, err)
		}
	})
}
