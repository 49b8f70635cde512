package kommo

import (
	"context"
	"errors"
	"slices"
	"sync"

	"ringback/internal/crm"
)

// gathering lets deliveries that want requests of one kind go together in one.
// Nobody waits for company that is not there: whoever comes while no request is
// under way leads, and takes along who else has come until the limit of requests
// lets the request go. Those who come later go with the next.
type gathering[T any] struct {
	purse *purse
	// live ones go ahead of others; eager ones do not leave the limit to others for
	// a while so that more can come.
	live, eager bool
	// most is how much may go together, by what each weighs.
	most func() int
	// attempt sends one request for a part of those who go, each of whom it gives what came of
	// it, save those whom it returns: they are sent again, each part on its own. An error
	// is that of the whole part.
	attempt func(ctx context.Context, part []*seat[T]) (again [][]*seat[T], err error)

	mu      sync.Mutex
	waiting []*seat[T]
	busy    bool
	// full is filled when as many wait as may go together.
	full chan struct{}
}

// seat is one who wants to go.
type seat[T any] struct {
	wants  T
	weight int

	ctx  context.Context // the request that carries it ends with the last of those who wait for it
	lead chan struct{}   // filled when it is its turn to lead
	done chan struct{}   // closed when err is known
	err  error
}

// join returns when a request has carried what is wanted, with what came of it. A
// context that ends keeps only its own delivery from going.
func (g *gathering[T]) join(ctx context.Context, wants T, weight int) error {
	s := &seat[T]{
		wants: wants, weight: weight, ctx: ctx, lead: make(chan struct{}, 1), done: make(chan struct{}),
		err: &crm.Error{Class: crm.Uncertain, Reason: "ringback itself broke the request off; please report it with the log"},
	}
	g.enter(s)
	select {
	case <-s.done:
		return s.err
	case <-s.lead:
		g.goAhead(s)
		return s.err
	case <-ctx.Done():
		return g.leave(s)
	}
}

func (g *gathering[T]) enter(s *seat[T]) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.waiting = append(g.waiting, s)
	if !g.busy {
		g.busy = true
		s.lead <- struct{}{}
	}
	if _, crowded := g.first(); crowded {
		select {
		case g.full <- struct{}{}:
		default:
		}
	}
}

// goAhead pays for a request and sends it for all who have come by then. The leader
// stays with the others though its own context may end.
func (g *gathering[T]) goAhead(leader *seat[T]) {
	var going []*seat[T]
	defer func() { g.handOn(going) }()
	err := g.purse.pay(leader.ctx, g.live, g.hurry())
	switch {
	case err != nil && leader.ctx.Err() != nil:
		going = g.take(func() int { return 1 }) // who leads stands first
	case err != nil:
		going = g.take(func() int { return len(g.waiting) })
	default:
		going = g.take(func() int { n, _ := g.first(); return n })
		g.carry(going)
		return
	}
	settle(going, err)
}

// hurry is filled when there is no sense in waiting for more; closed when there
// never is.
func (g *gathering[T]) hurry() <-chan struct{} {
	if g.live || g.eager {
		return always
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	select {
	case <-g.full:
	default:
	}
	if _, crowded := g.first(); crowded {
		return always
	}
	return g.full
}

var always = func() chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}()

// first is how many of those who wait go next; crowded says that no more would fit.
// The caller holds the lock.
func (g *gathering[T]) first() (n int, crowded bool) {
	sum, most := 0, g.most()
	for _, s := range g.waiting {
		if sum += s.weight; sum > most && n > 0 {
			return n, true
		}
		n++
	}
	return n, sum >= most
}

func (g *gathering[T]) take(count func() int) []*seat[T] {
	g.mu.Lock()
	defer g.mu.Unlock()
	n := count()
	going := slices.Clone(g.waiting[:n])
	g.waiting = slices.Delete(g.waiting, 0, n)
	return going
}

// handOn ends the turn of those who went, and lets the next lead.
func (g *gathering[T]) handOn(gone []*seat[T]) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, s := range gone {
		close(s.done)
	}
	g.next()
}

// next hands on the lead; the caller holds the lock.
func (g *gathering[T]) next() {
	if len(g.waiting) == 0 {
		g.busy = false
		return
	}
	g.waiting[0].lead <- struct{}{}
}

// leave is for one whose context has ended.
func (g *gathering[T]) leave(s *seat[T]) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	select {
	case <-s.done:
		return s.err
	default:
	}
	i := slices.Index(g.waiting, s)
	if i < 0 {
		return &crm.Error{Class: crm.Uncertain, Reason: "given up before the CRM answered", Err: s.ctx.Err()}
	}
	g.waiting = slices.Delete(g.waiting, i, i+1)
	select {
	case <-s.lead:
		g.next()
	default:
	}
	return stopped(s.ctx)
}

// stopped is the error of what was not sent since its context has ended.
func stopped(ctx context.Context) error {
	return &crm.Error{Class: crm.Unavailable, Reason: "given up before the request was sent", Err: ctx.Err()}
}

// settle gives all the same outcome.
func settle[T any](all []*seat[T], err error) {
	for _, s := range all {
		s.err = err
	}
}

// mostRenewals is how often a request that had no effect is repeated at once: after the
// access token was renewed, by one request, and refused, by another.
const mostRenewals = 3

// carry sends requests until everybody who goes has an outcome. The first is paid for.
func (g *gathering[T]) carry(going []*seat[T]) {
	ctx, end := together(going)
	defer end()
	parts, renewals := [][]*seat[T]{going}, 0
	for paid := true; len(parts) > 0; paid = false {
		part := parts[0]
		parts = parts[1:]
		var again [][]*seat[T]
		var err error
		if !paid {
			err = g.purse.pay(ctx, g.live, always)
		}
		if err == nil {
			again, err = g.attempt(ctx, part)
			if errors.Is(err, errSendAgain) && renewals < mostRenewals {
				renewals++
				again, err = [][]*seat[T]{part}, nil
			}
		}
		if err != nil {
			settle(part, err)
		}
		parts = append(again, parts...)
	}
}

// together is a context that ends when those of all have ended.
func together[T any](all []*seat[T]) (context.Context, func()) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(all[0].ctx))
	var mu sync.Mutex
	left := len(all)
	stops := make([]func() bool, len(all))
	for i, s := range all {
		stops[i] = context.AfterFunc(s.ctx, func() {
			mu.Lock()
			defer mu.Unlock()
			if left--; left == 0 {
				cancel()
			}
		})
	}
	return ctx, func() {
		for _, stop := range stops {
			stop()
		}
		cancel()
	}
}

// gatherings are those of one sort, each for its own kind of request.
type gatherings[K comparable, T any] struct {
	begin func(K) *gathering[T]

	mu   sync.Mutex
	open map[K]*gathering[T]
}

func (gs *gatherings[K, T]) at(k K) *gathering[T] {
	gs.mu.Lock()
	defer gs.mu.Unlock()
	g := gs.open[k]
	if g == nil {
		g = gs.begin(k)
		g.full = make(chan struct{}, 1)
		if gs.open == nil {
			gs.open = map[K]*gathering[T]{}
		}
		gs.open[k] = g
	}
	return g
}
