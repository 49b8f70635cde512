package journal

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Delivery is one part of a call at one target, as the journal holds it.
type Delivery struct {
	// Seq is the journal's own number of it.
	Seq    int64
	Target string
	PBX    string
	CallID string
	Part   int
	// Key is what the target knows it by, the same for ever.
	Key   string
	State string
	// Live says that it goes ahead of the past.
	Live bool
	// Past says that it comes from a run over the past.
	Past bool
	// Number is the outside party's, "" for none. Deliveries of one number reach
	// a target in order of Started.
	Number  string
	Started time.Time
	// Wanted is the revision that should be delivered, Sending the one that the
	// step is about, Delivered the one that was delivered, 0 for none.
	Wanted, Sending, Delivered int64
	// Step is the step begun last, Begun when.
	Step  string
	Begun time.Time
	// Tries counts failures since there was progress, Repeats the steps done again
	// without knowing whether they had been done.
	Tries, Repeats int64
	// Memo is what the steps done left behind, as JSON; "" for nothing.
	Memo string
	// Class and Reason say in a word, and in words, why it stands where it does.
	Class, Reason string
	// Due is when it may be tried next.
	Due time.Time
	// Owner is the process that works at it, "" for none.
	Owner string
}

// The states of a delivery.
const (
	// DeliveryWaiting: it has not begun, or waits for its next step.
	DeliveryWaiting = "waiting"
	// DeliveryWorking: a step was begun; whether it was done is not known yet.
	DeliveryWorking = "working"
	// DeliveryUncertain: a step was begun, and its answer is lost.
	DeliveryUncertain = "uncertain"
	// DeliveryRecording: the call was delivered, its recording is still to come.
	DeliveryRecording = "recording"
	DeliveryDelivered = "delivered"
	// DeliveryRefused: the target will not take it.
	DeliveryRefused = "refused"
	// DeliverySkipped: it need not be delivered.
	DeliverySkipped = "skipped"
)

// Open says that calls of the same number wait until it is over.
func (d *Delivery) Open() bool {
	return d.State == DeliveryWaiting || d.State == DeliveryWorking || d.State == DeliveryUncertain
}

// over says that nothing is left to do.
func (d *Delivery) over() bool { return !d.Open() && d.State != DeliveryRecording }

const (
	priorityLive = iota
	priorityBegun
	priorityPast
	priorities // how many there are
)

// priority is in which order deliveries are taken up.
func (d *Delivery) priority() int64 {
	switch {
	case d.Live || !d.Past:
		return priorityLive
	case d.Memo != "" || d.State == DeliveryUncertain:
		return priorityBegun
	}
	return priorityPast
}

const deliveryColumns = `d.seq, d.target, d.pbx, d.call_id, d.part, d.delivery_key, d.state, d.priority, d.past, d.number, d.started,
	d.wanted, d.sending, d.delivered, d.step, d.begun, d.tries, d.repeats, d.memo, d.class, d.reason, d.due, d.owner`

// scanDelivery reads deliveryColumns, and more columns into more.
func scanDelivery(row Row, more ...any) (Delivery, error) {
	var d Delivery
	var priority, past int64
	var started, begun, due *int64
	err := row.Scan(append([]any{
		&d.Seq, &d.Target, &d.PBX, &d.CallID, &d.Part, &d.Key, &d.State, &priority, &past, &d.Number, &started,
		&d.Wanted, &d.Sending, &d.Delivered, &d.Step, &begun, &d.Tries, &d.Repeats, &d.Memo, &d.Class, &d.Reason, &due, &d.Owner,
	}, more...)...)
	d.Live, d.Past = priority == priorityLive, past == 1
	d.Started, d.Begun, d.Due = instant(started), instant(begun), instant(due)
	return d, err
}

// LockTarget makes other transactions that change deliveries of the target wait
// until tx ends. Of several targets, lock them in order of name; before runs, not
// after.
func LockTarget(ctx context.Context, tx Tx, target string) error {
	return tx.Lock(ctx, "deliveries to "+target)
}

// DeliveriesOf returns what there is of calls of a PBX at a target, parts in
// order.
func DeliveriesOf(ctx context.Context, r Reader, target, pbx string, calls []string) (map[string][]Delivery, error) {
	found := make(map[string][]Delivery, len(calls))
	const most = 400
	for len(calls) > 0 {
		n := min(most, len(calls))
		var query strings.Builder
		query.WriteString(`SELECT ` + deliveryColumns + ` FROM deliveries d WHERE d.target = $1 AND d.pbx = $2 AND d.call_id IN `)
		placeholders(&query, 3, n, 1)
		query.WriteString(` ORDER BY d.part`)
		args := []any{target, pbx}
		for _, id := range calls[:n] {
			args = append(args, id)
		}
		err := r.Query(ctx, query.String(), args, func(row Row) error {
			d, err := scanDelivery(row)
			found[d.CallID] = append(found[d.CallID], d)
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("look up deliveries to %s: %w", target, err)
		}
		calls = calls[n:]
	}
	return found, nil
}

// CallDeliveries lists what there is of a call at every target, by target and part.
func (j *Journal) CallDeliveries(ctx context.Context, pbx, call string) ([]Delivery, error) {
	list := []Delivery{}
	err := j.Reader().Query(ctx, `SELECT `+deliveryColumns+` FROM deliveries d WHERE d.pbx = $1 AND d.call_id = $2 ORDER BY d.target, d.part`,
		[]any{pbx, call}, func(row Row) error {
			d, err := scanDelivery(row)
			list = append(list, d)
			return err
		})
	if err != nil {
		return nil, fmt.Errorf("list deliveries of call %s: %w", call, err)
	}
	return list, nil
}

// DueDelivery is a delivery to take up, with the call as it is now.
type DueDelivery struct {
	Delivery

	// JSON is the call as it is now, at Revision: a later one than Wanted where a run
	// found it changed that was not for this target.
	JSON     string
	Revision int64
	// Contexts are those of the dial plan that the call's channels ran in.
	Contexts []string
	// PartOf is the call that this one turned out to be a part of, "" for none.
	PartOf string
	// Abandoned says that only runs wanted it that were cancelled.
	Abandoned bool
}

// abandoned is true of a delivery d of the past that only runs wait for which were cancelled.
const abandoned = `(d.past = 1 AND EXISTS (SELECT 1 FROM delivery_waits w WHERE w.delivery = d.seq AND w.outcome = '') AND NOT EXISTS (
	SELECT 1 FROM delivery_waits w JOIN runs r ON r.seq = w.run WHERE w.delivery = d.seq AND w.outcome = '' AND r.state <> 'cancelled'))`

// DueDeliveries returns deliveries of a target that may be taken up: live ones
// first, then those of the past that were begun, then the rest by start.
func (j *Journal) DueDeliveries(ctx context.Context, target string, now time.Time, limit int) ([]DueDelivery, error) {
	var due []DueDelivery
	for priority := range priorities {
		if len(due) >= limit {
			break
		}
		// SQLite plans anew when a plain parameter of LIMIT changes, or one compared turns 0 or 1.
		err := j.Reader().Query(ctx, `SELECT `+deliveryColumns+`, c.body, c.revision, c.contexts, c.joined_into, CASE WHEN `+abandoned+` THEN 1 ELSE 0 END
			FROM deliveries d JOIN calls c ON c.id = d.call_id AND c.pbx = d.pbx
			WHERE d.target = $1 AND d.due <= $2 AND d.priority = `+strconv.Itoa(priority)+` AND d.ready = 1 AND d.owner = '' ORDER BY d.due LIMIT $3 + 0`,
			[]any{target, now.UnixMicro(), limit - len(due)}, func(row Row) error {
				var d DueDelivery
				var unwanted int64
				var contexts string
				var err error
				d.Delivery, err = scanDelivery(row, &d.JSON, &d.Revision, &contexts, &d.PartOf, &unwanted)
				d.Contexts, d.Abandoned = contextsOf(contexts), unwanted == 1
				due = append(due, d)
				return err
			})
		if err != nil {
			return nil, fmt.Errorf("look for what is to be delivered to %s: %w", target, err)
		}
	}
	return due, nil
}
