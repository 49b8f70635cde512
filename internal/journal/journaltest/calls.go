package journaltest

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"ringback/internal/call"
	"ringback/internal/journal"
)

func states(results []journal.Recorded) []journal.State {
	list := make([]journal.State, len(results))
	for i, r := range results {
		list[i] = r.State
	}
	return list
}

func sameAgain(t *testing.T, b *bench) {
	same(t, "first", b.record(aCall("main", "10.1", 0)), []journal.Recorded{{State: journal.New, Revision: 1}})
	same(t, "again", b.record(aCall("main", "10.1", 0)), []journal.Recorded{{State: journal.Same, Revision: 1}})
	same(t, "calls", b.ids(journal.CallFilter{}), []string{"10.1"})
}

func changed(t *testing.T, b *bench) {
	b.record(aCall("main", "10.1", 0))
	later := aCall("main", "10.1", 0, func(c *call.Call) { c.Result = call.Missed })
	same(t, "changed", b.record(later), []journal.Recorded{{State: journal.Changed, Revision: 2}})
	same(t, "then", b.record(later), []journal.Recorded{{State: journal.Same, Revision: 2}})
	c, err := b.Call(b.ctx(), "main", "10.1")
	b.must(err)
	same(t, "held", c, journal.Call{PBX: "main", ID: "10.1", Revision: 2, JSON: later.AppendJSON(nil)})
}

func joined(t *testing.T, b *bench) {
	b.record(aCall("main", "20.1", 5), aCall("main", "30.1", 6))
	got := b.record(aCall("main", "10.1", 0, joins("20.1")))
	same(t, "joined", got, []journal.Recorded{{State: journal.Changed, Revision: 2, Replaces: []string{"20.1"}}})
	same(t, "calls", b.ids(journal.CallFilter{}), []string{"30.1", "10.1"})
	for _, id := range []string{"10.1", "20.1", "10.11", "20.11"} {
		same(t, "call found by "+id, b.find("main", id), "10.1")
	}
	// The older call turns out to be a part of a still older one.
	got = b.record(aCall("main", "5.1", -1, joins("10.1", "20.1")))
	same(t, "joined twice", got, []journal.Recorded{{State: journal.Changed, Revision: 3, Replaces: []string{"10.1", "20.1"}}})
	for _, id := range []string{"5.1", "10.1", "20.1", "20.11"} {
		same(t, "call found by "+id, b.find("main", id), "5.1")
	}
	same(t, "again", states(b.record(aCall("main", "5.1", -1, joins("10.1", "20.1")))), []journal.State{journal.Same})
}

func outdated(t *testing.T, b *bench) {
	b.record(aCall("main", "10.1", 0, joins("20.1")), aCall("main", "20.1", 5))
	b.record(aCall("main", "10.1", 0, joins("20.1")))
	got := b.record(aCall("main", "20.1", 5), aCall("main", "10.1", 0))
	same(t, "outdated", got, []journal.Recorded{
		{State: journal.Outdated, Revision: 1, PartOf: "10.1"},
		{State: journal.Outdated, Revision: 2},
	})
	same(t, "calls", b.ids(journal.CallFilter{}), []string{"10.1"})
}

// beheaded are calls of which the PBX has forgotten the beginning.
func beheaded(t *testing.T, b *bench) {
	rest := func(c *call.Call) { c.Warnings = []string{"missing_rows"} }
	b.record(aCall("main", "10.1", 0))
	same(t, "the end of a call that is held whole", b.record(aCall("main", "10.1", 2, rest)), []journal.Recorded{{State: journal.Outdated, Revision: 1}})
	same(t, "a whole call that begins later, as in another zone", states(b.record(aCall("main", "10.1", 2))), []journal.State{journal.Changed})
	b.record(aCall("main", "11.1", 5, rest))
	same(t, "the whole call of which the end is held", states(b.record(aCall("main", "11.1", 3))), []journal.State{journal.Changed})
	b.record(aCall("main", "12.1", 5, rest))
	same(t, "an end of which more is known", states(b.record(aCall("main", "12.1", 5, rest, func(c *call.Call) { c.Result = call.Missed }))), []journal.State{journal.Changed})
}

func compared(t *testing.T, b *bench) {
	b.record(aCall("main", "20.1", 5))
	list := []*call.Call{aCall("main", "10.1", 0, joins("20.1")), aCall("main", "30.1", 7)}
	got, err := journal.CompareCalls(b.ctx(), b.Reader(), "main", entries(list))
	b.must(err)
	same(t, "what would be done", got, []journal.Recorded{
		{State: journal.Changed, Revision: 2, Replaces: []string{"20.1"}}, {State: journal.New, Revision: 1},
	})
	same(t, "calls", b.ids(journal.CallFilter{}), []string{"20.1"})
}

func found(t *testing.T, b *bench) {
	b.record(aCall("main", "10.1", 0, joins("11.3")), aCall("main", "12.1", 1))
	for _, id := range []string{"10.1", "11.3", "10.11", "11.31"} {
		same(t, "call found by "+id, b.find("main", id), "10.1")
		same(t, "call found at any PBX by "+id, b.find("", id), "10.1")
		same(t, "call found elsewhere by "+id, b.find("branch", id), "")
	}
}

func sameID(t *testing.T, b *bench) {
	b.record(aCall("main", "10.1", 0))
	b.record(aCall("branch", "10.1", 3, func(c *call.Call) { c.Result = call.Missed }))
	same(t, "all", b.ids(journal.CallFilter{}), []string{"10.1", "10.1"})
	for _, pbx := range []string{"main", "branch"} {
		c, err := b.Call(b.ctx(), pbx, "10.1")
		b.must(err)
		same(t, "PBX", c.PBX, pbx)
		same(t, "page after it", b.ids(journal.CallFilter{PBX: pbx, Before: "10.1"}), []string{})
	}
	c, err := b.Call(b.ctx(), "", "10.1")
	b.must(err)
	same(t, "the latest of both", c.PBX, "branch")
}

func paged(t *testing.T, b *bench) {
	var list []*call.Call
	var want []string
	for i := range 25 {
		id := fmt.Sprintf("%d.1", 100+i)
		list = append(list, aCall("main", id, i/3)) // three begin at the same moment
		want = append([]string{id}, want...)
	}
	b.record(list...)
	var got []string
	for before := ""; ; before = got[len(got)-1] {
		page := b.ids(journal.CallFilter{Limit: 4, Before: before})
		got = append(got, page...)
		if len(page) < 4 {
			break
		}
	}
	same(t, "all pages", got, want)
	if _, err := b.Calls(b.ctx(), journal.CallFilter{Limit: 4, Before: "nobody"}); !errors.Is(err, journal.ErrNotFound) {
		t.Errorf("a page before an unknown call gives %v", err)
	}
	same(t, "before a leg's id", b.ids(journal.CallFilter{Limit: 2, Before: "102.11"}), []string{"101.1", "100.1"})
}

func filtered(t *testing.T, b *bench) {
	b.record(
		aCall("main", "10.1", 0),
		aCall("main", "11.1", 10, func(c *call.Call) { c.Direction, c.Result = call.Outgoing, call.Busy }),
		aCall("main", "12.1", 20, func(c *call.Call) { c.EndedAt.Time = c.StartedAt.Add(time.Hour) }),
	)
	b.record(aCall("branch", "13.1", 30))
	at := func(minute int) time.Time { return now.Add(time.Duration(minute) * time.Minute) }
	for name, test := range map[string]struct {
		filter journal.CallFilter
		want   []string
	}{
		"everything":             {journal.CallFilter{}, []string{"13.1", "12.1", "11.1", "10.1"}},
		"one PBX":                {journal.CallFilter{PBX: "branch"}, []string{"13.1"}},
		"a direction":            {journal.CallFilter{Direction: "outgoing"}, []string{"11.1"}},
		"a result":               {journal.CallFilter{Result: "answered", PBX: "main"}, []string{"12.1", "10.1"}},
		"from on":                {journal.CallFilter{From: at(25)}, []string{"13.1", "12.1"}},
		"the end is not in it":   {journal.CallFilter{Until: at(10)}, []string{"10.1"}},
		"a call that lasts long": {journal.CallFilter{From: at(40), Until: at(50)}, []string{"12.1"}},
		"nothing":                {journal.CallFilter{From: at(200)}, []string{}},
	} {
		same(t, name, b.ids(test.filter), test.want)
	}
}

func numbered(t *testing.T, b *bench) {
	b.record(
		aCall("main", "10.1", 0),
		aCall("main", "11.1", 1, func(c *call.Call) {
			c.From = call.Party{Number: "1002", Extension: "1002"}
			c.To = call.Party{Number: "+7 (921) 555-10-01"}
			c.Legs = nil
		}),
		aCall("main", "12.1", 2, func(c *call.Call) {
			c.From = call.Party{Number: "Anonymous"}
			c.To = call.Party{Number: "*97"}
			c.Legs = nil
			c.Transfers = []call.Transfer{{By: "1003", To: "50%_"}}
		}),
	)
	for number, want := range map[string][]string{
		"79161234567": {"10.1"}, "+7 916 123-45-67": {"10.1"}, "89161234567": {"10.1"}, "9161234567": {"10.1"}, "1234567": {"10.1"},
		"234567": {}, "7916": {}, "1001": {"10.1"}, "1002": {"11.1"}, "100": {}, "79215551001": {"11.1"},
		"anonymous": {"12.1"}, "ANONYMOUS": {"12.1"}, "*97": {"12.1"}, "97": {}, "1003": {"12.1"}, "%": {}, "_": {}, "74950000001": {"10.1"},
	} {
		same(t, "calls of "+number, b.ids(journal.CallFilter{Number: number}), want)
	}
}

func many(t *testing.T, b *bench) {
	var list []*call.Call
	for i := range 1000 {
		list = append(list, aCall("main", fmt.Sprintf("%d.1", 1000+i), i))
	}
	b.record(list...)
	for _, r := range b.record(list...) {
		if r.State != journal.Same {
			t.Fatalf("a call recorded again is %v", r)
		}
	}
	same(t, "how many", len(b.ids(journal.CallFilter{Limit: 2000})), 1000)
}

func strange(t *testing.T, b *bench) {
	c := aCall("main", "Ünü'\"; --%_.1", 0, func(c *call.Call) {
		c.From.Name = "Строка 'в' \"кавычках\" \x00 \U0001F4DE"
		c.From.Number = "a'b"
	})
	b.record(c)
	got, err := b.Call(b.ctx(), "main", c.ID)
	b.must(err)
	var back call.Call
	b.must(json.Unmarshal(got.JSON, &back))
	same(t, "name", back.From.Name, c.From.Name)
	same(t, "found by number", b.ids(journal.CallFilter{Number: "A'B"}), []string{c.ID})
}

func unknown(t *testing.T, b *bench) {
	if _, err := b.Call(b.ctx(), "main", "1.1"); !errors.Is(err, journal.ErrNotFound) {
		t.Errorf("an unknown call gives %v", err)
	}
	if _, err := b.Run(b.ctx(), "01JD9Z3K7W3M1Y0QK2J8V5T6XA"); !errors.Is(err, journal.ErrNotFound) {
		t.Errorf("an unknown run gives %v", err)
	}
	err := b.InTx(b.ctx(), func(tx journal.Tx) error { return journal.CancelRun(b.ctx(), tx, "nothing", now) })
	if !errors.Is(err, journal.ErrNotFound) {
		t.Errorf("cancelling an unknown run gives %v", err)
	}
}
