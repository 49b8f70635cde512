package deliver

import (
	"testing"
	"time"

	"ringback/internal/backfill"
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
