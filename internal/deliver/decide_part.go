package deliver

import (
	"context"
	"fmt"
	"strings"

	"ringback/internal/backfill"
	"ringback/internal/call"
	"ringback/internal/crm"
	"ringback/internal/journal"
)

// part decides about one parcel of a call.
func (p *plan) part(ctx context.Context, tx journal.Tx, c *backfill.BatchCall, parcel *crm.Parcel, decoded *call.Call) error {
	rows := p.rows[c.ID]
	for i := range rows {
		if rows[i].Part == parcel.Part {
			return p.known(ctx, tx, c, &rows[i])
		}
	}
	now := p.config.Now()
	d := &journal.Delivery{
		Target: p.target, PBX: p.batch.PBX, CallID: c.ID, Part: parcel.Part, Key: parcel.Key,
		State: journal.DeliveryWaiting, Past: p.past, Number: numberOf(decoded, parcel), Started: c.Started, Wanted: c.Revision, Due: c.Started,
	}
	if d.Due.After(now) { // a clock is wrong
		d.Due = now
	}
	p.added = append(p.added, d)
	p.conclude(c, parcel.Part, "", "", 0)
	return nil
}

// known decides about a parcel of which the journal has a delivery.
func (p *plan) known(ctx context.Context, tx journal.Tx, c *backfill.BatchCall, d *journal.Delivery) error {
	wanted, past := d.Wanted, d.Past
	d.Wanted, d.Past = max(d.Wanted, c.Revision), d.Past && p.past
	update := p.lane.target.Capabilities().Update
	switch {
	case d.Open(), d.State == journal.DeliveryRecording && d.Owner != "":
		p.conclude(c, d.Part, "", "", d.Seq)
		if d.Wanted == wanted && d.Past == past && d.CallID == c.ID {
			return nil
		}
		return p.want(ctx, tx, d, false)
	case p.batch.Force:
		if !doubtful(d) {
			d.Memo = p.lane.afresh(d.Memo)
		}
		return p.reopen(ctx, tx, c, d, "was delivered before, now again")
	case d.State == journal.DeliveryRefused:
		return p.reopen(ctx, tx, c, d, "was refused before: "+d.Reason)
	case d.Delivered >= d.Wanted:
		p.conclude(c, d.Part, journal.OutcomeSkipped, "was delivered before", 0)
		return nil
	case d.State == journal.DeliverySkipped && d.Wanted == wanted && !p.past:
		p.conclude(c, d.Part, journal.OutcomeSkipped, d.Reason, 0)
		return nil
	case d.State == journal.DeliverySkipped: // the settings, or what the target knows, may be others by now
		return p.reopen(ctx, tx, c, d, "was skipped before: "+d.Reason)
	case update:
		return p.reopen(ctx, tx, c, d, fmt.Sprintf("changed since it was delivered; revision %d", d.Wanted))
	}
	p.conclude(c, d.Part, journal.OutcomeSkipped,
		fmt.Sprintf("changed since it was delivered (revision %d), and %s cannot change what it has", d.Wanted, p.target), 0)
	if d.Wanted == wanted {
		return nil
	}
	return p.want(ctx, tx, d, false)
}

func (p *plan) reopen(ctx context.Context, tx journal.Tx, c *backfill.BatchCall, d *journal.Delivery, reason string) error {
	d.Past, d.Live, d.Tries, d.Due = p.past, false, 0, p.config.Now()
	if doubtful(d) {
		d.State = journal.DeliveryUncertain // what was not known when it ended must be found out first
	} else {
		d.State, d.Class = journal.DeliveryWaiting, ""
	}
	p.conclude(c, d.Part, "", reason, d.Seq)
	d.Reason = ""
	return p.want(ctx, tx, d, true)
}

func (p *plan) want(ctx context.Context, tx journal.Tx, d *journal.Delivery, reopen bool) error {
	if p.batch.DryRun {
		return nil
	}
	return journal.Want(ctx, tx, d, reopen, p.config.Now())
}

// join gives a call the deliveries of calls that turned out to be parts of it, so
// that nothing is delivered twice: what a target has nothing of is dropped, what it may have goes
// on under the call's name.
func (p *plan) join(ctx context.Context, tx journal.Tx, c *backfill.BatchCall) error {
	for _, id := range c.Replaces {
		for i := range p.rows[id] {
			if err := p.joinPart(ctx, tx, c, &p.rows[id][i]); err != nil {
				return err
			}
		}
	}
	return nil
}

func (p *plan) joinPart(ctx context.Context, tx journal.Tx, c *backfill.BatchCall, d *journal.Delivery) error {
	there, taken := mayBeThere(d), false
	for i := range p.rows[c.ID] {
		taken = taken || p.rows[c.ID][i].Part == d.Part
	}
	switch {
	case there && !taken:
		d.CallID = c.ID
		p.rows[c.ID] = append(p.rows[c.ID], *d)
		return p.want(ctx, tx, d, false)
	case there || !d.Open() || p.batch.DryRun:
		return nil
	}
	d.State, d.Reason = journal.DeliverySkipped, partOf(c.ID)
	if err := journal.DropDelivery(ctx, tx, d, p.config.Now()); err != nil {
		return err
	}
	_, err := p.settle(ctx, tx, d.Seq, journal.OutcomeSkipped, d.Reason) // who watches looks again by and by
	return err
}

// partOf says why nothing is delivered of a part of a call; "" for what is none.
func partOf(call string) string {
	if call == "" {
		return ""
	}
	return "is a part of call " + call
}

// numberOf is the outside party's number as calls are put in order by: its last
// ten digits; "" where there is none.
func numberOf(c *call.Call, parcel *crm.Parcel) string {
	number := parcel.Number
	if number == "" {
		switch c.Direction {
		case call.Incoming:
			number = c.From.Number
		case call.Outgoing:
			number = c.To.Number
		case call.Internal, call.UnknownDirection:
		}
	}
	digits := strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, number)
	const significant, shortest = 10, 3
	if len(digits) < shortest {
		return ""
	}
	return digits[max(0, len(digits)-significant):]
}
