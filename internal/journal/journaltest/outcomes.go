package journaltest

import (
	"fmt"
	"slices"
	"testing"

	"ringback/internal/journal"
)

func countedOnce(t *testing.T, b *bench) {
	b.aRun("run1")
	run := b.claim("run1")
	p := journal.Progress{Run: run.Seq, Epoch: run.Epoch, Outcomes: []journal.Outcome{
		outcome("10.1", "delivered"), outcome("10.2", "skipped"), outcome("10.3", "failed"), outcome("10.4", "in_progress"), outcome("10.5", ""),
	}}
	want := journal.Counts{Found: 5, Processed: 4, Delivered: 1, Skipped: 1, Failed: 1, InProgress: 1}
	b.must(b.commit(p))
	same(t, "counts", b.run("run1").Counts, want)
	p.Outcomes[0].Outcome = "skipped" // it is delivered by now, if one looks again
	b.must(b.commit(p))
	same(t, "counts after the same batch", b.run("run1").Counts, want)
	if err := b.commit(journal.Progress{Run: run.Seq, Epoch: run.Epoch, Outcomes: []journal.Outcome{outcome("10.9", "odd")}}); err == nil {
		t.Error("an outcome that does not exist is taken")
	}
}

func outcomesPaged(t *testing.T, b *bench) {
	b.aRun("run1")
	run := b.claim("run1")
	p := journal.Progress{Run: run.Seq, Epoch: run.Epoch}
	for i := range 6 {
		p.Outcomes = append(p.Outcomes, outcome(fmt.Sprintf("10.%d", i), []string{"failed", "delivered"}[i%2]))
	}
	b.must(b.commit(p))
	for _, test := range []struct {
		outcome, before string
		want            []string
	}{
		{"", "", []string{"10.5", "10.4"}},
		{"", "10.4", []string{"10.3", "10.2"}},
		{"failed", "", []string{"10.4", "10.2"}},
		{"failed", "10.2", []string{"10.0"}},
		{"skipped", "", []string{}},
	} {
		list, err := b.RunCalls(b.ctx(), run.Seq, test.outcome, 2, test.before)
		b.must(err)
		ids := []string{}
		for _, o := range list {
			ids = append(ids, o.ID)
		}
		same(t, test.outcome+" before "+test.before, ids, test.want)
	}
	list, err := b.RunCalls(b.ctx(), run.Seq, "", 1, "")
	b.must(err)
	same(t, "an outcome", list, []journal.Outcome{{PBX: "main", ID: "10.5", Outcome: "delivered", Reason: "because"}})
}

func failedCalls(t *testing.T, b *bench) {
	b.aRun("run1")
	run := b.claim("run1")
	at := func(pbx, id, outcome string) journal.Outcome {
		return journal.Outcome{PBX: pbx, ID: id, Outcome: outcome}
	}
	b.must(b.commit(journal.Progress{Run: run.Seq, Epoch: run.Epoch, Outcomes: []journal.Outcome{
		at("main", "10.1", "failed"), at("branch", "10.1", "failed"), at("main", "10.2", "failed"), at("third", "10.3", "delivered"),
	}}))
	ids, pbx, err := journal.FailedCalls(b.ctx(), b.Reader(), run.Seq)
	b.must(err)
	same(t, "ids", ids, []string{"10.1", "10.2"})
	slices.Sort(pbx)
	same(t, "PBXs", pbx, []string{"branch", "main"})
}
