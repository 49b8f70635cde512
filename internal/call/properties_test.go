package call_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"ringback/internal/call"
	"ringback/internal/captures"
	"ringback/internal/cel"
)

// allCaptures are the records of all scenarios together.
func allCaptures(t testing.TB) []cel.Record {
	t.Helper()
	var all []cel.Record
	for _, name := range captures.Names() {
		b, err := captures.CSV(name)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, rows(t, b)...)
	}
	return all
}

func TestTheOrderInWhichRowsArriveDoesNotMatter(t *testing.T) {
	groups := call.Join(allCaptures(t))
	rapid.Check(t, func(rt *rapid.T) {
		first := rapid.IntRange(0, len(groups)-1).Draw(rt, "first")
		var records []cel.Record
		for _, g := range groups[first:min(first+8, len(groups))] {
			records = append(records, g.Records...)
		}
		want := assembled(t, slices.Clone(records))
		seed := rapid.Uint64().Draw(rt, "seed")
		rand.New(rand.NewPCG(seed, 0)).Shuffle(len(records), func(i, j int) { records[i], records[j] = records[j], records[i] })
		if diff := cmp.Diff(want, assembled(t, records)); diff != "" {
			rt.Fatal(diff)
		}
	})
}

func TestRecordsOfUnrelatedCallsChangeNothing(t *testing.T) {
	all := call.Join(allCaptures(t))
	a := call.NewAssembler(call.Settings{Plan: capturePlan(t)})
	for _, g := range all {
		if len(g.Companions) > 0 {
			continue
		}
		alone := call.Join(slices.Clone(g.Records))
		if len(alone) != 1 {
			t.Fatalf("%s is %d calls when it is alone", g.Records[0].LinkedID, len(alone))
		}
		among, by := a.Assemble(g), a.Assemble(alone[0])
		if diff := cmp.Diff(printedCall(among), printedCall(by)); diff != "" {
			t.Error(diff)
		}
	}
}

func printedCall(c *call.Call) string {
	if c == nil {
		return ""
	}
	return string(c.AppendJSON(nil))
}

func TestEveryChannelThatAPersonUsedIsInExactlyOneCall(t *testing.T) {
	records := allCaptures(t)
	a := call.NewAssembler(call.Settings{Plan: capturePlan(t)})
	in := make(map[string]int)
	for _, g := range call.Join(slices.Clone(records)) {
		c := a.Assemble(g)
		if c == nil {
			continue
		}
		mine := make(map[string]bool)
		for _, id := range c.LinkedIDs {
			mine[id] = true
		}
		for _, l := range c.Legs {
			mine[l.ID] = true
		}
		for id := range mine {
			in[id]++
		}
	}
	for _, r := range records {
		if !strings.HasPrefix(r.Channel, "PJSIP/") {
			continue
		}
		if in[r.UniqueID] != 1 && in[r.LinkedID] != 1 {
			t.Errorf("%s (%s) is in %d calls", r.UniqueID, r.Channel, in[r.UniqueID])
		}
	}
}

// damaged is a call's records with some lost, doubled, late or cut, as a
// database in trouble leaves them.
func damaged(t *rapid.T, records []cel.Record) []cel.Record {
	var out []cel.Record
	for _, r := range records {
		switch rapid.IntRange(0, 19).Draw(t, "what") {
		case 0:
			continue
		case 1:
			out = append(out, r)
		case 2:
			r.Extra = r.Extra[:len(r.Extra)/2]
		case 3:
			r.Peer, r.App, r.AppData = "", "", ""
		case 4:
			r.At += rapid.Int64Range(-3_600_000_000, 3_600_000_000).Draw(t, "late")
		case 5:
			r.Type = cel.Type(rapid.IntRange(0, int(cel.DTMF)).Draw(t, "type"))
		case 6:
			r.Channel = ""
		}
		out = append(out, r)
	}
	return out
}

func TestWhateverIsLostEachCallKeepsItsBounds(t *testing.T) {
	groups := call.Join(allCaptures(t))
	a := call.NewAssembler(call.Settings{Plan: capturePlan(t)})
	rapid.Check(t, func(rt *rapid.T) {
		g := groups[rapid.IntRange(0, len(groups)-1).Draw(rt, "call")]
		for _, part := range call.Join(damaged(rt, g.Records)) {
			c, why := a.AssembleExplained(part)
			if c == nil {
				continue
			}
			if err := sound(c); err != nil {
				rt.Fatalf("%v in %s", err, printedCall(c))
			}
			var b strings.Builder
			if err := why.WriteText(&b); err != nil {
				rt.Fatal(err)
			}
		}
	})
}

// sound says what is impossible in a call.
func sound(c *call.Call) error {
	switch {
	case c.ID == "" || len(c.LinkedIDs) == 0:
		return errors.New("no id")
	case c.StartedAt.IsZero():
		return errors.New("no start")
	case c.Talk > c.Duration:
		return errors.New("talk is longer than the call")
	case c.Wait > c.Duration:
		return errors.New("wait is longer than the call")
	case c.Talk < 0 || c.Wait < 0 || c.Duration < 0:
		return errors.New("a length below zero")
	case c.InProgress == !c.EndedAt.IsZero():
		return errors.New("in progress with an end, or over without one")
	case (c.Result == call.Answered) == c.AnsweredAt.IsZero():
		return errors.New("answered_at does not go with the result")
	case c.Direction == "" || c.Result == "":
		return errors.New("no direction or result")
	}
	for _, t := range c.Talks {
		if t.Until.Before(t.From.Time) || len(t.Parties) < 2 {
			return fmt.Errorf("talk from %v until %v of %v", t.From, t.Until, t.Parties)
		}
	}
	for _, l := range c.Legs {
		if l.Result == "" || l.Talk > c.Duration {
			return fmt.Errorf("leg %+v", l)
		}
	}
	return nil
}

func TestWhatIsKnownEarlyAgreesWithWhatIsKnownLater(t *testing.T) {
	a := call.NewAssembler(call.Settings{Plan: capturePlan(t), Silence: time.Hour, Now: time.Unix(1795411200, 0)})
	for _, g := range call.Join(allCaptures(t)) {
		whole := a.Assemble(call.Group{Records: slices.Clone(g.Records), Companions: slices.Clone(g.Companions)})
		if whole == nil {
			continue
		}
		for n := 1; n < len(g.Records); n++ {
			early := a.Assemble(call.Group{Records: slices.Clone(g.Records[:n])})
			if early == nil {
				continue
			}
			if early.ID != whole.ID || !early.StartedAt.Equal(whole.StartedAt.Time) || early.From.Label() != whole.From.Label() {
				t.Errorf("%s after %d records: %s", whole.ID, n, printedCall(early))
				break
			}
			if early.Result == call.Answered && whole.Result != call.Answered {
				t.Errorf("%s was answered after %d records, and then %s", whole.ID, n, whole.Result)
			}
		}
	}
}

func FuzzRecords(f *testing.F) {
	for _, name := range []string{"attended-transfer", "conference", "parked-and-retrieved"} {
		b, err := captures.CSV(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	a := call.NewAssembler(call.Settings{})
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, g := range call.Join(fuzzedRecords(b)) {
			c, why := a.AssembleExplained(g)
			if c == nil {
				continue
			}
			if err := sound(c); err != nil {
				t.Fatalf("%v in %s", err, printedCall(c))
			}
			if why == nil {
				t.Fatal("no explanation")
			}
		}
	})
}

// fuzzedRecords makes records of any text: a field for each comma, a record
// for each line.
func fuzzedRecords(b []byte) []cel.Record {
	var records []cel.Record
	for i, line := range strings.Split(string(b), "\n") {
		f := strings.SplitN(line, ",", 12)
		for len(f) < 12 {
			f = append(f, "")
		}
		r := cel.Record{
			ID: int64(i), At: 1_790_000_000_000_000 + int64(len(f[0]))*250_000, Fraction: i%2 == 0,
			Channel: f[2], UniqueID: f[3], LinkedID: f[4], Exten: f[5], App: f[6], AppData: f[7], CIDNum: f[8], Peer: f[9],
			Context: f[10], Extra: f[11],
		}
		r.Type, r.UserEvent = cel.ParseType(f[1], "", f[11])
		records = append(records, r)
	}
	return records
}
