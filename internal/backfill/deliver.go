package backfill

import (
	"context"
	"fmt"
	"strings"

	"ringback/internal/journal"
)

// Deliverer decides what becomes of a run's calls. It is asked once for each
// batch, inside the transaction that records the batch: what it writes there is kept if and only if
// the calls are counted, so it neither forgets a call nor takes one twice. It
// must not talk to anything but the transaction; bringing calls to where they
// belong is work of its own, which ends in Service.Settle.
type Deliverer interface {
	// Targets are the names of the targets configured, in order.
	Targets() []string
	// Deliver gives one verdict for each call of the batch, in order. It may be
	// asked again for the same batch when the transaction could not be committed.
	Deliver(ctx context.Context, tx journal.Tx, batch Batch) ([]Verdict, error)
}

// Batch are calls of one PBX that have ended.
type Batch struct {
	// Run is the journal's number of the run, for Settle.
	Run    int64
	PBX    string
	Target []string
	// DryRun: say what would be done, and write nothing.
	DryRun bool
	// Force: deliver also what was delivered before.
	Force bool
	Calls []BatchCall
}

// BatchCall is a call of a batch, and how it stands to what the journal held.
type BatchCall struct {
	*journal.Entry
	journal.Recorded
}

// Verdict is what becomes of a call. An empty Outcome means that it is being
// delivered: the run waits until Settle is told how that ended.
type Verdict struct {
	Outcome Outcome
	Reason  string
}

// journalOnly is the Deliverer of an installation without targets: a call is
// delivered once it is in the journal.
type journalOnly struct{}

func (journalOnly) Targets() []string { return nil }

func (journalOnly) Deliver(_ context.Context, _ journal.Tx, batch Batch) ([]Verdict, error) {
	verdicts := make([]Verdict, len(batch.Calls))
	for i, c := range batch.Calls {
		v := standing(c.Recorded, batch.Force)
		if batch.DryRun && v.Outcome == Delivered {
			v.Reason = strings.TrimSuffix("would be delivered; "+v.Reason, "; ")
		}
		verdicts[i] = v
	}
	return verdicts, nil
}

func standing(r journal.Recorded, force bool) Verdict {
	switch r.State {
	case journal.New:
		return Verdict{Delivered, ""}
	case journal.Changed:
		reason := fmt.Sprintf("changed since it was delivered; revision %d", r.Revision)
		if len(r.Replaces) > 0 {
			reason = fmt.Sprintf("takes the place of call %s, which turned out to be a part of it; revision %d", strings.Join(r.Replaces, ", "), r.Revision)
		}
		return Verdict{Delivered, reason}
	case journal.Outdated:
		if r.PartOf != "" {
			return Verdict{Skipped, "is a part of call " + r.PartOf}
		}
		return Verdict{Skipped, "the journal holds more of this call than the PBX does now"}
	case journal.Same:
	}
	if force {
		return Verdict{Delivered, "was delivered before, now again"}
	}
	return Verdict{Skipped, "was delivered before"}
}
