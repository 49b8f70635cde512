package backfill

import (
	"context"
	"reflect"
	"sync"
	"time"

	"ringback/internal/journal"
)

const (
	// lookAgain is how soon a change made by another process is noticed.
	lookAgain = time.Second
	// calm is the least time between two looks at a run by one watcher.
	calm = 100 * time.Millisecond
)

// Watch sends the run's present state, then each change. The channel is closed
// after the last one, when ctx ends, or when the service closes. States in
// between are left out for a slow reader: what is sent is always the newest.
func (s *Service) Watch(ctx context.Context, id string) (<-chan *Run, error) {
	signal, unsubscribe := s.changes.subscribe(id)
	now, err := s.config.Journal.Run(ctx, id)
	if err != nil {
		unsubscribe()
		return nil, refusal(err)
	}
	out := make(chan *Run)
	s.watchers.Go(func() {
		defer unsubscribe()
		defer close(out)
		s.watch(ctx, now, signal, out)
	})
	return out, nil
}

func (s *Service) watch(ctx context.Context, now journal.Run, signal <-chan struct{}, out chan<- *Run) {
	poll := time.NewTicker(lookAgain)
	defer poll.Stop()
	rest := time.NewTimer(calm)
	defer rest.Stop()
	resting, signalled, unsent := true, false, true
	for {
		var to chan<- *Run
		var shown *Run
		if unsent {
			to, shown = out, s.show(&now)
		}
		select {
		case <-ctx.Done():
			return
		case <-s.closing:
			return
		case to <- shown:
			if shown.State.Over() {
				return
			}
			unsent = false
		case <-signal:
			signalled = true
		case <-poll.C:
			signalled = true
		case <-rest.C:
			resting = false
		}
		if !signalled || resting {
			continue
		}
		signalled, resting = false, true
		rest.Reset(calm)
		if later, err := s.config.Journal.Run(ctx, now.ID); err == nil && !reflect.DeepEqual(later, now) {
			now, unsent = later, true
		}
	}
}

// Wait returns the run when it is over, or as it stands when ctx ends or the
// service closes before that.
func (s *Service) Wait(ctx context.Context, id string) (*Run, error) {
	watched, err := s.Watch(ctx, id)
	if err != nil && ctx.Err() == nil {
		return nil, err
	}
	if err != nil {
		return s.Get(context.WithoutCancel(ctx), id)
	}
	var last *Run
	for run := range watched {
		last = run
	}
	if last == nil || !last.State.Over() {
		return s.Get(context.WithoutCancel(ctx), id)
	}
	return last, nil
}

// changes tells watchers of a run that something changed. A watcher that has
// not looked yet is not told twice.
type changes struct {
	mu      sync.Mutex
	watched map[string]map[chan struct{}]bool
}

func (c *changes) subscribe(id string) (signal <-chan struct{}, unsubscribe func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	ch := make(chan struct{}, 1)
	if c.watched[id] == nil {
		c.watched[id] = map[chan struct{}]bool{}
	}
	c.watched[id][ch] = true
	return ch, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.watched[id], ch)
		if len(c.watched[id]) == 0 {
			delete(c.watched, id)
		}
	}
}

func (c *changes) tell(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for ch := range c.watched[id] {
		select {
		case ch <- struct{}{}:
		default:
		}
	}
}
