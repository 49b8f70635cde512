package deliver

import (
	"context"
	"errors"
	"fmt"

	"ringback/internal/journal"
)

// record writes an outcome down and waits until it is on the disk. It reports false when the
// delivery is not in this process' hands any more.
func (l *lane) record(ctx context.Context, d *delivery, o *outcome) bool {
	var committed []func()
	var written journal.Delivery
	run := o.run
	err := l.recorder.record(func(ctx context.Context, tx journal.Tx) error {
		written, run, committed = o.row, o.run, nil
		if err := l.catchUp(ctx, tx, d, &written, &run); err != nil {
			return err
		}
		now := l.config.Now()
		if err := journal.SaveDelivery(ctx, tx, l.id, &written, now); err != nil {
			return err
		}
		if run != "" {
			var err error
			if committed, err = l.settle(ctx, tx, written.Seq, run, written.Reason); err != nil {
				return err
			}
		}
		if !o.block.IsZero() {
			if err := journal.BlockLimit(ctx, tx, l.target.Name, o.budget, o.block); err != nil {
				return err
			}
		}
		if o.state != nil {
			if err := journal.SetTargetState(ctx, tx, *o.state); err != nil {
				return err
			}
		}
		return l.count(ctx, tx, d, o, &written, run)
	})
	switch {
	case errors.Is(err, journal.ErrLost):
		l.config.Logger.WarnContext(ctx, "a delivery took so long that another process went on with it", "target", l.target.Name, "call", d.row.CallID)
		return false
	case err != nil: // the program stops and the journal cannot be written: the next start finds out
		l.config.Logger.ErrorContext(ctx, "the outcome of a delivery is not recorded", "target", l.target.Name, "call", d.row.CallID, "error", err)
		return false
	}
	each(committed)
	o.row, o.run = written, run
	l.tell(ctx, d, o)
	l.counts.note(d, o)
	return true
}

// catchUp opens a delivery again that is over, when another revision is wanted by now
// and the target can take it.
func (l *lane) catchUp(ctx context.Context, tx journal.Tx, d *delivery, row *journal.Delivery, run *string) error {
	if *run == "" {
		return nil
	}
	standing, err := journal.StandingOf(ctx, tx, row.Seq, l.id)
	if err != nil {
		return err
	}
	switch delivered := *run == journal.OutcomeDelivered; {
	case delivered && standing.Wanted <= row.Delivered, !delivered && standing.Wanted <= d.revision:
		return nil
	case delivered && !l.target.Capabilities().Update:
		row.Reason = fmt.Sprintf("changed since it was delivered (revision %d), and %s cannot change what it has", standing.Wanted, l.target.Name)
		return nil
	case d.row.State == journal.DeliveryRecording:
		row.State = journal.DeliveryRecording // calls of its number went on already
	case doubtful(row):
		row.State = journal.DeliveryUncertain
	default:
		row.State = journal.DeliveryWaiting
	}
	*run, row.Tries, row.Due = "", 0, l.config.Now()
	return nil
}

// count adds the outcome to what the journal counts for the target.
func (l *lane) count(ctx context.Context, tx journal.Tx, d *delivery, o *outcome, row *journal.Delivery, run string) error {
	counted := journal.TargetState{Target: l.target.Name}
	switch {
	case row.Delivered > d.row.Delivered:
		counted.Delivered = 1
	case run == journal.OutcomeFailed:
		counted.Refused = 1
	}
	if d.repeats() && o.undone {
		counted.Repeats = -1 // it was counted when it was begun
	}
	if o.failure != "" {
		counted.Error, counted.ErrorAt = o.failure, l.config.Now()
	}
	if counted == (journal.TargetState{Target: l.target.Name}) {
		return nil
	}
	return journal.CountDeliveries(ctx, tx, counted)
}

// repeats says that the attempt did again what may have been done before.
func (d *delivery) repeats() bool { return d.doubtful && !d.look }

// tell logs what people should know.
func (l *lane) tell(ctx context.Context, d *delivery, o *outcome) {
	log := l.config.Logger
	switch {
	case o.state != nil && o.state.State == "":
		log.InfoContext(ctx, "the target takes calls again", "target", l.target.Name)
	case o.state != nil:
		log.WarnContext(ctx, "the target is paused", "target", l.target.Name, "state", o.state.State, "reason", o.state.Reason, "until", o.state.Until)
	case o.run == journal.OutcomeFailed:
		log.WarnContext(ctx, "a call was refused", "target", l.target.Name, "pbx", d.row.PBX, "call", d.row.CallID, "reason", o.row.Reason)
	}
	if o.repeated && !o.step.Repeatable {
		log.WarnContext(ctx, "a step was done again without knowing whether it had been done: its answer was lost, and the target can neither be asked nor told",
			"target", l.target.Name, "pbx", d.row.PBX, "call", d.row.CallID, "step", o.step.Name)
	}
}
