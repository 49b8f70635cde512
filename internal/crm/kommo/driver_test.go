package kommo_test

import (
	"context"
	"errors"
	"io"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"ringback/internal/call"
	"ringback/internal/config"
	"ringback/internal/crm"
	"ringback/internal/crm/kommo"
	"ringback/internal/crm/kommo/kommosim"
)

// clock is a clock that only tests move.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) to(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if t.After(c.now) {
		c.now = t
	}
}

// store is a crm.Store in memory. Broken, it keeps nothing.
type store struct {
	mu       sync.Mutex
	values   map[string]string
	versions map[string]int64
	broken   bool
}

func newStore() *store { return &store{values: map[string]string{}, versions: map[string]int64{}} }

func (s *store) Load(_ context.Context, key string) ([]byte, int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return []byte(s.values[key]), s.versions[key], nil
}

func (s *store) Save(_ context.Context, key string, value []byte, version int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.broken {
		return errors.New("disk full")
	}
	if s.versions[key] != version {
		return crm.ErrConflict
	}
	s.values[key], s.versions[key] = string(value), version+3
	return nil
}

// recordings gives links, or what is wrong with a call's recording.
type recordings struct{ wrong map[string]error }

func (r recordings) Of(_ context.Context, c *call.Call) (*crm.Recording, error) {
	if err := r.wrong[c.ID]; err != nil {
		return nil, err
	}
	return &crm.Recording{Name: "call.mp3", Size: 3, Open: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader("mp3")), nil }}, nil
}

func (recordings) Link(c *call.Call) (string, error) { return "https://pbx.example/r/" + c.ID, nil }

// bench is a target with its account, on one clock.
type bench struct {
	t *testing.T
	*clock
	sim        *kommosim.Sim
	target     *kommo.Target
	store      *store
	recordings recordings
	settings   kommo.Settings
	// free is when the next request may be sent; idle is how long there was none to
	// send; paid counts the requests that were paid for.
	free time.Time
	idle time.Duration
	paid int
}

func newBench(t *testing.T, o kommosim.Options, change func(*kommo.Settings)) *bench {
	t.Helper()
	b := &bench{t: t, clock: newClock(), store: newStore(), recordings: recordings{map[string]error{}}}
	o.Now = b.Now
	if o.Token == "" && o.ClientID == "" {
		o.Token = "long-lived-secret"
	}
	b.sim = kommosim.New(o)
	b.settings = kommo.Settings{
		URL: &url.URL{Scheme: "https", Host: "example.amocrm.ru"}, Token: config.NewSecret(o.Token),
		UnknownCallers: config.Unsorted, Users: map[string]int64{"1001": 504141}, Recordings: true, Transport: b.sim.Transport(),
	}
	if change != nil {
		change(&b.settings)
	}
	b.restart()
	return b
}

// restart forgets what is in memory, as a new process does.
func (b *bench) restart() {
	b.t.Helper()
	var err error
	b.target, err = kommo.New(b.settings, crm.Services{Store: b.store, Meter: meter{b}, Recordings: b.recordings, Now: b.Now})
	if err != nil {
		b.t.Fatal(err)
	}
}

// delivery is what the driver knows of a parcel.
type delivery struct {
	parcel    crm.Parcel
	memo      crm.Memo
	step      string
	uncertain bool
	due       time.Time
	tries     int
	over      bool
	failure   *crm.Error
	warning   string
}

func (b *bench) parcels(past bool, calls ...*call.Call) []*delivery {
	b.t.Helper()
	var all []*delivery
	for _, c := range calls {
		parcels, skipped := b.target.Parcels(c, past)
		if skipped != "" {
			b.t.Fatalf("call %s is skipped: %s", c.ID, skipped)
		}
		for _, p := range parcels {
			all = append(all, &delivery{parcel: p})
		}
	}
	return all
}

// deliver drives deliveries as package deliver does, one request at a time:
// calls of one number in order, no step before its charges are paid, looking
// before anything is repeated.
func (b *bench) deliver(all ...*delivery) {
	b.t.Helper()
	for range 100 * len(all) {
		d, wait := b.next(all)
		if d == nil && wait.IsZero() {
			return
		}
		if d == nil {
			b.idle += wait.Sub(later(b.Now(), b.free))
			b.to(wait)
			continue
		}
		b.advance(d)
	}
	b.t.Fatal("the deliveries come to no end")
}

func (b *bench) next(all []*delivery) (*delivery, time.Time) {
	var wait time.Time
	busy := map[string]bool{}
	for _, d := range all {
		if d.over || busy[d.parcel.Number] {
			continue
		}
		busy[d.parcel.Number] = true
		if !d.due.After(b.Now()) {
			return d, wait
		}
		if wait.IsZero() || d.due.Before(wait) {
			wait = d.due
		}
	}
	return nil, wait
}

func (b *bench) advance(d *delivery) {
	step := b.target.Next(&d.parcel, d.memo)
	look := d.uncertain && !step.Repeatable
	if d.uncertain && step.Name != d.step {
		b.t.Errorf("%s: after a lost answer to %s, the next step is %q", d.parcel.Key, d.step, step.Name)
	}
	if step.Name == "" {
		d.over = true
		return
	}
	charges := step.Charges
	if look {
		charges = step.Look
	}
	d.step = step.Name
	before := len(b.sim.Requests()) - b.paid
	b.pay(charges)
	var memo crm.Memo
	found := true
	var err error
	if look {
		memo, found, err = b.target.Look(b.t.Context(), &d.parcel, step, d.memo)
	} else {
		memo, err = b.target.Do(b.t.Context(), &d.parcel, step, d.memo)
	}
	if unpaid := len(b.sim.Requests()) - b.paid - before; unpaid > 0 {
		b.t.Errorf("%s: %d requests more than were paid for, look %v", step.Name, unpaid, look)
	}
	b.conclude(d, step, memo, found, err)
}

func (b *bench) conclude(d *delivery, step crm.Step, memo crm.Memo, found bool, err error) {
	if len(memo) > 0 {
		d.memo = memo
	}
	if err == nil {
		d.uncertain, d.tries = false, 0
		if !found {
			d.uncertain = false
		}
		return
	}
	e, ok := errors.AsType[*crm.Error](err)
	if !ok {
		b.t.Errorf("%s: the error %v has no class", step.Name, err)
		e = &crm.Error{Class: crm.Refused}
	}
	if text := e.Error(); strings.Contains(text, "-secret") || strings.Contains(text, "access-") || strings.Contains(text, "refresh-") {
		b.t.Errorf("%s: the error shows a secret: %s", step.Name, text)
	}
	d.failure = e
	d.tries++
	d.due = b.Now().Add(time.Second * time.Duration(d.tries))
	switch e.Class {
	case crm.Refused, crm.Skipped:
		d.over = true
		if step.Optional {
			d.warning, d.failure = e.Error(), nil
		}
	case crm.Throttled:
		if !e.Until.IsZero() {
			d.due = e.Until
			if e.Until.After(b.free) {
				b.free = e.Until
			}
		}
	case crm.Blocked:
		d.over = true
	case crm.Uncertain:
		d.uncertain = true
	case crm.Unavailable:
		if e.Until.After(d.due) {
			d.due = e.Until
		}
	}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// pay waits until charges are within the budget: a request as a rule, or next to
// nothing, where the target draws on the budget itself.
func (b *bench) pay(charges []crm.Charge) {
	for _, c := range charges {
		switch {
		case c.Budget != "requests" || c.Units != 1 && c.Units > 0.001:
			b.t.Errorf("a step charges %v: whole requests keep the limit to the request", c)
		case c.Units == 1:
			b.draw()
		default:
			b.to(b.free.Add(-b.every()))
		}
	}
}

func (b *bench) every() time.Duration {
	budget := b.target.Budgets()[0]
	return time.Duration(float64(budget.Window) / budget.Units)
}

func (b *bench) draw() {
	b.to(b.free)
	b.free = b.Now().Add(b.every())
	b.paid++
}

// meter is the crm.Meter of a bench: time goes on until a request may be sent.
type meter struct{ b *bench }

func (m meter) Spent(context.Context, string, float64, time.Time) error { return nil }

func (m meter) Block(context.Context, string, time.Time) error { return nil }

func (m meter) Draw(_ context.Context, budget crm.Budget, units float64, _ bool, _ time.Time) (time.Duration, error) {
	if budget.Name != "requests" || units != 1 {
		m.b.t.Errorf("%v units of %v are drawn for a request", units, budget)
	}
	m.b.draw()
	return 0, nil
}

// mustDeliver delivers calls and fails the test when one is not.
func (b *bench) mustDeliver(past bool, calls ...*call.Call) []*delivery {
	b.t.Helper()
	all := b.parcels(past, calls...)
	b.deliver(all...)
	for _, d := range all {
		if d.failure != nil && (d.failure.Class == crm.Refused || d.failure.Class == crm.Blocked || d.failure.Class == crm.Skipped) {
			b.t.Errorf("%s is not delivered: %v", d.parcel.Key, d.failure)
		}
	}
	return all
}
