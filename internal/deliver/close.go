package deliver

import (
	"context"
	"errors"

	"ringback/internal/journal"
)

// withdraw takes back what only cancelled runs wanted.
func (l *lane) withdraw(ctx context.Context, d *delivery) error {
	return l.inTx(ctx, func(tx journal.Tx) error {
		return journal.WithdrawDelivery(ctx, tx, &d.row, l.config.Now())
	})
}

// close ends what gets no step: the settings leave it out by now, all was done
// before, or ringback itself failed at it.
func (l *lane) close(ctx context.Context, d *delivery, outcome, why string) error {
	row := d.row
	row.Reason = why
	switch outcome {
	case journal.OutcomeDelivered:
		row.State, row.Delivered = journal.DeliveryDelivered, d.revision
	case journal.OutcomeFailed:
		row.State = journal.DeliveryRefused
	default:
		row.State = journal.DeliverySkipped
	}
	var committed []func()
	err := l.inTx(ctx, func(tx journal.Tx) error {
		committed = nil
		standing, err := journal.StandingOf(ctx, tx, row.Seq, "")
		if errors.Is(err, journal.ErrLost) || err == nil && standing != (journal.Standing{Wanted: row.Wanted, Past: row.Past, CallID: row.CallID}) {
			return nil // it changed since it was looked at
		}
		if err != nil {
			return err
		}
		if err := journal.DropDelivery(ctx, tx, &row, l.config.Now()); err != nil {
			return err
		}
		committed, err = l.settle(ctx, tx, row.Seq, outcome, why)
		return err
	})
	if err == nil {
		each(committed)
	}
	return err
}
