package journal

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"
)

// AddDeliveries writes new deliveries of one target and sets their Seq. The
// caller holds the target's lock.
func AddDeliveries(ctx context.Context, tx Tx, deliveries []*Delivery, now time.Time) error {
	if len(deliveries) == 0 {
		return nil
	}
	ready, err := queueUp(ctx, tx, deliveries)
	if err != nil {
		return err
	}
	args := make([]any, 0, 19*len(deliveries))
	byKey := make(map[[2]string]*Delivery, len(deliveries))
	for i, d := range deliveries {
		byKey[[2]string{d.PBX, d.Key}] = d
		byKey[stored(d.PBX, d.Key)] = d
		args = append(args, d.Target, d.PBX, d.CallID, int64(d.Part), d.Key, d.State, flag(d.Open()), flag(ready[i]), d.priority(), flag(d.Past),
			d.Number, d.Started.UnixMicro(), d.Wanted, d.Delivered, d.Memo, d.Class, d.Reason, d.Due.UnixMicro(), now.UnixMicro())
	}
	err = insertReturning(ctx, tx, `INSERT INTO deliveries (target, pbx, call_id, part, delivery_key, state, open, ready, priority, past,
		number, started, wanted, delivered, memo, class, reason, due, changed) VALUES`, `RETURNING seq, pbx, delivery_key`, 19, args, func(row Row) error {
		var seq int64
		var pbx, key string
		if err := row.Scan(&seq, &pbx, &key); err != nil {
			return err
		}
		byKey[[2]string{pbx, key}].Seq = seq // every engine gives back what it was given, or what stored says
		return nil
	})
	if err != nil {
		return fmt.Errorf("record deliveries to %s: %w", deliveries[0].Target, err)
	}
	return hasten(ctx, tx, deliveries)
}

// stored is a pair of texts as PostgreSQL keeps them.
func stored(a, b string) [2]string {
	kept := legible([]any{a, b})
	a, _ = kept[0].(string)
	b, _ = kept[1].(string)
	return [2]string{a, b}
}

// head is the first open delivery of a number.
type head struct {
	seq     int64
	started time.Time
	owned   bool
}

// queueUp says which of the deliveries that are to be opened may be taken up, and
// makes heads of numbers stand back that begin later than one of them.
func queueUp(ctx context.Context, tx Tx, deliveries []*Delivery) (ready []bool, err error) {
	target := deliveries[0].Target
	ready = make([]bool, len(deliveries))
	first := map[string]int{} // by number, which of deliveries begins first
	var numbers []string
	for i, d := range deliveries {
		switch at, more := first[d.Number]; {
		case d.State == DeliveryRecording, d.Open() && d.Number == "":
			ready[i] = true
		case !d.Open():
		case !more:
			first[d.Number] = i
			numbers = append(numbers, d.Number)
		case d.Started.Before(deliveries[at].Started):
			first[d.Number] = i
		}
	}
	heads := map[string]head{}
	err = in(ctx, tx, `SELECT number, seq, started, owner FROM deliveries WHERE target = $1 AND open = 1 AND ready = 1 AND number <> '' AND number IN`,
		target, numbers, func(row Row) error {
			var number, owner string
			var h head
			var started *int64
			err := row.Scan(&number, &h.seq, &started, &owner)
			h.started, h.owned = instant(started), owner != ""
			heads[number] = h
			return err
		})
	if err != nil {
		return nil, fmt.Errorf("look for calls of the same numbers: %w", err)
	}
	for _, number := range numbers {
		d := deliveries[first[number]]
		h, held := heads[number]
		if held && (h.owned || !d.Started.Before(h.started)) {
			continue
		}
		if held {
			if _, err := tx.Exec(ctx, `UPDATE deliveries SET ready = 0 WHERE seq = $1`, h.seq); err != nil {
				return nil, fmt.Errorf("let an earlier call of a number go first: %w", err)
			}
		}
		ready[first[number]] = true
	}
	return ready, nil
}

// hasten makes what live calls wait for, earlier calls of their numbers, go ahead
// with them.
func hasten(ctx context.Context, tx Tx, deliveries []*Delivery) error {
	for _, d := range deliveries {
		if d.Past || d.Number == "" || !d.Open() {
			continue
		}
		_, err := tx.Exec(ctx, `UPDATE deliveries SET priority = $4 WHERE target = $1 AND number = $2 AND open = 1 AND started < $3 AND priority > $4`,
			d.Target, d.Number, d.Started.UnixMicro(), int64(priorityLive))
		if err != nil {
			return fmt.Errorf("hasten earlier calls of a number: %w", err)
		}
	}
	return nil
}

// promote lets the first open delivery of a number be taken up.
func promote(ctx context.Context, tx Tx, target, number string) error {
	if number == "" {
		return nil
	}
	_, err := tx.Exec(ctx, `UPDATE deliveries SET ready = 1 WHERE ready = 0 AND seq = (
		SELECT seq FROM deliveries WHERE target = $1 AND number = $2 AND open = 1 ORDER BY started, seq LIMIT 1)`, target, number)
	if err != nil {
		return fmt.Errorf("take up the next call of a number: %w", err)
	}
	return nil
}

// Want asks for a delivery that is there: Wanted, Past, CallID and Part are
// written, and when it is reopened State, Memo, Reason and Due as well. The caller
// holds the target's lock.
func Want(ctx context.Context, tx Tx, d *Delivery, reopen bool, now time.Time) error {
	n, err := tx.Exec(ctx, `UPDATE deliveries SET wanted = $2, past = $3, call_id = $4, part = $5, priority = CASE WHEN priority > $6 OR open = 0 THEN $6 ELSE priority END,
		changed = $7 WHERE seq = $1`, d.Seq, d.Wanted, flag(d.Past), d.CallID, int64(d.Part), d.priority(), now.UnixMicro())
	if err == nil && n != 1 {
		err = ErrNotFound
	}
	if err != nil {
		return fmt.Errorf("record what %s should have of call %s: %w", d.Target, d.CallID, err)
	}
	if reopen {
		ready, err := queueUp(ctx, tx, []*Delivery{d})
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `UPDATE deliveries SET state = $2, open = 1, ready = $3, memo = $4, tries = 0, class = '', reason = $5, due = $6 WHERE seq = $1`,
			d.Seq, d.State, flag(ready[0]), d.Memo, d.Reason, d.Due.UnixMicro())
		if err != nil {
			return fmt.Errorf("deliver call %s to %s again: %w", d.CallID, d.Target, err)
		}
	}
	return hasten(ctx, tx, []*Delivery{d})
}

// sorted is deliveries in the order in which their rows are written everywhere.
func sorted(deliveries []*Delivery) []*Delivery {
	list := slices.Clone(deliveries)
	slices.SortFunc(list, func(a, b *Delivery) int { return cmp.Compare(a.Seq, b.Seq) })
	return list
}
