package deliver

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"ringback/internal/crm"
	"ringback/internal/journal"
)

// mostTries is how often a delivery may fail, while others get through, before it
// counts as refused: about nine hours with the usual pauses.
const mostTries = 60

// outcome is what becomes of a delivery after a step.
type outcome struct {
	row journal.Delivery
	// run is the outcome for runs that wait, "" when they go on waiting.
	run string
	// more: the next step, which stands in row, is done at once.
	more bool
	// state is how the target is from now on, nil when that did not change.
	state *journal.TargetState
	// failure is what went wrong, "" when nothing did.
	failure string
	// block keeps everybody from a limit until a moment; zero: it does not.
	block  time.Time
	budget string
	// undone: the request surely had no effect.
	undone bool
	// repeated: the step was done again without knowing whether it had been done.
	repeated bool
	// step is what was done.
	step crm.Step
}

// conclude decides what follows from a step, and records it; it reports whether to go
// on with the next step.
func (l *lane) conclude(ctx context.Context, d *delivery, done bool, err error) bool {
	var o outcome
	doubtful, step := d.repeats(), d.step
	later, notYet := errors.AsType[*crm.NotYetError](err)
	switch {
	case notYet && d.step.Optional && !d.look:
		o = l.finish(d, "")
		o.row.State, o.row.Due = journal.DeliveryRecording, later.Again
	case err != nil:
		o = l.failed(ctx, d, classify(err))
	case !done:
		l.revive(&o)
		o.row = d.row
		o.row.Class, o.row.Owner, o.row.Due = "", "", l.config.Now()
		if o.row.State != journal.DeliveryRecording {
			o.row.State = journal.DeliveryWaiting
		}
	default:
		o = l.next(ctx, d)
		l.revive(&o)
	}
	o.repeated, o.step = doubtful && !o.undone, step
	if !l.record(ctx, d, &o) {
		return false
	}
	d.row = o.row
	return o.more
}

// next goes on after a step that was done.
func (l *lane) next(ctx context.Context, d *delivery) outcome {
	d.look, d.doubtful = false, false
	d.row.Tries, d.row.Class, d.row.Reason = 0, "", ""
	step, failed := l.following(&d.parcel, d.memo())
	if failed != "" {
		return l.failed(ctx, d, &crm.Error{Class: crm.Refused, Reason: failed})
	}
	if step.Name == "" {
		return l.finish(d, "")
	}
	d.step = step
	o := outcome{row: d.row}
	o.row.Begun = l.config.Now()
	if !l.drawNext(ctx, d) {
		// It keeps its place, ahead of what was begun after it: whoever falls back behind
		// calls that only begin lets the limits of the last steps go unused.
		o.row.Owner, o.row.Due = "", d.row.Started
		if o.row.State != journal.DeliveryRecording {
			o.row.State = journal.DeliveryWaiting
		}
		return o
	}
	o.row.Step, o.more = step.Name, true
	return o
}

// drawNext takes what the next step charges, unless it has to wait. When the journal
// is away, the lane sees to the rest when it is back.
func (l *lane) drawNext(ctx context.Context, d *delivery) bool {
	allowed, _, err := l.draw(ctx, []*delivery{d})
	return err == nil && len(allowed) > 0
}

// finish is the outcome when the target has what it should have, with a warning or
// "".
func (l *lane) finish(d *delivery, warning string) outcome {
	o := outcome{row: d.row, run: journal.OutcomeDelivered}
	o.row.State, o.row.Delivered, o.row.Owner, o.row.Due = journal.DeliveryDelivered, d.row.Sending, "", l.config.Now()
	o.row.Tries, o.row.Class, o.row.Reason = 0, "", warning
	return o
}

// failed has one treatment for each class.
func (l *lane) failed(ctx context.Context, d *delivery, e *crm.Error) outcome {
	now := l.config.Now()
	o := outcome{row: d.row, failure: e.Error()}
	o.row.Class, o.row.Reason, o.row.Owner, o.row.Due = e.Class.String(), e.Error(), "", now
	if o.row.State != journal.DeliveryRecording {
		o.row.State = journal.DeliveryWaiting
	}
	o.undone = e.Class == crm.Throttled || e.Class == crm.Unavailable || e.Class == crm.Blocked
	if o.undone && d.repeats() {
		o.row.Repeats--
	}
	switch e.Class {
	case crm.Refused:
		l.revive(&o)
		if d.step.Optional && !d.look {
			o = l.finish(d, "delivered, but "+e.Error())
			o.failure = e.Error()
			return o
		}
		o.row.State, o.run = journal.DeliveryRefused, journal.OutcomeFailed
		stayInDoubt(d, &o)
	case crm.Skipped:
		l.revive(&o)
		o.failure = ""
		o.row.State, o.run = journal.DeliverySkipped, journal.OutcomeSkipped
		stayInDoubt(d, &o)
	case crm.Throttled:
		if e.Again {
			o.failure, o.row.Due = "", d.row.Started // it keeps its place
			l.doubt(d, &o)
			return o
		}
		o.block, o.budget = e.Until, e.Budget
		if _, known := l.budgets[e.Budget]; !known {
			o.budget = "" // nobody would look at it
		}
		if !o.block.After(now) { // also where the target's clock is behind
			o.row.Tries++
			o.block = now.Add(min(longestAway, l.config.Pause(int(o.row.Tries)))) // the limit is everybody's
		}
		o.row.Due = o.block
		if l.holds(o.budget, d.charges()) {
			o.row.Due = d.row.Started // it keeps its place, too
		}
		l.doubt(d, &o)
	case crm.Unavailable, crm.Uncertain:
		if ctx.Err() != nil { // the program stops: that says nothing about the target
			l.doubt(d, &o)
			return o
		}
		l.trouble(d, &o, e)
	case crm.Blocked:
		until := l.breaker.block(now, e.Until, e.Error())
		o.state = &journal.TargetState{Target: l.target.Name, State: "blocked", Reason: e.Error(), Until: until}
		l.doubt(d, &o)
	}
	return o
}

// holds says that a limit, while it is blocked, keeps whoever takes charges from being taken
// up.
func (l *lane) holds(budget string, charges []crm.Charge) bool {
	return slices.ContainsFunc(charges, func(c crm.Charge) bool { return c.Budget == budget && c.Units > 0 })
}

// trouble is a request that the target did not answer as it should.
func (l *lane) trouble(d *delivery, o *outcome, e *crm.Error) {
	now := l.config.Now()
	open, next := l.breaker.failure(now, e.Until, e.Error())
	if open {
		o.state = &journal.TargetState{Target: l.target.Name, State: "unavailable", Reason: e.Error(), Until: next}
		o.row.Due = next // the target is to blame, not the call
	} else {
		o.row.Tries++
		o.row.Due = now.Add(l.config.Pause(int(o.row.Tries)))
	}
	if e.Until.After(o.row.Due) {
		o.row.Due = e.Until
	}
	l.doubt(d, o)
	if o.row.Tries >= mostTries && !open {
		o.row.State, o.run = journal.DeliveryRefused, journal.OutcomeFailed
		o.row.Reason = fmt.Sprintf("tried %d times, while other calls got through; the last time: %s", o.row.Tries, e.Error())
	}
}

// doubt keeps an outcome uncertain that was, or is now.
func (l *lane) doubt(d *delivery, o *outcome) {
	if !d.doubtful && o.row.Class != crm.Uncertain.String() {
		return
	}
	o.row.Class = crm.Uncertain.String()
	if o.row.State != journal.DeliveryRecording {
		o.row.State = journal.DeliveryUncertain
	}
}

// stayInDoubt notes of what is over that it is still not known whether its step was done: when
// it is taken up again, that is asked for first.
func stayInDoubt(d *delivery, o *outcome) {
	if d.look {
		o.row.Class = crm.Uncertain.String()
	}
}

// revive notes that the target answers.
func (l *lane) revive(o *outcome) {
	if l.breaker.success() {
		o.state = &journal.TargetState{Target: l.target.Name}
	}
}
