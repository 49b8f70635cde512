package deliver

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"ringback/internal/backfill"
	"ringback/internal/call"
	"ringback/internal/journal"
)

// Deliver implements backfill.Deliverer: it writes in tx what is to be delivered
// of a run's batch, and what the run waits for.
func (s *Service) Deliver(ctx context.Context, tx journal.Tx, batch backfill.Batch) ([]backfill.Verdict, error) {
	// The lanes look again a few times, each after a longer pause: tx is not committed yet.
	defer s.Nudge()
	return s.decide(ctx, tx, batch, true)
}

// DeliverLive writes in tx that calls which have just ended are to be delivered to
// every target that takes the PBX's calls. Call Nudge when tx is committed.
func (s *Service) DeliverLive(ctx context.Context, tx journal.Tx, pbx string, calls []backfill.BatchCall) error {
	_, err := s.decide(ctx, tx, backfill.Batch{PBX: pbx, Target: s.names(), Calls: calls}, false)
	return err
}

func (s *Service) decide(ctx context.Context, tx journal.Tx, batch backfill.Batch, past bool) ([]backfill.Verdict, error) {
	decisions := map[string][]journal.Wait{} // by call
	ids := make([]string, 0, len(batch.Calls))
	for _, c := range batch.Calls {
		ids = append(append(ids, c.ID), c.Replaces...)
	}
	counted := map[string]bool{}
	if batch.Force && batch.Run != 0 {
		var err error
		if counted, err = journal.CountedCalls(ctx, tx, batch.Run, batch.PBX, ids); err != nil {
			return nil, err
		}
	}
	targets := slices.Clone(batch.Target)
	slices.Sort(targets) // the order in which targets are locked
	decoded := map[string]*call.Call{}
	for _, name := range targets {
		p := plan{Service: s, batch: batch, target: name, past: past, calls: decoded, counted: counted, decisions: decisions}
		if err := p.decide(ctx, tx, ids); err != nil {
			return nil, err
		}
	}
	verdicts := make([]backfill.Verdict, len(batch.Calls))
	var waits []journal.Wait
	waiting := map[string]bool{}
	for i, c := range batch.Calls {
		all := decisions[c.ID]
		if slices.ContainsFunc(all, func(w journal.Wait) bool { return w.Outcome == "" }) {
			if !waiting[c.ID] {
				waits = append(waits, all...)
				waiting[c.ID] = true
			}
			continue
		}
		verdicts[i] = backfill.Verdict{Outcome: together(all), Reason: joinReasons(all)}
		if len(all) == 0 {
			verdicts[i].Reason = "no target takes calls of " + batch.PBX
		}
	}
	if batch.Run == 0 || batch.DryRun {
		return verdicts, nil
	}
	return verdicts, journal.AddWaits(ctx, tx, waits)
}

// deciding says which of the calls of a batch are to be decided on. Of those with one id, it is the one that the journal has
// now: the last that was new or changed, else the first.
func deciding(calls []backfill.BatchCall) []bool {
	decides := make([]bool, len(calls))
	chosen := make(map[string]int, len(calls))
	for i := range calls {
		c := &calls[i]
		before, again := chosen[c.ID]
		if again && c.State != journal.New && c.State != journal.Changed {
			continue
		}
		if again {
			decides[before] = false
		}
		chosen[c.ID], decides[i] = i, true
	}
	return decides
}

// together is what became of a call that had several outcomes at its targets.
func together(all []journal.Wait) backfill.Outcome {
	outcome := backfill.Skipped
	for _, w := range all {
		switch w.Outcome {
		case journal.OutcomeFailed:
			return backfill.CallFailed
		case journal.OutcomeDelivered:
			outcome = backfill.Delivered
		}
	}
	return outcome
}

// plan decides about the calls of a batch at one target.
type plan struct {
	*Service

	batch     backfill.Batch
	target    string
	past      bool
	calls     map[string]*call.Call // decoded, for all targets
	counted   map[string]bool       // calls that the run has its outcome of already
	decisions map[string][]journal.Wait

	lane  *lane
	rows  map[string][]journal.Delivery
	added []*journal.Delivery
}

func (p *plan) decide(ctx context.Context, tx journal.Tx, ids []string) error {
	p.lane = p.Service.lane(p.target)
	if p.lane != nil && !p.lane.target.takes(p.batch.PBX) {
		return nil
	}
	if p.lane != nil && !p.batch.DryRun {
		if err := journal.LockTarget(ctx, tx, p.target); err != nil {
			return err
		}
	}
	if p.lane != nil {
		var err error
		if p.rows, err = journal.DeliveriesOf(ctx, tx, p.target, p.batch.PBX, ids); err != nil {
			return err
		}
	}
	for i, decides := range deciding(p.batch.Calls) {
		if !decides {
			continue
		}
		if err := p.call(ctx, tx, &p.batch.Calls[i]); err != nil {
			return err
		}
	}
	if p.batch.DryRun {
		return nil
	}
	if err := journal.AddDeliveries(ctx, tx, p.added, p.config.Now()); err != nil {
		return err
	}
	for _, d := range p.added {
		waits := p.decisions[d.CallID]
		for i := range waits {
			if waits[i].Target == p.target && waits[i].Part == d.Part && waits[i].Outcome == "" {
				waits[i].Delivery = d.Seq
			}
		}
	}
	return nil
}

// conclude notes what is decided of a part of a call: an outcome, or "" and the
// delivery that will bring it.
func (p *plan) conclude(c *backfill.BatchCall, part int, outcome, reason string, delivery int64) {
	if outcome == "" && p.batch.DryRun {
		outcome = journal.OutcomeDelivered
		if reason == "" {
			reason = "would be delivered"
		} else {
			reason = "would be delivered: " + reason
		}
	}
	p.decisions[c.ID] = append(p.decisions[c.ID], journal.Wait{
		Run: p.batch.Run, PBX: p.batch.PBX, CallID: c.ID, Target: p.target, Part: part, Delivery: delivery, Outcome: outcome, Reason: reason,
	})
}

func (p *plan) call(ctx context.Context, tx journal.Tx, c *backfill.BatchCall) error {
	switch {
	case p.lane == nil:
		p.conclude(c, 0, journal.OutcomeFailed, gone(p.target), 0)
		return nil
	case p.counted[c.ID]:
		p.conclude(c, 0, journal.OutcomeSkipped, "was delivered in this run", 0)
		return nil
	case c.State == journal.Outdated && c.PartOf != "":
		p.conclude(c, 0, journal.OutcomeSkipped, partOf(c.PartOf), 0)
		return nil
	case c.State == journal.Outdated:
		p.conclude(c, 0, journal.OutcomeSkipped, "the journal holds more of this call than the PBX does now", 0)
		return nil
	case c.State == journal.Same && !p.batch.Force && p.upToDate(c):
		p.conclude(c, 0, journal.OutcomeSkipped, "was delivered before", 0)
		return nil
	}
	if err := p.join(ctx, tx, c); err != nil {
		return err
	}
	decoded, err := p.decode(c)
	if err != nil {
		return err
	}
	parcels, skipped, failed := p.lane.parcels(decoded, p.past)
	switch {
	case failed != "":
		p.conclude(c, 0, journal.OutcomeFailed, failed, 0)
		return nil
	case len(parcels) == 0:
		p.conclude(c, 0, journal.OutcomeSkipped, skipped, 0)
		return nil
	}
	for i := range parcels {
		if err := p.part(ctx, tx, c, &parcels[i], decoded); err != nil {
			return err
		}
	}
	return nil
}

// upToDate says that all there is of the call at the target was delivered as it is.
func (p *plan) upToDate(c *backfill.BatchCall) bool {
	rows := p.rows[c.ID]
	for i := range rows {
		if rows[i].State != journal.DeliveryDelivered || rows[i].Delivered < c.Revision {
			return false
		}
	}
	return len(rows) > 0
}

// decode reads the call, once for all targets.
func (p *plan) decode(c *backfill.BatchCall) (*call.Call, error) {
	if decoded := p.calls[c.ID]; decoded != nil {
		return decoded, nil
	}
	decoded, err := decode(c.JSON(), c.Contexts())
	if err != nil {
		return nil, err
	}
	p.calls[c.ID] = decoded
	return decoded, nil
}

// decode reads a call of the journal, which keeps its contexts beside it.
func decode(body []byte, contexts []string) (*call.Call, error) {
	c := call.Call{Contexts: contexts}
	if err := json.Unmarshal(body, &c); err != nil {
		return nil, fmt.Errorf("read a call of the journal: %w", err)
	}
	return &c, nil
}
