package journaltest

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"ringback/internal/journal"
)

func tidied(t *testing.T, b *bench) {
	const calls = 1100 // more than go at a time
	end := func(id string, at time.Time) {
		b.aRun(id)
		run := b.claim(id)
		p := journal.Progress{Run: run.Seq, Epoch: run.Epoch, WalkDone: true}
		for i := range calls {
			o := outcome(fmt.Sprintf("10.%04d", i), journal.OutcomeSkipped)
			if i%500 == 7 {
				o.Outcome = journal.OutcomeFailed
			}
			p.Outcomes = append(p.Outcomes, o)
		}
		b.must(b.commit(p))
		b.tx(func(tx journal.Tx) error {
			_, err := journal.CompleteRun(b.ctx(), tx, run.Seq, at)
			return err
		})
	}
	left := func(id string) int {
		run, err := b.Run(b.ctx(), id)
		if errors.Is(err, journal.ErrNotFound) {
			return -1
		}
		b.must(err)
		list, err := b.RunCalls(b.ctx(), run.Seq, "", 2*calls, "")
		b.must(err)
		return len(list)
	}
	day := 24 * time.Hour
	b.record(aCall("main", "10.1", 0))
	end("run1", now.Add(-40*day))
	end("run2", now.Add(-20*day))
	end("run3", now.Add(-time.Hour))
	b.aRun("run4")
	keep := journal.Keep{Outcomes: 10 * day, Runs: 30 * day}
	took, err := b.Tidy(b.ctx(), keep, now)
	b.must(err)
	same(t, "taken", took, journal.Tidied{Outcomes: 2*calls - 3, Runs: 1})
	for id, want := range map[string]int{"run1": -1, "run2": 3, "run3": calls, "run4": 0} {
		same(t, "what is left of "+id, left(id), want)
	}
	same(t, "calls", b.ids(journal.CallFilter{}), []string{"10.1"})
	took, err = b.Tidy(b.ctx(), keep, now.Add(365*day))
	b.must(err)
	same(t, "taken a year later", took, journal.Tidied{Outcomes: calls + 3, Runs: 2})
	same(t, "a run that is not over", left("run4"), 0)
	end("run5", now)
	took, err = b.Tidy(b.ctx(), keep, now.Add(365*day))
	b.must(err)
	same(t, "taken of the newest run", took, journal.Tidied{Outcomes: calls - 3})
	same(t, "what is left of the newest run", left("run5"), 3)
}
