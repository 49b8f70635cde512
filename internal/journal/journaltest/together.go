package journaltest

import (
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"ringback/internal/call"
	"ringback/internal/journal"
)

func twiceAtOnce(t *testing.T, b *bench) {
	later := aCall("main", "10.1", 0, func(c *call.Call) { c.Result = call.Missed })
	b.record(aCall("main", "10.1", 0), later)
	same(t, "again", states(b.record(later)), []journal.State{journal.Same})
}

// What becomes of calls does not depend on which are recorded together.
func oneByOne(t *testing.T, b *bench) {
	list := []*call.Call{
		aCall("main", "10.1", 0), aCall("main", "20.1", 1), aCall("main", "10.1", 0), // the same again
		aCall("main", "5.1", 2, joins("20.1")), aCall("main", "20.1", 1), // a call with a part, and the part
		aCall("main", "10.1", 0, func(c *call.Call) { c.Result = call.Missed }),
		aCall("main", "10.1", 3, func(c *call.Call) { c.Warnings = []string{"missing_rows"} }), // the end of it alone
		aCall("main", "5.1", 2, joins("20.1")), aCall("main", "3.1", 4, joins("5.1", "20.1")),
		aCall("main", "60.1", 5), aCall("main", "70.1", 4, joins("60.1")), aCall("main", "60.1", 6, joins("70.1", "80.1")), // a part that takes its whole in
	}
	together := b.record(list...)
	for i, c := range list {
		alone := *c
		alone.PBX = "branch"
		got := b.record(&alone)
		same(t, "recorded alone or with others", got, together[i:i+1])
	}
	for _, id := range []string{"10.1", "20.1", "5.1", "3.1", "60.1", "70.1", "80.1"} {
		same(t, "found by "+id, b.find("main", id), b.find("branch", id))
	}
	same(t, "listed", b.ids(journal.CallFilter{PBX: "main"}), b.ids(journal.CallFilter{PBX: "branch"}))
}

// Of several that record the same call at the same time, one finds it new. The same holds
// for whatever else is decided by what was there.
func locked(t *testing.T, b *bench) {
	const at, each = 4, 5
	var group errgroup.Group
	found := make(chan journal.State, at*each)
	for range at {
		group.Go(func() error {
			for i := range each {
				var results []journal.Recorded
				err := b.InTx(b.ctx(), func(tx journal.Tx) (err error) {
					results, err = journal.RecordCalls(b.ctx(), tx, "main", entries([]*call.Call{aCall("main", "10.1", i)}), now)
					return err
				})
				if err != nil {
					return err
				}
				found <- results[0].State
			}
			return nil
		})
	}
	b.must(group.Wait())
	close(found)
	fresh := 0
	for state := range found {
		if state == journal.New {
			fresh++
		}
	}
	same(t, "how many found the call new", fresh, 1)
}

func leased(t *testing.T, b *bench) {
	take := func(holder string, d time.Duration) (taken bool) {
		b.tx(func(tx journal.Tx) (err error) {
			taken, err = journal.TakeLease(b.ctx(), tx, "chief", holder, d)
			return err
		})
		return taken
	}
	drop := func(holder string) {
		b.tx(func(tx journal.Tx) error { return journal.DropLease(b.ctx(), tx, "chief", holder) })
	}
	same(t, "the first", take("a", time.Hour), true)
	same(t, "another", take("b", time.Hour), false)
	same(t, "the first again", take("a", time.Hour), true)
	drop("b")
	same(t, "after another dropped it", take("b", time.Hour), false)
	drop("a")
	same(t, "after it was dropped", take("b", -time.Second), true)
	same(t, "after it has ended", take("a", time.Hour), true)
}
