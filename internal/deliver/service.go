package deliver

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/oklog/ulid/v2"

	"ringback/internal/backfill"
	"ringback/internal/crm"
	"ringback/internal/journal"
)

// mostAtOnce is how many deliveries of a target may be under way in a process, and so how
// many a kill can repeat at a target that has no way to tell.
const mostAtOnce = 64

// usualAtOnce is how many are under way to a target that does not say.
const usualAtOnce = 16

// Target is a target as configured.
type Target struct {
	Name string
	// Type is what kind of target it is, for people.
	Type string
	// PBX are the PBXs whose calls it gets; empty means all.
	PBX []string
	crm.Target
}

// takes says that calls of a PBX go to the target.
func (t *Target) takes(pbx string) bool { return len(t.PBX) == 0 || slices.Contains(t.PBX, pbx) }

// Settler counts what became of the calls of runs: *backfill.Service.
type Settler interface {
	Settle(ctx context.Context, tx journal.Tx, run int64, outcome backfill.CallOutcome) (committed func(), err error)
}

// Config is what a Service needs.
type Config struct {
	Journal *journal.Journal
	// Targets are those configured, in order, with names of their own.
	Targets []Target
	// Logger is told what goes wrong and when it is right again; nil means nobody.
	Logger *slog.Logger
	// Now gives the present; nil means time.Now.
	Now func() time.Time
	// Pause is how long to wait after the nth failure in a row, from 1, when nobody said
	// until when; nil means growing with full jitter.
	Pause func(n int) time.Duration
	// StepTime is how long one step may take; 0 means two minutes.
	StepTime time.Duration
	// LeaseTime is how long a process that shares the journal is taken for alive after
	// it was heard of last: longer than StepTime. 0 means three minutes.
	LeaseTime time.Duration
}

// Service decides what is delivered (it is a backfill.Deliverer) and delivers it.
// Its methods may be called from several goroutines.
type Service struct {
	config Config
	lanes  []*lane
	// id is this process' life; what an earlier one left working is uncertain.
	id      string
	settler Settler

	stop     context.CancelFunc // nothing new is begun
	cut      context.CancelFunc // what is under way ends as well
	dispatch sync.WaitGroup
}

// New makes a Service that delivers nothing yet.
func New(config Config) (*Service, error) {
	if config.Logger == nil {
		config.Logger = slog.New(slog.DiscardHandler)
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	if config.Pause == nil {
		config.Pause = pause
	}
	if config.StepTime == 0 {
		config.StepTime = 2 * time.Minute
	}
	if config.LeaseTime == 0 {
		config.LeaseTime = 3 * time.Minute
	}
	s := &Service{config: config, id: ulid.Make().String()}
	for i := range config.Targets {
		t := &config.Targets[i]
		if slices.ContainsFunc(s.lanes, func(l *lane) bool { return l.target.Name == t.Name }) {
			return nil, fmt.Errorf("two targets are called %s", t.Name)
		}
		s.lanes = append(s.lanes, newLane(s, t))
	}
	return s, nil
}

// Start begins to deliver, and takes back what an earlier life of this process
// left behind. Stop must be called after it. When ctx ends, nothing new is begun.
func (s *Service) Start(ctx context.Context, settler Settler) error {
	s.settler = settler
	if err := s.takeOver(ctx, true); err != nil {
		return err
	}
	if err := s.releaseRuns(ctx); err != nil {
		return err
	}
	working, cut := context.WithCancel(context.WithoutCancel(ctx))
	ctx, s.stop = context.WithCancel(ctx)
	s.cut = cut
	for _, l := range s.lanes {
		l.recorder.start(working)
		s.dispatch.Go(func() { l.run(ctx, working) })
	}
	s.dispatch.Go(func() { s.keepAlive(ctx) })
	s.dispatch.Go(func() { s.estimate(ctx) })
	return nil
}

// Stop begins nothing new and waits for what is under way, until ctx ends; then
// that is cut off, and its outcome is looked for at the next start.
func (s *Service) Stop(ctx context.Context) error {
	if s.stop == nil {
		return nil
	}
	s.stop()
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.dispatch.Wait()
		for _, l := range s.lanes {
			l.work.Wait()
		}
	}()
	var err error
	select {
	case <-done:
	case <-ctx.Done():
		err = errors.New("deliveries that were under way are cut off; what became of them is looked for at the next start")
		s.cut()
		<-done
	}
	for _, l := range s.lanes {
		l.recorder.stop()
	}
	s.cut()
	return errors.Join(err, s.leave())
}

// leave says that this process is not alive any more.
func (s *Service) leave() error {
	const patience = 3 * time.Second
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return s.config.Journal.InTx(ctx, func(tx journal.Tx) error {
		return journal.DropLease(ctx, tx, leasePrefix+s.id, s.id)
	})
}

const (
	// beats is how often in a lease's time a process makes itself heard.
	beats       = 9
	leasePrefix = "deliver/"
)

// takeOver says that this process is alive, and takes back what dead ones had
// begun: on a journal of one process, all others are dead.
func (s *Service) takeOver(ctx context.Context, first bool) error {
	shared := s.config.Journal.Shared()
	if !shared && !first {
		return nil
	}
	names := s.names()
	slices.Sort(names)
	for _, name := range names {
		err := s.config.Journal.InTx(ctx, func(tx journal.Tx) error {
			if err := journal.LockTarget(ctx, tx, name); err != nil {
				return err
			}
			alive := []string{s.id}
			if shared {
				if _, err := journal.TakeLease(ctx, tx, leasePrefix+s.id, s.id, s.config.LeaseTime); err != nil {
					return err
				}
				var err error
				if alive, err = journal.Alive(ctx, tx, leasePrefix); err != nil {
					return err
				}
			}
			n, err := journal.OrphanDeliveries(ctx, tx, name, alive, s.config.Now())
			if n > 0 {
				s.config.Logger.InfoContext(ctx, "deliveries were under way when a process ended; their outcome is looked for", "target", name, "count", n)
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) keepAlive(ctx context.Context) {
	tick := time.NewTicker(s.config.LeaseTime / beats)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if err := s.takeOver(ctx, false); err != nil && ctx.Err() == nil {
				s.config.Logger.WarnContext(ctx, "the journal cannot be told that this process is alive", "error", err)
			}
		}
	}
}

func (s *Service) names() []string {
	names := make([]string, len(s.lanes))
	for i, l := range s.lanes {
		names[i] = l.target.Name
	}
	return names
}

// Targets are the names of the targets, in order.
func (s *Service) Targets() []string { return s.names() }

func (s *Service) lane(name string) *lane {
	for _, l := range s.lanes {
		if l.target.Name == name {
			return l
		}
	}
	return nil
}

// Nudge says that there may be something to deliver.
func (s *Service) Nudge() {
	for _, l := range s.lanes {
		l.nudge()
	}
}
