package sweep_test

import (
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"ringback/internal/call"
	"ringback/internal/call/casefile"
	"ringback/internal/cel"
	"ringback/internal/dbtest"
	"ringback/internal/sweep"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(withServers{m}) }

// withServers stops the database servers before goroutines are counted.
type withServers struct{ m *testing.M }

func (w withServers) Run() int { return dbtest.Main(w.m) }

// reference gives what a period must yield, the plain way: everything is
// grouped and assembled, and what touches the period is kept.
func reference(t testing.TB, records []cel.Record, from, until time.Time) []string {
	t.Helper()
	a := call.NewAssembler(call.Settings{Plan: plan(t)})
	var calls []*call.Call
	for _, g := range call.Join(records) {
		touches := slices.ContainsFunc(g.Records, func(r cel.Record) bool {
			return (from.IsZero() || r.At >= from.UnixMicro()) && (until.IsZero() || r.At < until.UnixMicro())
		})
		if c := a.Assemble(g); c != nil && touches {
			calls = append(calls, c)
		}
	}
	slices.SortFunc(calls, func(a, b *call.Call) int {
		if o := a.StartedAt.Compare(b.StartedAt.Time); o != 0 {
			return o
		}
		if a.ID < b.ID {
			return -1
		}
		return 1
	})
	return printed(calls)
}

func printed(calls []*call.Call) []string {
	var list []string
	for _, c := range calls {
		list = append(list, string(c.AppendJSON(nil)))
	}
	return list
}

func pbx(t testing.TB, src *memory, silence time.Duration) sweep.PBX {
	return sweep.PBX{Source: src, Plan: plan(t), Location: time.UTC, Silence: silence, Now: func() time.Time { return time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC) }}
}

func period(t testing.TB, p sweep.PBX, from, until time.Time, after sweep.Cursor) []*call.Call {
	t.Helper()
	var calls []*call.Call
	if err := sweep.Period(context.Background(), p, from, until, after, func(c *call.Call) error {
		calls = append(calls, c)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return calls
}

// day are the captures several times over, hours apart and overlapping.
func day(t testing.TB) []cel.Record {
	once := captured(t)
	all := slices.Clone(once)
	all = append(all, later(once, 3*time.Minute, "11")...)
	all = append(all, later(once, 2*time.Hour, "222")...)
	all = append(all, later(once, 9*time.Hour, "3333")...)
	slices.SortStableFunc(all, func(a, b cel.Record) int { return int(a.At - b.At) })
	for i := range all {
		all[i].ID = int64(i + 1)
	}
	return all
}

func TestAnyPeriodYieldsEachCallThatItTouchesWholeAndInOrder(t *testing.T) {
	records := day(t)
	first, last := records[0].At, records[len(records)-1].At
	rapid.Check(t, func(rt *rapid.T) {
		from := time.UnixMicro(rapid.Int64Range(first-1_000_000, last).Draw(rt, "from"))
		until := from.Add(time.Duration(rapid.Int64Range(1, 11*3600).Draw(rt, "seconds")) * time.Second)
		if rapid.Bool().Draw(rt, "open end") {
			until = time.Time{}
		}
		silence := time.Duration(rapid.Int64Range(60, 4*3600).Draw(rt, "silence")) * time.Second
		src := &memory{records: records, batch: rapid.IntRange(1, 500).Draw(rt, "batch"), slow: rapid.Bool().Draw(rt, "slow")}
		got := printed(period(t, pbx(t, src, silence), from, until, sweep.Cursor{}))
		want := reference(t, records, from, until)
		if diff := cmp.Diff(want, got); diff != "" {
			rt.Fatalf("from %v until %v: %s", from.UTC(), until.UTC(), diff)
		}
	})
}

func TestGoingOnFromACursorYieldsTheRestAndNothingTwice(t *testing.T) {
	records := day(t)
	from := time.UnixMicro(records[len(records)/7].At)
	src := &memory{records: records, batch: 100}
	p := pbx(t, src, time.Hour)
	all := period(t, p, from, time.Time{}, sweep.Cursor{})
	for cut := 1; cut < len(all); cut += 3 {
		if all[cut-1].StartedAt.Before(from) {
			continue
		}
		rest := period(t, p, from, time.Time{}, sweep.CursorOf(all[cut-1]))
		if diff := cmp.Diff(printed(all[cut:]), printed(rest)); diff != "" {
			t.Fatalf("after call %d: %s", cut, diff)
		}
	}
}

func TestACallIsFoundByEachOfItsIds(t *testing.T) {
	records := captured(t)
	src := &memory{records: records, batch: 100}
	for _, id := range []string{"1795410891.102", "1795410894.104", "1795410894.105", "1795410891.103"} {
		var found []string
		missing, err := sweep.IDs(context.Background(), pbx(t, src, time.Hour), []string{id, "1.1", id}, func(c *call.Call) error {
			found = append(found, c.ID)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"1795410891.102"}, found); diff != "" {
			t.Error(id, diff)
		}
		if diff := cmp.Diff([]string{"1.1"}, missing); diff != "" {
			t.Error(id, diff)
		}
	}
}

func TestMembersOfAConferenceKnowOneAnotherHoweverTheyAreAskedFor(t *testing.T) {
	records := captured(t)
	src := &memory{records: records, batch: 10}
	var byID []*call.Call
	if _, err := sweep.IDs(context.Background(), pbx(t, src, time.Hour), []string{"1795410996.139"}, func(c *call.Call) error {
		byID = append(byID, c)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if len(byID) != 1 {
		t.Fatalf("%d calls", len(byID))
	}
	want := []string{"79161234567", "1001", "1002"}
	if diff := cmp.Diff(want, byID[0].Talks[0].Parties); diff != "" {
		t.Error(diff)
	}
}

func TestWhoIsBehindALocalChannelInAConferenceIsKnownHoweverItIsAskedFor(t *testing.T) {
	b, err := os.ReadFile("../call/testdata/conference-calls-a-client-through-a-local-channel.case")
	if err != nil {
		t.Fatal(err)
	}
	c, err := casefile.Parse("conference", b)
	if err != nil {
		t.Fatal(err)
	}
	src := &memory{records: c.Records, batch: 3}
	calls := period(t, pbx(t, src, time.Hour), time.Time{}, time.Time{}, sweep.Cursor{})
	if _, err := sweep.IDs(context.Background(), pbx(t, src, time.Hour), []string{c.Records[0].LinkedID}, func(c *call.Call) error {
		calls = append(calls, c)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if len(calls) != 3 {
		t.Fatalf("%d calls", len(calls))
	}
	for _, member := range []*call.Call{calls[0], calls[2]} {
		if len(member.Talks) != 1 {
			t.Fatalf("talks: %v", member.Talks)
		}
		if diff := cmp.Diff([]string{"201", "89161112233"}, member.Talks[0].Parties); diff != "" {
			t.Error(diff)
		}
	}
}

func TestReadingOnePeriodLooksUpOnlyTheCallsThatCrossItsEdges(t *testing.T) {
	records := slices.DeleteFunc(day(t), func(r cel.Record) bool { return strings.HasPrefix(r.Channel, "CBAnn/") }) // never ends
	src := &memory{records: records, batch: 100}
	from := time.UnixMicro(records[0].At).Add(90 * time.Minute)
	period(t, pbx(t, src, time.Hour), from, from.Add(90*time.Minute), sweep.Cursor{})
	if src.lookups.Load() > 0 {
		t.Errorf("%d look-ups for a period whose edges no call crosses", src.lookups.Load())
	}
	src.lookups.Store(0)
	period(t, pbx(t, src, time.Hour), time.Time{}, time.Time{}, sweep.Cursor{})
	if src.lookups.Load() > 0 {
		t.Errorf("%d look-ups for everything", src.lookups.Load())
	}
}

func TestAnErrorOfTheReceiverStopsReading(t *testing.T) {
	src := &memory{records: day(t), batch: 10}
	full := errors.New("full")
	err := sweep.Period(context.Background(), pbx(t, src, time.Minute), time.Time{}, time.Time{}, sweep.Cursor{}, func(*call.Call) error { return full })
	if !errors.Is(err, full) {
		t.Fatal(err)
	}
}

func TestACallWithoutAnEndDoesNotHoldUpOthersForLongerThanItMayBeSilent(t *testing.T) {
	records := day(t)
	var kept []cel.Record
	for _, r := range records {
		crashed := r.LinkedID == "1795410647.0" && (r.Type == cel.Hangup || r.Type == cel.ChanEnd || r.Type == cel.LinkedIDEnd)
		if !crashed {
			kept = append(kept, r)
		}
	}
	src := &memory{records: kept, batch: 10}
	calls := period(t, pbx(t, src, time.Hour), time.Time{}, time.Time{}, sweep.Cursor{})
	if got := calls[0]; got.ID != "1795410647.0" || got.Complete || got.InProgress {
		t.Errorf("first call: %s", got.AppendJSON(nil))
	}
	if len(calls) != len(reference(t, records, time.Time{}, time.Time{})) {
		t.Errorf("%d calls", len(calls))
	}
}

func TestRecordsOfAWrongClockDoNotTearOthersApart(t *testing.T) {
	records := day(t)
	odd := slices.Clone(records[:40])
	for i := range odd {
		odd[i].At += (1000 * 24 * time.Hour).Microseconds()
		odd[i].LinkedID, odd[i].UniqueID = "odd."+odd[i].LinkedID, "odd."+odd[i].UniqueID
	}
	mixed := slices.Concat(records[:len(records)/2], odd, records[len(records)/2:])
	for i := range mixed {
		mixed[i].ID = int64(i + 1)
	}
	seen := make(map[string]int)
	for _, c := range period(t, pbx(t, &memory{records: mixed, batch: 7}, time.Hour), time.Time{}, time.Time{}, sweep.Cursor{}) {
		seen[c.ID]++
	}
	for id, n := range seen {
		if n != 1 {
			t.Errorf("%s came %d times", id, n)
		}
	}
}
