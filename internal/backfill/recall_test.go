package backfill

import (
	"context"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"ringback/internal/cel"
	"ringback/internal/journal"
)

func ask(from, until time.Time) Request {
	return Request{Kind: ByPeriod, Start: from, End: until, RequestedBy: "admin"}
}

func TestASecondRunReadsNothingThatHasNotChanged(t *testing.T) {
	table := newRows(t)
	from, until := table.span()
	b := overRows(t, table, "r1", nil)
	first := b.process(t, ask(from, until))
	same(t, "state", first.State, Done)
	if n := len(b.known(t, "r1", from, until)); n < 5 {
		t.Fatalf("%d pieces are remembered", n)
	}
	whole := table.scanned
	table.scanned = 0
	second := b.process(t, ask(from, until))
	same(t, "counts", second.Calls, Counts{Found: first.Calls.Found, Processed: first.Calls.Found, Skipped: first.Calls.Found, NotFound: []string{}})
	if table.scanned > whole/10 { // conferences search for their members
		t.Errorf("%d rows are read again, of %d", table.scanned, whole)
	}
	for call, said := range b.outcomes(t, second.ID) {
		if said != "skipped: was delivered before" {
			t.Errorf("%s is %s", call, said)
		}
	}
}

func TestWhatIsRememberedGivesTheSameAsReading(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 1))
	table := newRows(t)
	remembering, reading := overRows(t, table, "r1", nil), overRows(t, table, "", nil)
	from, until := table.span()
	periods := [][2]time.Time{{from, until}, {from, {}}, {from.Add(until.Sub(from) / 3), until.Add(time.Hour)}}
	recalled := 0
	for round := range 13 {
		if round%4 == 1 { // seldom, so that a period is asked for again
			slices.Reverse(periods)
		}
		period := periods[0]
		table.scanned = 0
		want := reading.process(t, ask(period[0], period[1]))
		read := table.scanned
		table.scanned = 0
		away := round%3 == 1
		if away {
			table.fail = 1 + random.IntN(1000)
		}
		got := remembering.process(t, ask(period[0], period[1]))
		table.fail = 0
		if table.scanned < read/2 {
			recalled++
		}
		outcomes, wanted := remembering.outcomes(t, got.ID), reading.outcomes(t, want.ID)
		if away {
			// A run that goes on from its place may meet a part of a call beside the whole, and know it for one.
			maps.DeleteFunc(outcomes, isPart)
			maps.DeleteFunc(wanted, isPart)
		} else {
			same(t, "counts", got.Calls, want.Calls)
		}
		same(t, "outcomes", outcomes, wanted)
		same(t, "the journal", remembering.holds(t), reading.holds(t))
		if t.Failed() {
			t.Fatalf("seed %d, round %d, period %v to %v", seed, round, period[0], period[1])
		}
		for range random.IntN(3) {
			if round%4 != 3 { // once in four rounds, all stays
				t.Log(table.change(random))
			}
		}
	}
	if recalled == 0 {
		t.Error("nothing was recalled")
	}
	t.Logf("%d of 13 runs read less than half of the rows", recalled)
}

func isPart(_, said string) bool { return strings.HasPrefix(said, "skipped: is a part of call") }

// alike runs over a period of a table with a service that remembers and with one that reads, and
// expects the same of both.
func alike(t *testing.T, remembering, reading *bench, from, until time.Time) *Run {
	t.Helper()
	got, want := remembering.process(t, ask(from, until)), reading.process(t, ask(from, until))
	same(t, "counts", got.Calls, want.Calls)
	same(t, "outcomes", remembering.outcomes(t, got.ID), reading.outcomes(t, want.ID))
	same(t, "the journal", remembering.holds(t), reading.holds(t))
	return got
}

// first are the rows of the table's first call.
func (r *rows) first() []cel.Record {
	id := r.records[0].LinkedID
	return slices.DeleteFunc(slices.Clone(r.records), func(rec cel.Record) bool { return rec.LinkedID != id })
}

// add puts rows at the end of the table.
func (r *rows) add(list []cel.Record, change func(cel.Record) cel.Record) {
	for _, rec := range list {
		rec = change(rec)
		rec.ID = r.records[len(r.records)-1].ID + apart
		r.records = append(r.records, rec)
	}
}

func TestACallThatWasWrittenHoursLateIsFound(t *testing.T) {
	table := newRows(t)
	from, until := table.span()
	remembering, reading := overRows(t, table, "r1", nil), overRows(t, table, "", nil)
	first := alike(t, remembering, reading, from, until)
	table.add(table.first(), func(rec cel.Record) cel.Record { return moved(rec, time.Hour, "99") })
	second := alike(t, remembering, reading, from, until)
	same(t, "found", second.Calls.Found, first.Calls.Found+1)
	same(t, "delivered", second.Calls.Delivered, int64(1))
}

func TestRecordsThatCameSinceAreRead(t *testing.T) {
	table := newRows(t)
	from, _ := table.span()
	remembering, reading := overRows(t, table, "r1", nil), overRows(t, table, "", nil)
	first := alike(t, remembering, reading, from, time.Time{})
	table.add(table.first(), func(rec cel.Record) cel.Record { return moved(rec, 20*time.Hour, "99") })
	same(t, "delivered", alike(t, remembering, reading, from, time.Time{}).Calls.Delivered, int64(1))
	same(t, "skipped", alike(t, remembering, reading, from, time.Time{}).Calls.Skipped, first.Calls.Found+1)
}

func TestAPeriodThatWasNotReadToItsEndIsReadAgain(t *testing.T) {
	table := newRows(t)
	from, until := table.span()
	b := overRows(t, table, "r1", nil)
	b.process(t, ask(from, until))
	must(t, b.journal.InTx(context.Background(), func(tx journal.Tx) error {
		_, err := tx.Exec(context.Background(), `UPDATE pieces SET ends = 0`)
		return err
	}))
	table.scanned = 0
	b.process(t, ask(from, until))
	if table.scanned < len(table.records) {
		t.Errorf("%d rows are read of %d", table.scanned, len(table.records))
	}
}

func TestACallThatReachesBeyondThePeriodIsLookedUpAgain(t *testing.T) {
	table := newRows(t)
	_, until := table.span()
	from := time.UnixMicro(table.records[0].At + 1).UTC() // the first call began before
	remembering, reading := overRows(t, table, "r1", nil), overRows(t, table, "", nil)
	alike(t, remembering, reading, from, until)
	table.records[0].CIDNum, table.records[0].CIDName = "4711", "Somebody else"
	same(t, "delivered", alike(t, remembering, reading, from, until).Calls.Delivered, int64(1))
}

func TestACallOutsideThePeriodThatHasTheIDsOfOneInItIsLeftAlone(t *testing.T) {
	table := newRows(t)
	_, until := table.span()
	from := time.UnixMicro(table.records[0].At + 1).UTC()
	table.add(table.first(), func(rec cel.Record) cel.Record {
		rec.At += (48 * time.Hour).Microseconds()
		return rec
	})
	remembering, reading := overRows(t, table, "r1", nil), overRows(t, table, "", nil)
	for range 2 {
		alike(t, remembering, reading, from, until)
	}
}

// A row of a part of a call that comes much later is a call of its own at first; the second run puts that right.
func TestAPartThatBecameACallIsPutRightAndThenRecalled(t *testing.T) {
	table := newRows(t)
	from, until := table.span()
	part := slices.IndexFunc(table.records, func(rec cel.Record) bool { // of a channel that went to another call
		return rec.LinkedID == rec.UniqueID && slices.ContainsFunc(table.records, func(other cel.Record) bool {
			return other.UniqueID == rec.UniqueID && other.LinkedID != rec.UniqueID
		})
	})
	if part < 0 {
		t.Fatal("no call is joined of two")
	}
	late := table.records[part]
	for i, rec := range table.records {
		if rec.LinkedID == late.LinkedID && rec.UniqueID == late.UniqueID {
			late, part = rec, i
		}
	}
	late.At, late.ID = table.records[part+400].At, table.records[part+400].ID+1
	table.records = slices.Insert(table.records, part+401, late)
	remembering, reading := overRows(t, table, "r1", nil), overRows(t, table, "", nil)
	for range 3 {
		alike(t, remembering, reading, from, until)
	}
	table.scanned = 0
	remembering.process(t, ask(from, until))
	if table.scanned > len(table.records)/10 {
		t.Errorf("%d rows are read when all is settled", table.scanned)
	}
}

// holdOtherwise makes the journal hold a call otherwise than it was read, and returns its id.
func (b *bench) holdOtherwise(t *testing.T) string {
	t.Helper()
	list, err := b.journal.Calls(context.Background(), journal.CallFilter{Limit: 71})
	must(t, err)
	id := list[70].ID
	must(t, b.journal.InTx(context.Background(), func(tx journal.Tx) error {
		_, err := tx.Exec(context.Background(), `UPDATE calls SET digest = digest + 1 WHERE id = $1`, id)
		return err
	}))
	return id
}

func TestADryRunLeavesWhatIsRemembered(t *testing.T) {
	table := newRows(t)
	from, until := table.span()
	b := overRows(t, table, "r1", nil)
	b.process(t, ask(from, until))
	before := b.known(t, "r1", from, until)
	b.holdOtherwise(t)
	r := ask(from, until)
	r.DryRun = true
	run := b.process(t, r)
	same(t, "what would be delivered", run.Calls.Delivered, int64(1))
	same(t, "remembered", b.known(t, "r1", from, until), before)
}

func TestACallThatTheJournalHoldsOtherwiseIsReadAgain(t *testing.T) {
	table := newRows(t)
	from, until := table.span()
	b := overRows(t, table, "r1", nil)
	first := b.process(t, ask(from, until))
	before := b.holds(t)
	changed := b.holdOtherwise(t)
	second := b.process(t, ask(from, until))
	same(t, "state", second.State, Done)
	same(t, "counts", second.Calls, Counts{
		Found: first.Calls.Found, Processed: first.Calls.Found, Delivered: 1, Skipped: first.Calls.Found - 1, NotFound: []string{},
	})
	same(t, "what changed", b.outcomes(t, second.ID)["main "+changed], "delivered: changed since it was delivered; revision 2")
	if len(b.holds(t)) != len(before) {
		t.Errorf("%d calls, before %d", len(b.holds(t)), len(before))
	}
	table.scanned = 0
	b.process(t, ask(from, until))
	if table.scanned > len(table.records)/10 {
		t.Errorf("%d rows are read once it is remembered anew", table.scanned)
	}
}

func TestNothingIsRememberedWhereItWouldNotHold(t *testing.T) {
	table := newRows(t)
	from, until := table.span()
	for what, run := range map[string]struct {
		reading string
		dry     bool
		change  func(*bench)
	}{
		"of a dry run":                {"r1", true, nil},
		"of a period with few rows":   {"r1", false, func(b *bench) { b.least = 1 << 40 }},
		"when the program is unknown": {"", false, nil},
	} {
		b := overRows(t, table, run.reading, nil)
		if run.change != nil {
			run.change(b)
		}
		r := ask(from, until)
		r.DryRun = run.dry
		b.process(t, r)
		same(t, what, len(b.known(t, run.reading, from, until)), 0)
	}
}

func TestWhatIsRememberedIsNotGoneByWhen(t *testing.T) {
	table := newRows(t)
	from, until := table.span()
	for what, test := range map[string]struct {
		change func(b *bench)
		force  bool
	}{
		"a run is forced":                 {func(*bench) {}, true},
		"the program or settings changed": {func(b *bench) { b.config.PBX[0].Reading = "r2" }, false},
	} {
		b := overRows(t, table, "r1", nil)
		b.process(t, ask(from, until))
		whole := table.scanned
		test.change(b)
		table.scanned = 0
		r := ask(from, until)
		r.Force = test.force
		b.process(t, r)
		if table.scanned < whole/2 {
			t.Errorf("when %s, %d rows are read, at first %d", what, table.scanned, whole)
		}
		table.scanned = 0
	}
}

// told records what a Deliverer is given.
type told struct{ bodies map[string]string }

func (*told) Targets() []string { return []string{"portal"} }

func (d *told) Deliver(ctx context.Context, tx journal.Tx, batch Batch) ([]Verdict, error) {
	for _, c := range batch.Calls {
		d.bodies[c.ID] = string(c.JSON())
	}
	return journalOnly{}.Deliver(ctx, tx, batch)
}

func TestTargetsAreGivenRecalledCallsWhole(t *testing.T) {
	table := newRows(t)
	from, until := table.span()
	d := &told{map[string]string{}}
	b := overRows(t, table, "r1", func(c *Config) { c.Deliverer = d })
	b.process(t, ask(from, until))
	first := d.bodies
	d.bodies = map[string]string{}
	b.process(t, ask(from, until))
	same(t, "calls", d.bodies, first)
	if slices.Contains(slices.Collect(maps.Values(d.bodies)), "") {
		t.Error("a call came without its body")
	}
}
