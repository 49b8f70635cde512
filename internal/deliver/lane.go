package deliver

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"ringback/internal/crm"
	"ringback/internal/journal"
)

// lane delivers to one target: one goroutine takes up what is due, one for each
// delivery under way does its steps.
type lane struct {
	*Service

	target   *Target
	atOnce   int
	budgets  map[string]journal.Limit
	breaker  breaker
	recorder *recorder
	work     sync.WaitGroup
	underway atomic.Int64
	wake     chan struct{}
	counts   counts
	decoded  decodings
	// contested says that another process took what this one was about to.
	contested bool
	// unsure are deliveries, as they were, of which it is not known whether they were written down
	// as begun; nobody works at them.
	unsure []journal.Delivery
}

const (
	// lookFirst and lookLast bound how often an idle lane looks for work: the pause
	// doubles while there is none.
	lookFirst = 20 * time.Millisecond
	lookLast  = time.Second
)

func newLane(s *Service, t *Target) *lane {
	l := &lane{Service: s, target: t, atOnce: usualAtOnce, budgets: map[string]journal.Limit{}, wake: make(chan struct{}, 1)}
	if says, ok := t.Target.(crm.AtOnce); ok {
		l.atOnce = min(max(1, says.AtOnce()), mostAtOnce)
	}
	if limited, ok := t.Target.(crm.Limited); ok {
		for _, b := range limited.Budgets() {
			l.budgets[b.Name] = limitOf(t.Name, b)
		}
	}
	l.breaker = breaker{pause: s.config.Pause}
	l.recorder = newRecorder(s.config.Journal, s.config.Logger, t.Name)
	return l
}

// nudge makes the lane look for work at once.
func (l *lane) nudge() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// run takes up what is due until ctx ends. Deliveries under way have the other
// context.
func (l *lane) run(ctx, working context.Context) {
	idle := lookFirst
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-l.wake:
			idle = lookFirst
		case <-timer.C:
		}
		begun, wait, err := l.round(ctx, working)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			l.config.Logger.WarnContext(ctx, "nothing is taken up for delivery: the journal does not answer", "target", l.target.Name, "error", err)
			wait = lookLast
		case begun > 0:
			idle, wait = lookFirst, 0
		case wait == 0:
			wait = idle
			idle = min(2*idle, lookLast)
		}
		timer.Reset(wait)
	}
}

// round takes up what is due and may be delivered now. When that is nothing, wait
// says when it makes sense to look again, 0 for no idea.
func (l *lane) round(ctx, working context.Context) (begun int, wait time.Duration, err error) {
	now := l.config.Now()
	free := l.atOnce - int(l.underway.Load())
	if free <= 0 {
		return 0, lookLast, nil // whatever ends wakes the lane
	}
	probe, wait := l.breaker.admits(now)
	if wait > 0 {
		return 0, wait, nil
	}
	if probe {
		if free < l.atOnce {
			return 0, lookLast, nil
		}
		free = 1
	}
	until, err := l.config.Journal.BlockedUntil(ctx, l.target.Name, "")
	if err != nil || until.After(now) {
		return 0, max(0, min(until.Sub(now), lookLast)), err
	}
	if err := l.unbegin(ctx); err != nil {
		return 0, 0, err
	}
	due, err := l.due(ctx, now, free)
	if err != nil || len(due) == 0 {
		return 0, 0, err
	}
	prepared, closed, err := l.prepare(ctx, due)
	if err != nil {
		return 0, 0, err
	}
	allowed, wait, err := l.draw(ctx, prepared)
	if err != nil || len(allowed) == 0 {
		return closed, wait, err
	}
	got, err := l.begin(ctx, allowed)
	if err != nil {
		l.mistrust(due, allowed)
		return 0, 0, errors.Join(err, l.giveBack(ctx, allowed))
	}
	l.contested = len(got) < len(allowed)
	for _, d := range got {
		l.underway.Add(1)
		l.work.Go(func() {
			defer l.nudge()
			defer l.underway.Add(-1)
			d.work(working)
		})
	}
	return closed + len(got), 0, nil
}

// due looks for what to take up. Where another process takes the same, it looks
// further, and in another order.
func (l *lane) due(ctx context.Context, now time.Time, free int) ([]journal.DueDelivery, error) {
	if !l.contested {
		return l.config.Journal.DueDeliveries(ctx, l.target.Name, now, free)
	}
	const further = 4
	due, err := l.config.Journal.DueDeliveries(ctx, l.target.Name, now, further*free)
	if len(due) > free {
		own := int(l.id[len(l.id)-1]) // the end of a ULID is random
		slices.SortStableFunc(due, func(a, b journal.DueDelivery) int {
			return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare((int(a.Seq)+own)%7, (int(b.Seq)+own)%7))
		})
		due = due[:free]
	}
	return due, err
}

func rank(d journal.DueDelivery) int {
	if d.Live {
		return 0
	}
	return 1
}

// prepare works out the next step of what is due, and closes what has none or is
// not wanted any more.
func (l *lane) prepare(ctx context.Context, due []journal.DueDelivery) (prepared []*delivery, closed int, err error) {
	l.decoded.begin(len(due))
	for i := range due {
		d := newDelivery(l, &due[i])
		if due[i].Abandoned && !d.begun() {
			if err := l.withdraw(ctx, d); err != nil {
				return nil, closed, err
			}
			closed++
			continue
		}
		outcome, why := journal.OutcomeSkipped, partOf(due[i].PartOf)
		if why == "" || mayBeThere(&d.row) {
			outcome, why = d.choose(&due[i])
		}
		if outcome != "" {
			if err := l.close(ctx, d, outcome, why); err != nil {
				return nil, closed, err
			}
			closed++
			continue
		}
		prepared = append(prepared, d)
	}
	return prepared, closed, nil
}

func (l *lane) inTx(ctx context.Context, fn func(journal.Tx) error) error {
	return l.config.Journal.InTx(ctx, func(tx journal.Tx) error {
		if err := journal.LockTarget(ctx, tx, l.target.Name); err != nil {
			return err
		}
		return fn(tx)
	})
}

// begin writes down which steps are begun. What another process was faster with is
// left out, and its units are given back.
func (l *lane) begin(ctx context.Context, allowed []*delivery) ([]*delivery, error) {
	rows := make([]*journal.Delivery, len(allowed))
	for i, d := range allowed {
		rows[i] = &d.row
	}
	var mine map[int64]bool
	err := l.inTx(ctx, func(tx journal.Tx) error {
		var err error
		if mine, err = journal.BeginDeliveries(ctx, tx, l.id, rows, l.config.Now()); err != nil {
			return err
		}
		repeats := journal.TargetState{Target: l.target.Name}
		for _, d := range allowed {
			switch {
			case !mine[d.row.Seq]:
				if err := l.refund(ctx, tx, d.charges()); err != nil {
					return err
				}
			case d.repeats():
				repeats.Repeats++
			}
		}
		if repeats.Repeats == 0 {
			return nil
		}
		return journal.CountDeliveries(ctx, tx, repeats)
	})
	if err != nil {
		return nil, err
	}
	var got []*delivery
	for _, d := range allowed {
		if mine[d.row.Seq] {
			d.row.Owner = l.id
			got = append(got, d)
		}
	}
	return got, nil
}

func each(functions []func()) {
	for _, f := range functions {
		f()
	}
}

// afresh is the memo from which a delivery is brought again.
func (l *lane) afresh(memo string) string {
	a, offers := l.target.Target.(crm.Afresh)
	switch {
	case offers && memo != "":
		return string(a.Afresh(crm.Memo(memo)))
	case !offers && l.target.Capabilities().Update:
		return memo // anew it would be there twice
	}
	return ""
}
