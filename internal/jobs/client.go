package jobs

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"
	"github.com/riverqueue/river/rivertype"

	"ringback/internal/journal"
)

const (
	// softStop is how long jobs may take to come to an end when the process stops.
	softStop = 20 * time.Second
	// attempts is how often a job may fail, or be killed with its process, before
	// it is given up. The journal notices and enqueues it again at the next start.
	attempts = 1000

	fetchCooldown = 50 * time.Millisecond
	fetchPoll     = 250 * time.Millisecond
	keepDone      = 7 * 24 * time.Hour
	keepDiscarded = 30 * 24 * time.Hour
)

// Config is what a Client needs.
type Config struct {
	Journal *journal.Journal
	// Logger is told what goes wrong in the queue; nil means nobody.
	Logger *slog.Logger
}

// Client is the queue. Register every kind, then Start; Enqueue and Cancel
// serve as soon as the kinds are registered.
type Client struct {
	db      *sql.DB
	reader  journal.Reader
	logger  *slog.Logger
	workers *river.Workers
	queues  map[string]river.QueueConfig
	kinds   map[string]Kind

	build  sync.Once
	river  *river.Client[*sql.Tx]
	failed error

	stopping chan struct{}
	stopOnce sync.Once
	rescue   sync.WaitGroup

	mu   sync.Mutex
	held map[int64]bool
}

// Open brings the queue's tables in the journal's database up to date and takes
// back what a process that was killed had begun.
func Open(ctx context.Context, config Config) (*Client, error) {
	db, ok := config.Journal.Native().(*sql.DB)
	if !ok {
		return nil, fmt.Errorf("the queue cannot work on %s", config.Journal.Place())
	}
	if config.Logger == nil {
		config.Logger = slog.New(slog.DiscardHandler)
	}
	migrator, err := rivermigrate.New(riversqlite.New(db), &rivermigrate.Config{Logger: config.Logger})
	if err != nil {
		return nil, fmt.Errorf("prepare the queue: %w", err)
	}
	if _, err := migrator.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return nil, fmt.Errorf("bring the queue's tables up to date: %w", err)
	}
	if err := recoverAll(ctx, db); err != nil {
		return nil, err
	}
	return &Client{
		db: db, reader: config.Journal.Reader(), logger: config.Logger, workers: river.NewWorkers(),
		queues: map[string]river.QueueConfig{}, kinds: map[string]Kind{},
		stopping: make(chan struct{}), held: map[int64]bool{},
	}, nil
}

// Register adds a kind. It must come before the first Enqueue and before Start.
func (c *Client) Register(kind Kind) error {
	if c.river != nil {
		return fmt.Errorf("job kind %s comes too late: the queue is in use", kind.Name)
	}
	if kind.Work == nil || kind.Workers < 1 {
		return fmt.Errorf("job kind %s cannot be worked: it has no worker", kind.Name)
	}
	if _, twice := c.kinds[kind.Name]; twice {
		return fmt.Errorf("job kind %s is registered twice", kind.Name)
	}
	c.kinds[kind.Name] = kind
	q := c.queues[kind.Queue]
	q.MaxWorkers = max(q.MaxWorkers, kind.Workers)
	c.queues[kind.Queue] = q
	river.AddWorkerArgs(c.workers, args{kind: kind.Name}, &worker{kind: kind, client: c})
	return nil
}

func (c *Client) client() (*river.Client[*sql.Tx], error) {
	c.build.Do(func() {
		c.river, c.failed = river.NewClient(riversqlite.New(c.db), &river.Config{
			Logger: c.logger, Workers: c.workers, Queues: c.queues,
			FetchCooldown: fetchCooldown, FetchPollInterval: fetchPoll,
			JobTimeout: -1, MaxAttempts: attempts, SoftStopTimeout: softStop,
			CompletedJobRetentionPeriod: keepDone, CancelledJobRetentionPeriod: keepDone, DiscardedJobRetentionPeriod: keepDiscarded,
		})
	})
	if c.failed != nil {
		return nil, fmt.Errorf("set up the queue: %w", c.failed)
	}
	return c.river, nil
}

// Enqueue adds jobs within tx. A job that is there and unfinished stays the only one.
func (c *Client) Enqueue(ctx context.Context, tx journal.Tx, jobs ...Ref) error {
	if len(jobs) == 0 {
		return nil
	}
	native, ok := tx.Native().(*sql.Tx)
	if !ok {
		return errors.New("the queue cannot join this transaction")
	}
	q, err := c.client()
	if err != nil {
		return err
	}
	seen := make(map[Ref]bool, len(jobs)) // the queue refuses a batch that names a job twice
	params := make([]river.InsertManyParams, 0, len(jobs))
	for _, job := range jobs {
		if seen[job] {
			continue
		}
		seen[job] = true
		kind, known := c.kinds[job.Kind]
		if !known {
			return fmt.Errorf("no job kind is called %q", job.Kind)
		}
		params = append(params, river.InsertManyParams{Args: args{kind: job.Kind, Key: job.Key}, InsertOpts: &river.InsertOpts{
			Queue: kind.Queue, Tags: []string{tag(job)},
			UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: unfinished()},
		}})
	}
	if _, err := q.InsertManyTx(ctx, native, params); err != nil {
		return fmt.Errorf("enqueue %s %s: %w", jobs[0].Kind, jobs[0].Key, err)
	}
	return nil
}

// Cancel ends the job, if it is unfinished: one that waits is never worked, and
// the context of one that is being worked ends.
func (c *Client) Cancel(ctx context.Context, job Ref) error {
	q, err := c.client()
	if err != nil {
		return err
	}
	found, err := q.JobList(ctx, river.NewJobListParams().Kinds(job.Kind).TagsAll(tag(job)).States(unfinished()...).First(10))
	if err != nil {
		return fmt.Errorf("look for job %s %s: %w", job.Kind, job.Key, err)
	}
	for _, row := range found.Jobs {
		if _, err := q.JobCancel(ctx, row.ID); err != nil && !errors.Is(err, rivertype.ErrNotFound) {
			return fmt.Errorf("cancel job %s %s: %w", job.Kind, job.Key, err)
		}
	}
	return nil
}

// tag is what jobs are found by; it also shows in the queue's own pages.
func tag(job Ref) string { return job.Kind + "-" + job.Key }

func unfinished() []rivertype.JobState {
	return []rivertype.JobState{
		rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRetryable,
		rivertype.JobStateRunning, rivertype.JobStateScheduled,
	}
}

// Start begins to work jobs. When ctx ends, jobs are told to leave off; Stop waits for them.
func (c *Client) Start(ctx context.Context) error {
	q, err := c.client()
	if err != nil {
		return err
	}
	if err := q.Start(ctx); err != nil {
		return fmt.Errorf("start the queue: %w", err)
	}
	c.rescue.Go(func() { c.rescueStranded(ctx) })
	return nil
}

// Stop tells jobs to leave off and waits for them: a while in peace, then with
// their contexts ended. Whatever is not done then goes on at the next start.
func (c *Client) Stop(ctx context.Context) error {
	c.stopOnce.Do(func() { close(c.stopping) })
	c.rescue.Wait()
	if c.river == nil {
		return nil
	}
	if err := c.river.Stop(ctx); err != nil {
		return fmt.Errorf("stop the queue: %w", err)
	}
	return nil
}
