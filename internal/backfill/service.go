package backfill

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/oklog/ulid/v2"

	"ringback/internal/call"
	"ringback/internal/jobs"
	"ringback/internal/journal"
	"ringback/internal/sweep"
)

const (
	jobKind  = "run"
	jobQueue = "runs"
	// atOnce is how many runs are worked at a time; more wait. One that waits for
	// a PBX takes no place.
	atOnce = 4
	// takeTime is how long the journal may take to record a request.
	takeTime = 3 * time.Second
)

// PBX is a PBX whose calls can be asked for.
type PBX struct {
	Name string
	// Location is the zone in which a run's times are shown.
	Location *time.Location
	// Open gives the PBX ready to be read. It is asked each time a run goes on,
	// and must be cheap when the PBX is open. A *source.UnavailableError means
	// that trying later may help; any other error ends the run.
	Open func(ctx context.Context) (sweep.PBX, error)
	// Reading names all that decides, beside the records, which calls come of them: the
	// program and the settings. As long as it is the same, records that have not changed are not
	// read again. "" means that they always are.
	Reading string
}

// Config is what a Service needs.
type Config struct {
	Journal *journal.Journal
	Jobs    *jobs.Client
	// PBX are those configured, in order.
	PBX []PBX
	// Deliverer decides what becomes of calls; nil where no target is configured.
	Deliverer Deliverer
	// Logger is told what keeps runs from going on; nil means nobody.
	Logger *slog.Logger
	// Now gives the present; nil means time.Now.
	Now func() time.Time
	// Period and IDs read calls; nil means sweep.PeriodWithReach and sweep.IDs.
	Period func(ctx context.Context, pbx sweep.PBX, from, until time.Time, after sweep.Cursor, yield func(*call.Call, sweep.Reach) error) error
	IDs    func(ctx context.Context, pbx sweep.PBX, ids []string, yield func(*call.Call) error) (notFound []string, err error)
}

// Service takes requests, works them, and shows how they stand. Its methods may
// be called from several goroutines.
type Service struct {
	config  Config
	changes changes
	backoff func(stalls int) time.Duration
	batch   int           // calls at most
	again   time.Duration // readAgain
	least   int64         // leastRows

	ids     sync.Mutex
	entropy *ulid.MonotonicEntropy
	lastID  uint64

	closing  chan struct{}
	closed   sync.Once
	watchers sync.WaitGroup
}

// New makes a Service and registers its kind of job. Call Resume once before the queue is
// started, and Close before it is stopped.
func New(config Config) (*Service, error) {
	if config.Deliverer == nil {
		config.Deliverer = journalOnly{}
	}
	if config.Logger == nil {
		config.Logger = slog.New(slog.DiscardHandler)
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	if config.Period == nil {
		config.Period = sweep.PeriodWithReach
	}
	if config.IDs == nil {
		config.IDs = sweep.IDs
	}
	s := &Service{
		config: config, changes: changes{watched: map[string]map[chan struct{}]bool{}},
		backoff: backoff, batch: batchCalls, again: readAgain, least: leastRows, entropy: ulid.Monotonic(rand.Reader, 0), closing: make(chan struct{}),
	}
	err := config.Jobs.Register(jobs.Kind{Name: jobKind, Queue: jobQueue, Workers: atOnce, Work: s.work})
	if err != nil {
		return nil, err
	}
	return s, nil
}

// Resume puts every run that is not over back into the queue, where it is not
// there already: the journal is what counts, a queue can be lost.
func (s *Service) Resume(ctx context.Context) error {
	return s.config.Journal.InTx(ctx, func(tx journal.Tx) error {
		ids, err := journal.UnfinishedRuns(ctx, tx)
		if err != nil {
			return err
		}
		refs := make([]jobs.Ref, len(ids))
		for i, id := range ids {
			refs[i] = jobs.Ref{Kind: jobKind, Key: id}
		}
		return s.config.Jobs.Enqueue(ctx, tx, refs...)
	})
}

// Close ends every Watch and waits for them.
func (s *Service) Close() {
	s.closed.Do(func() { close(s.closing) })
	s.watchers.Wait()
}

// newID makes the id of a run: a ULID above every one that this process made,
// also when the clock was set back.
func (s *Service) newID(at time.Time) (string, error) {
	s.ids.Lock()
	defer s.ids.Unlock()
	s.lastID = max(s.lastID, ulid.Timestamp(at))
	id, err := ulid.New(s.lastID, s.entropy)
	if err != nil {
		return "", fmt.Errorf("make an id for the run: %w", err)
	}
	return id.String(), nil
}

// refusal tells callers in this package's words what the journal refused.
func refusal(err error) error {
	switch {
	case errors.Is(err, journal.ErrNotFound):
		return ErrNoRun
	case errors.Is(err, journal.ErrUnavailable):
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return err
}
