package deliver

import (
	"context"
	"errors"
	"slices"

	"ringback/internal/journal"
)

// mistrust notes what was to be begun when the journal did not confirm it: its answer may have
// been lost after it was written, and nothing of it was sent.
func (l *lane) mistrust(due []journal.DueDelivery, allowed []*delivery) {
	for i := range due {
		if slices.ContainsFunc(allowed, func(d *delivery) bool { return d.row.Seq == due[i].Seq }) {
			l.unsure = append(l.unsure, due[i].Delivery)
		}
	}
}

// unbegin makes deliveries again what they were that stand as begun by this process without
// anybody working at them. Nothing of the lane is begun before that.
func (l *lane) unbegin(ctx context.Context) error {
	if len(l.unsure) == 0 {
		return nil
	}
	err := l.inTx(ctx, func(tx journal.Tx) error {
		for i := range l.unsure {
			err := journal.SaveDelivery(ctx, tx, l.id, &l.unsure[i], l.config.Now())
			if err != nil && !errors.Is(err, journal.ErrLost) { // ErrLost: it was not begun after all
				return err
			}
		}
		return nil
	})
	if err == nil {
		l.unsure = nil
	}
	return err
}
