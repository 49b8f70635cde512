package deliver

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"ringback/internal/crm"
	"ringback/internal/journal"
)

// delivery is one parcel under way.
type delivery struct {
	lane   *lane
	row    journal.Delivery
	parcel crm.Parcel
	step   crm.Step
	// revision is the call's, as it will be sent.
	revision int64
	// look: whether the step was done is asked for, and nothing else is done.
	look bool
	// doubtful: it is not known whether the step was done before.
	doubtful bool
}

func newDelivery(l *lane, due *journal.DueDelivery) *delivery {
	return &delivery{lane: l, row: due.Delivery, revision: max(due.Wanted, due.Revision)}
}

// begun says that the target may have something of the revision wanted.
func (d *delivery) begun() bool {
	if d.uncertain() || d.row.State == journal.DeliveryRecording {
		return true
	}
	return d.row.Memo != "" && d.row.Sending > d.row.Delivered
}

func (d *delivery) uncertain() bool {
	return d.row.State == journal.DeliveryUncertain || d.row.State == journal.DeliveryRecording && doubtful(&d.row)
}

// doubtful says that it is not known whether the step begun last was done.
func doubtful(row *journal.Delivery) bool { return row.Class == crm.Uncertain.String() }

// mayBeThere says that the target may have something of the call, of whatever revision.
func mayBeThere(row *journal.Delivery) bool {
	return row.Owner != "" || row.Delivered > 0 || row.Memo != "" || doubtful(row)
}

// urgent says that it goes with the live calls.
func (d *delivery) urgent() bool { return d.row.Live || !d.row.Past }

// charges are what the next request takes of the limits.
func (d *delivery) charges() []crm.Charge {
	if d.look {
		return d.step.Look
	}
	return d.step.Charges
}

func (d *delivery) memo() crm.Memo {
	if d.row.Memo == "" {
		return nil
	}
	return crm.Memo(d.row.Memo)
}

// choose works out what the delivery needs next: a step, or none, and then what becomes of
// it and why.
func (d *delivery) choose(due *journal.DueDelivery) (outcome, why string) {
	c, err := d.lane.decoded.call(due)
	if err != nil {
		return journal.OutcomeFailed, err.Error()
	}
	parcels, skipped, failed := d.lane.parcels(c, d.row.Past)
	if failed != "" {
		return journal.OutcomeFailed, failed
	}
	at := slices.IndexFunc(parcels, func(p crm.Parcel) bool { return p.Part == d.row.Part })
	if at < 0 {
		return journal.OutcomeSkipped, cmp.Or(skipped, "the call has no such part any more")
	}
	d.parcel = parcels[at]
	d.parcel.Key, d.parcel.Call, d.parcel.Past = d.row.Key, c, d.row.Past
	if d.uncertain() && d.chooseDoubtful() {
		return "", ""
	}
	d.parcel.Revision, d.row.Sending = d.revision, d.revision
	switch d.step, failed = d.lane.following(&d.parcel, d.memo()); {
	case failed != "":
		return journal.OutcomeFailed, failed
	case d.step.Name == "":
		return journal.OutcomeDelivered, ""
	}
	d.hold()
	return "", ""
}

// chooseDoubtful makes looking for what was done before the next step, where the target can be
// asked; it reports whether it did. Elsewhere the step is done again.
func (d *delivery) chooseDoubtful() bool {
	d.doubtful = true
	d.parcel.Revision = d.row.Sending
	step, failed := d.lane.following(&d.parcel, d.memo())
	if failed != "" || step.Name != d.row.Step {
		step = crm.Step{Name: d.row.Step}
	}
	if step.Repeatable || !d.lane.target.Capabilities().ReadBack {
		d.row.Repeats++
		return false
	}
	d.look, d.step = true, step
	d.hold()
	return true
}

// hold makes the row say that the step is under way.
func (d *delivery) hold() {
	d.row.Step = d.step.Name
	if d.row.State != journal.DeliveryRecording {
		d.row.State = journal.DeliveryWorking
	}
}

// work does steps until the delivery is over, or has to wait.
func (d *delivery) work(ctx context.Context) {
	for more := true; more; {
		memo, done, err := d.attempt(ctx)
		if len(memo) > 0 {
			d.row.Memo = string(memo)
		}
		more = d.lane.conclude(ctx, d, done, err)
	}
}

// attempt asks or does. Not done, without an error, means that it surely had not been
// done.
func (d *delivery) attempt(ctx context.Context) (memo crm.Memo, done bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, d.lane.config.StepTime)
	defer cancel()
	failed := guard(d.lane.config.Logger, d.row.Target, "step "+d.step.Name, func() {
		if d.look {
			memo, done, err = d.lane.target.Look(ctx, &d.parcel, d.step, d.memo())
			return
		}
		memo, err = d.lane.target.Do(ctx, &d.parcel, d.step, d.memo())
		done = err == nil
	})
	if failed != "" {
		return nil, false, &crm.Error{Class: crm.Uncertain, Reason: failed}
	}
	return memo, done, err
}

// classify makes every failure a *crm.Error.
func classify(err error) *crm.Error {
	if told, ok := errors.AsType[*crm.Error](err); ok {
		return told
	}
	return &crm.Error{Class: crm.Uncertain, Reason: err.Error(), Err: err}
}
