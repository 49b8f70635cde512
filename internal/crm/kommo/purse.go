package kommo

import (
	"context"
	"time"

	"ringback/internal/crm"
)

const (
	// patience is how long a request that can carry more leaves the limit to others
	// who want it.
	patience = 3 * time.Second
	// grace is how long after its time a request that nobody else has taken by then
	// is taken for free.
	grace = 25 * time.Millisecond
	// longest is how long a request waits for the limit; where that takes longer,
	// the account is locked for a while, and the delivery is put off.
	longest = 5 * time.Second
)

// purse pays for requests that several deliveries share, out of the limit of which
// steps that need a request of their own are charged.
type purse struct {
	meter  crm.Meter
	budget crm.Budget
	now    func() time.Time
}

// pay returns when a request may be sent. Until hurry is filled, or for a few seconds,
// it leaves the limit to whoever else wants it: what waits goes with one request
// however much it becomes, and the questions of others bring more of it.
func (p *purse) pay(ctx context.Context, live bool, hurry <-chan struct{}) error {
	until := time.NewTimer(patience)
	defer until.Stop()
	hurried := false
	select {
	case <-hurry:
		hurried = true
	default:
	}
	for {
		now := p.now()
		wait, err := p.meter.Draw(ctx, p.budget, 1, live, now)
		switch {
		case ctx.Err() != nil:
			return stopped(ctx)
		case err != nil:
			return &crm.Error{Class: crm.Unavailable, Reason: "the limit of requests cannot be looked at: " + err.Error(), Err: err}
		case wait == 0:
			return nil
		case wait > longest:
			return &crm.Error{Class: crm.Throttled, Budget: requests, Until: now.Add(wait), Reason: "the CRM takes no requests at present"}
		}
		if !hurried {
			wait += grace
		}
		if err := p.sleep(ctx, wait, until.C, hurry, &hurried); err != nil {
			return err
		}
	}
}

// sleep waits; what makes it hurry ends a first sleep early.
func (p *purse) sleep(ctx context.Context, wait time.Duration, until <-chan time.Time, hurry <-chan struct{}, hurried *bool) error {
	if *hurried {
		until, hurry = nil, nil
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-until:
		*hurried = true
	case <-hurry:
		*hurried = true
	case <-ctx.Done():
		return stopped(ctx)
	}
	return nil
}
