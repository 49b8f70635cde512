package backfill

import (
	"context"
	"testing"

	"ringback/internal/journal"
)

// fakeTarget is a Deliverer that gives verdicts by id; calls it is not told of are delivered.
type fakeTarget struct {
	verdicts map[string]Verdict
	batches  []Batch
}

func (f *fakeTarget) Targets() []string { return []string{"portal", "hook"} }

func (f *fakeTarget) Deliver(_ context.Context, _ journal.Tx, batch Batch) ([]Verdict, error) {
	f.batches = append(f.batches, batch)
	list := make([]Verdict, len(batch.Calls))
	for i, c := range batch.Calls {
		v, told := f.verdicts[c.ID]
		if !told {
			v = Verdict{Delivered, ""}
		}
		list[i] = v
	}
	return list, nil
}

func TestRetryTakesTheFailedCallsOnly(t *testing.T) {
	list := calls("main", 5)
	target := &fakeTarget{verdicts: map[string]Verdict{list[1].ID: {CallFailed, "refused"}, list[3].ID: {CallFailed, "refused"}}}
	b := start(t, t.TempDir(), fakes{"main": {calls: list}, "branch": {}}, func(c *Config) { c.Deliverer = target })
	r := whole()
	r.Target = []string{"hook"}
	first := b.process(t, r)
	same(t, "a run with failed calls", first.State, Done)
	same(t, "counts", first.Calls, Counts{Found: 5, Processed: 5, Delivered: 3, Failed: 2, NotFound: []string{}})
	failed, err := b.Outcomes(context.Background(), first.ID, CallFailed, "", 10)
	must(t, err)
	same(t, "failed", failed, []CallOutcome{{list[3].ID, "main", CallFailed, "refused"}, {list[1].ID, "main", CallFailed, "refused"}})

	target.verdicts = nil
	again, err := b.Retry(context.Background(), first.ID, "anna")
	must(t, err)
	again = b.wait(t, again.ID)
	same(t, "what was asked for", []any{again.Kind, again.IDs, again.PBX, again.Target, again.RequestedBy},
		[]any{ByIDs, []string{list[1].ID, list[3].ID}, []string{"main"}, []string{"hook"}, "anna"})
	same(t, "counts", again.Calls, Counts{Found: 2, Processed: 2, Delivered: 2, NotFound: []string{}})

	none, err := b.Retry(context.Background(), again.ID, "anna")
	must(t, err)
	none = b.wait(t, none.ID)
	same(t, "nothing to retry", []any{none.State, none.IDs, none.Calls}, []any{Done, []string{}, Counts{NotFound: []string{}}})
}

func TestARunWaitsForCallsThatAreBeingDelivered(t *testing.T) {
	list := calls("main", 3)
	target := &fakeTarget{verdicts: map[string]Verdict{list[0].ID: {}, list[2].ID: {}}}
	b := start(t, t.TempDir(), fakes{"main": {calls: list}}, func(c *Config) { c.Deliverer = target })
	run, err := b.Start(context.Background(), whole())
	must(t, err)
	same(t, "targets", run.Target, []string{"portal", "hook"})
	walked := b.until(t, run.ID, func(r *Run) bool { return r.Calls.Found == 3 })
	same(t, "walked", []any{walked.State, walked.Calls.Processed}, []any{Running, int64(1)})
	settle := func(id string, outcome Outcome) {
		t.Helper()
		var committed func()
		must(t, b.journal.InTx(context.Background(), func(tx journal.Tx) error {
			var err error
			committed, err = b.Settle(context.Background(), tx, target.batches[0].Run, CallOutcome{PBX: "main", ID: id, Outcome: outcome, Reason: "by and by"})
			return err
		}))
		committed()
	}
	settle(list[0].ID, Delivered)
	settle(list[0].ID, CallFailed) // it has its outcome
	settle(list[2].ID, CallFailed)
	over := b.wait(t, run.ID)
	same(t, "over", []any{over.State, over.Calls}, []any{Done, Counts{Found: 3, Processed: 3, Delivered: 2, Failed: 1, NotFound: []string{}}})
}

func TestATargetSeesHowACallStandsToTheJournal(t *testing.T) {
	list := calls("main", 2)
	target := &fakeTarget{}
	b := start(t, t.TempDir(), fakes{"main": {calls: list}}, func(c *Config) { c.Deliverer = target })
	b.process(t, Request{Kind: ByIDs, IDs: []string{list[0].ID}})
	r := whole()
	r.DryRun, r.Force = true, true
	b.process(t, r)
	batch := target.batches[1]
	same(t, "batch", []any{batch.PBX, batch.Target, batch.DryRun, batch.Force}, []any{"main", []string{"portal", "hook"}, true, true})
	same(t, "states", []journal.State{batch.Calls[0].State, batch.Calls[1].State}, []journal.State{journal.Same, journal.New})
}
