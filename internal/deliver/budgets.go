package deliver

import (
	"context"
	"time"

	"ringback/internal/crm"
	"ringback/internal/journal"
)

// draw takes from the target's limits what the next requests of deliveries
// charge. Those that have to wait are left out; wait is until the first of them may go.
func (l *lane) draw(ctx context.Context, prepared []*delivery) (allowed []*delivery, wait time.Duration, err error) {
	if len(l.budgets) == 0 || len(prepared) == 0 {
		return prepared, 0, nil
	}
	now := l.config.Now()
	err = l.config.Journal.InTx(ctx, func(tx journal.Tx) error {
		allowed, wait = nil, 0
		known := refusals{}
		for _, d := range prepared {
			later, err := l.drawAll(ctx, tx, d.charges(), d.urgent(), now, known)
			if err != nil {
				return err
			}
			if later == 0 {
				allowed = append(allowed, d)
				continue
			}
			if wait == 0 || later < wait {
				wait = later
			}
		}
		return nil
	})
	return allowed, wait, err
}

// refusals are what limits have refused in one draw: whoever wants as much later in it gets no
// more, and need not ask.
type refusals map[refusal]refused

type refusal struct {
	budget string
	live   bool
}

type refused struct {
	units float64
	wait  time.Duration
}

// drawAll takes every charge, or none.
func (l *lane) drawAll(
	ctx context.Context, tx journal.Tx, charges []crm.Charge, live bool, now time.Time, known refusals,
) (wait time.Duration, err error) {
	for i, c := range charges {
		limit, limited := l.budgets[c.Budget]
		if !limited || c.Units <= 0 {
			continue
		}
		who := refusal{c.Budget, live}
		if before, ok := known[who]; ok && c.Units >= before.units {
			return before.wait, l.refund(ctx, tx, charges[:i])
		}
		if wait, err = journal.Draw(ctx, tx, limit, c.Units, live, now); err != nil || wait > 0 {
			if err == nil {
				known[who] = refused{c.Units, wait}
				err = l.refund(ctx, tx, charges[:i])
			}
			return wait, err
		}
	}
	return 0, nil
}

func (l *lane) refund(ctx context.Context, tx journal.Tx, charges []crm.Charge) error {
	for _, c := range charges {
		limit, known := l.budgets[c.Budget]
		if !known || c.Units <= 0 {
			continue
		}
		if err := journal.GiveBack(ctx, tx, limit, c.Units); err != nil {
			return err
		}
	}
	return nil
}

// giveBack returns what was drawn for deliveries that are not begun.
func (l *lane) giveBack(ctx context.Context, deliveries []*delivery) error {
	if len(l.budgets) == 0 || len(deliveries) == 0 {
		return nil
	}
	return l.config.Journal.InTx(ctx, func(tx journal.Tx) error {
		for _, d := range deliveries {
			if err := l.refund(ctx, tx, d.charges()); err != nil {
				return err
			}
		}
		return nil
	})
}

// meter is the crm.Meter of one target.
type meter struct {
	journal *journal.Journal
	target  string
}

// NewMeter is what the adapter of a target tells its limits to.
func NewMeter(j *journal.Journal, target string) crm.Meter { return meter{j, target} }

// Spent implements crm.Meter.
func (m meter) Spent(ctx context.Context, budget string, used float64, until time.Time) error {
	return m.journal.InTx(ctx, func(tx journal.Tx) error { return journal.CorrectLimit(ctx, tx, m.target, budget, used, until) })
}

// Draw implements crm.Meter.
func (m meter) Draw(ctx context.Context, budget crm.Budget, units float64, live bool, now time.Time) (wait time.Duration, err error) {
	err = m.journal.InTx(ctx, func(tx journal.Tx) error {
		wait, err = journal.Draw(ctx, tx, limitOf(m.target, budget), units, live, now)
		return err
	})
	return wait, err
}

// limitOf is a budget of a target as the journal keeps it.
func limitOf(target string, b crm.Budget) journal.Limit {
	return journal.Limit{
		Target: target, Budget: b.Name, Every: time.Duration(float64(b.Window) / b.Units), Burst: b.Burst, Most: b.Units, Reserve: b.Live,
	}
}

// Block implements crm.Meter.
func (m meter) Block(ctx context.Context, budget string, until time.Time) error {
	return m.journal.InTx(ctx, func(tx journal.Tx) error { return journal.BlockLimit(ctx, tx, m.target, budget, until) })
}
