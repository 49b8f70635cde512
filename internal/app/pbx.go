package app

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"ringback/internal/cel/source"
	"ringback/internal/cel/source/open"
	"ringback/internal/config"
	"ringback/internal/dialplan"
	"ringback/internal/sweep"
)

const (
	// probeEvery is how often a PBX is looked at, probeTime how long that may take.
	probeEvery = 30 * time.Second
	probeTime  = 10 * time.Second
)

// pbx is a PBX of the configuration. It is opened when it is needed first, so
// that the program starts while its database is away.
type pbx struct {
	name     string
	location *time.Location
	address  string
	options  source.Options
	known    sweep.PBX // all but the source
	log      *slog.Logger
	now      func() time.Time

	// opening is held while the source is being opened; it may take long, so
	// it can be given up, unlike a mutex.
	opening chan struct{}

	mu     sync.Mutex
	opened source.Source
	state  pbxState
}

// pbxState is how a PBX was when it was looked at last.
type pbxState struct {
	at          time.Time // zero: not yet
	err         error
	description source.Description // what was found when it could be read last
}

func newPBX(c *config.PBX, log *slog.Logger, now func() time.Time) (*pbx, error) {
	known, err := Known(c, now)
	if err != nil {
		return nil, err
	}
	log = log.With("pbx", c.Name)
	return &pbx{
		name: c.Name, location: known.Location, address: c.CEL.Reveal(), log: log, now: now,
		options: source.Options{Location: known.Location, Columns: c.Columns, Logger: log},
		known:   known, opening: make(chan struct{}, 1),
	}, nil
}

// Known is what the configuration tells of a PBX: all but the source.
func Known(c *config.PBX, now func() time.Time) (sweep.PBX, error) {
	plan, err := dialplan.New(planOf(c))
	if err != nil {
		return sweep.PBX{}, fmt.Errorf("pbx %s: %w", c.Name, err)
	}
	return sweep.PBX{Name: c.Name, Plan: plan, Location: c.Timezone.Location, Silence: time.Duration(c.Silence), Now: now}, nil
}

func planOf(c *config.PBX) dialplan.Settings {
	return dialplan.Settings{
		Extensions:       config.Expressions(c.Dialplan.Extensions),
		Trunks:           config.Expressions(c.Dialplan.Trunks),
		IncomingContexts: config.Expressions(c.Dialplan.IncomingContexts),
	}
}

// open gives the PBX ready to be read. The first time it connects.
func (p *pbx) open(ctx context.Context) (sweep.PBX, error) {
	select {
	case p.opening <- struct{}{}:
		defer func() { <-p.opening }()
	case <-ctx.Done():
		return sweep.PBX{}, ctx.Err()
	}
	ready := p.known
	if ready.Source = p.current(); ready.Source != nil {
		return ready, nil
	}
	opened, err := open.Open(ctx, p.address, p.options)
	if ctx.Err() != context.Canceled { // one that never answers is away too
		p.note(opened, err)
	}
	if err != nil {
		return sweep.PBX{}, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.opened, ready.Source = opened, opened
	return ready, nil
}

func (p *pbx) current() source.Source {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.opened
}

// watch looks at the PBX now and again until ctx ends.
func (p *pbx) watch(ctx context.Context) {
	tick := time.NewTicker(probeEvery)
	defer tick.Stop()
	for {
		p.probe(ctx)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// probe connects anew, as only that shows whether the PBX can be reached: a
// connection that is there may serve a while longer, or be dead.
func (p *pbx) probe(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, probeTime)
	defer cancel()
	if p.current() == nil {
		_, _ = p.open(ctx) // noted by open
		return
	}
	probed, err := open.Open(ctx, p.address, p.options)
	if ctx.Err() == context.Canceled {
		return
	}
	p.note(probed, err)
	if err == nil {
		_ = probed.Close() // nothing was written
	}
}

// note keeps what was found, and logs a change.
func (p *pbx) note(found source.Source, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	before := p.state
	p.state = pbxState{at: p.now(), err: err, description: before.description}
	if found != nil {
		p.state.description = found.Description()
	}
	switch {
	case err != nil && (before.at.IsZero() || before.err == nil):
		p.log.Error("the PBX's records cannot be read; runs wait until they can", "error", err)
	case err == nil && before.err != nil:
		p.log.Info("the PBX's records can be read again", "place", p.state.description.Place)
	case err == nil && before.at.IsZero():
		p.log.Info("the PBX's records can be read", "place", p.state.description.Place)
		for _, w := range p.state.description.Warnings {
			p.log.Warn("the PBX's records lack something", "code", w.Code, "meaning", w.Text)
		}
	}
}

func (p *pbx) look() pbxState {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.state
}

func (p *pbx) close() error {
	if opened := p.current(); opened != nil {
		return opened.Close()
	}
	return nil
}
