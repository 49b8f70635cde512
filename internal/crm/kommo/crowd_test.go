package kommo_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"ringback/internal/config"
	"ringback/internal/crm"
	"ringback/internal/crm/kommo"
	"ringback/internal/crm/kommo/kommosim"
)

// pacer is a crm.Meter with a limit of its own, on the clock of a bubble.
type pacer struct {
	mu    sync.Mutex
	free  time.Time
	fault error
	drawn int
}

func (p *pacer) Spent(context.Context, string, float64, time.Time) error { return nil }

func (p *pacer) Block(context.Context, string, time.Time) error { return nil }

func (p *pacer) Draw(_ context.Context, budget crm.Budget, units float64, _ bool, now time.Time) (time.Duration, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if wait := p.free.Sub(now); wait > 0 || p.fault != nil {
		return wait, p.fault
	}
	p.drawn++
	p.free = now.Add(time.Duration(units * float64(budget.Window) / budget.Units))
	return 0, nil
}

// hold keeps the limit closed until all of a crowd have come.
func (p *pacer) hold() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.free = time.Now().Add(200 * time.Millisecond)
}

// crowd is a target to which many deliveries come at the same time, in a bubble of
// synctest. Each has a client of its own.
type crowd struct {
	t       *testing.T
	sim     *kommosim.Sim
	pacer   *pacer
	target  *kommo.Target
	clients []int64
}

func newCrowd(t *testing.T, n int, o kommosim.Options, change func(*kommo.Settings)) *crowd {
	t.Helper()
	c := &crowd{t: t, pacer: &pacer{free: time.Now().Add(100 * time.Millisecond)}}
	o.Now, o.LockAfter = time.Now, 3
	if o.ClientID == "" {
		o.Token = "long-lived-secret"
	}
	c.sim = kommosim.New(o)
	c.slow(nil)
	for i := range n {
		c.clients = append(c.clients, c.sim.AddClient("contacts", "Client", fmt.Sprintf("7916%07d", i)))
	}
	settings := kommo.Settings{
		URL: &url.URL{Scheme: "https", Host: "example.amocrm.ru"}, Token: config.NewSecret(o.Token), UnknownCallers: config.Unsorted,
		Users: map[string]int64{"1001": 504141}, Transport: c.sim.Transport(),
	}
	if change != nil {
		change(&settings)
	}
	var err error
	c.target, err = kommo.New(settings, crm.Services{Store: newStore(), Meter: c.pacer, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// latency is how long a request takes.
const latency = 200 * time.Millisecond

// slow makes each request take its time; some go wrong.
func (c *crowd) slow(fault func(n int, r *http.Request) kommosim.Fault) {
	n := 0
	c.sim.Break(func(r *http.Request) kommosim.Fault {
		f := kommosim.Fault{}
		if fault != nil {
			f = fault(n, r)
		}
		n++
		f.Slow = latency
		return f
	})
}

// one is what the ith delivery of the crowd asks for, and what becomes of it.
type one struct {
	i     int
	ctx   context.Context
	memo  crm.Memo
	found bool
	err   error
}

// stoppable lets a delivery be given up.
func (o *one) stoppable() context.CancelFunc {
	ctx, stop := context.WithCancel(o.ctx)
	o.ctx = ctx
	return stop
}

func (o *one) class() crm.Class {
	if o.err == nil {
		return 255
	}
	e, ok := errors.AsType[*crm.Error](o.err)
	if !ok {
		return 254
	}
	return e.Class
}

// note is the note that the memo tells of.
func (o *one) note() int64 {
	var m struct{ Note int64 }
	_ = json.Unmarshal(o.memo, &m)
	return m.Note
}

// onClients are deliveries whose clients are known already.
func (c *crowd) onClients() []*one {
	var all []*one
	for i, id := range c.clients {
		all = append(all, &one{i: i, ctx: c.t.Context(), memo: crm.Memo(fmt.Sprintf(`{"kind":"contacts","id":%d,"user":504141,"gone":2}`, id))})
	}
	return all
}

// ofStrangers are n deliveries of whom nobody knows.
func (c *crowd) ofStrangers(n int) []*one {
	var all []*one
	for i := range n {
		all = append(all, &one{i: i, ctx: c.t.Context(), memo: crm.Memo(`{"tried":4,"strangers":"unsorted","user":504141}`)})
	}
	return all
}

// parcel is that of the ith delivery.
func (c *crowd) parcel(i int, past bool) *crm.Parcel {
	parcels, _ := c.target.Parcels(incoming(fmt.Sprintf("1.%d", i), fmt.Sprintf("7916%07d", i), start.Add(time.Duration(i)*time.Second)), past)
	return &parcels[0]
}

// begin has all do a step at the same time, the first leading; wait returns when they
// are done.
func (c *crowd) begin(step string, past bool, all []*one) (wait func()) {
	var work sync.WaitGroup
	for _, o := range all {
		work.Go(func() {
			s := crm.Step{Name: step, Charges: []crm.Charge{{Budget: "requests", Units: 0.0001}}}
			memo, err := c.target.Do(o.ctx, c.parcel(o.i, past), s, o.memo)
			o.err = err
			if len(memo) > 0 {
				o.memo = memo
			}
		})
		if o == all[0] {
			synctest.Wait()
		}
	}
	return work.Wait
}

func (c *crowd) do(step string, past bool, all []*one) { c.begin(step, past, all)() }

// look has all whose outcome is not known look for it.
func (c *crowd) look(step string, past bool, all []*one) {
	var work sync.WaitGroup
	for _, o := range all {
		if o.class() != crm.Uncertain {
			continue
		}
		work.Go(func() {
			for {
				var memo crm.Memo
				memo, o.found, o.err = c.target.Look(o.ctx, c.parcel(o.i, past), crm.Step{Name: step}, o.memo)
				o.memo = memo
				if e, ok := errors.AsType[*crm.Error](o.err); !ok || e.Class != crm.Throttled {
					return
				}
			}
		})
	}
	work.Wait()
}

// arrays are how many items the requests with an array had, in order.
func (c *crowd) arrays() []int {
	var all []int
	for _, r := range c.sim.Requests() {
		if r.Items > 0 {
			all = append(all, r.Items)
		}
	}
	return all
}

// check says that the outcomes are right: whoever was told of a note has that one,
// nobody has two, nobody was told of none who has one, and each request was paid for.
func (c *crowd) check(all []*one) {
	c.t.Helper()
	notes := map[string][]int64{}
	for _, n := range c.sim.Holdings().Notes {
		key := fmt.Sprint(n.Params["uniq"])
		notes[key] = append(notes[key], n.ID)
	}
	for _, o := range all {
		got := notes[fmt.Sprintf("main-1.%d", o.i)]
		switch {
		case len(got) > 1:
			c.t.Errorf("delivery %d is there %d times", o.i, len(got))
		case o.note() != 0 && !slices.Equal(got, []int64{o.note()}):
			c.t.Errorf("delivery %d was told of note %d, and has %v", o.i, o.note(), got)
		case o.note() == 0 && len(got) > 0 && o.class() != crm.Uncertain:
			c.t.Errorf("delivery %d has note %v and was told: %v", o.i, got, o.err)
		}
	}
	if sent := len(c.sim.Requests()); sent > c.pacer.drawn || c.sim.Refused() > 0 {
		c.t.Errorf("%d requests were sent and %d paid for; %d were refused", sent, c.pacer.drawn, c.sim.Refused())
	}
}

// classes counts outcomes; 255 is success.
func classes(all []*one) map[crm.Class]int {
	n := map[crm.Class]int{}
	for _, o := range all {
		n[o.class()]++
	}
	return n
}
