package jobs

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/riverqueue/river"
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
	keepDone      = 7 * 24 * time.Hour
	keepDiscarded = 30 * 24 * time.Hour
)

// Config is what a Client needs.
type Config struct {
	Journal *journal.Journal
	// Logger is told what goes wrong in the queue; nil means nobody.
	Logger *slog.Logger
	// Lease is how long a process that is not heard of keeps its jobs, where several share
	// the journal; zero means half a minute.
	Lease time.Duration
}

// Client is the queue. Register every kind, then Start; Enqueue and Cancel
// serve as soon as the kinds are registered.
type Client struct {
	journal *journal.Journal
	engine  engine
	habits  habits
	// node is this process's name in the queue, another each time it starts.
	node    string
	lease   time.Duration
	logger  *slog.Logger
	workers *river.Workers
	queues  map[string]river.QueueConfig
	kinds   map[string]Kind

	build  sync.Once
	river  queue
	failed error

	stopping  chan struct{}
	stopOnce  sync.Once
	attending sync.WaitGroup

	mu   sync.Mutex
	held map[int64]bool
}

// Open brings the queue's tables in the journal's database up to date. On a database
// that no other process shares it takes back what one that was killed had begun.
func Open(ctx context.Context, config Config) (*Client, error) {
	on, habits, err := engineOf(config.Journal)
	if err != nil {
		return nil, err
	}
	if config.Logger == nil {
		config.Logger = slog.New(slog.DiscardHandler)
	}
	err = config.Journal.Alone(ctx, "migrate", func() error { return on.migrate(ctx, config.Logger) })
	if err != nil {
		return nil, fmt.Errorf("bring the queue's tables up to date: %w", err)
	}
	c := &Client{
		journal: config.Journal, engine: on, habits: habits, node: nodeName(), lease: cmp.Or(config.Lease, leaseTime),
		logger: config.Logger, workers: river.NewWorkers(),
		queues: map[string]river.QueueConfig{}, kinds: map[string]Kind{},
		stopping: make(chan struct{}), held: map[int64]bool{},
	}
	return c, c.takeBackAll(ctx)
}

// nodeName tells people which machine and process it is, and is never the same twice.
func nodeName() string {
	const most = 40
	host, err := os.Hostname()
	if err != nil {
		host = "somewhere"
	}
	return fmt.Sprintf("%.*s-%d-%s", most, host, os.Getpid(), rand.Text())
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

func (c *Client) client() (queue, error) {
	c.build.Do(func() {
		c.river, c.failed = c.engine.client(&river.Config{
			ID: c.node, Logger: slog.New(orderly{c.logger.Handler(), c.stopping}), Workers: c.workers, Queues: c.queues, PeriodicJobs: c.periodic(),
			FetchCooldown: fetchCooldown, FetchPollInterval: c.habits.poll, PollOnly: c.habits.pollOnly,
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
		params = append(params, river.InsertManyParams{Args: args{kind: job.Kind, Key: job.Key}, InsertOpts: options(kind, job)})
	}
	if err := q.insert(ctx, tx, params); err != nil {
		return fmt.Errorf("enqueue %s %s: %w", jobs[0].Kind, jobs[0].Key, err)
	}
	return nil
}

// options make a job the only unfinished one of its name.
func options(kind Kind, job Ref) *river.InsertOpts {
	return &river.InsertOpts{
		Queue: kind.Queue, Tags: []string{tag(job)},
		UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: unfinished()},
	}
}

// periodic are the jobs that come by themselves; of several processes one sees to that.
func (c *Client) periodic() []*river.PeriodicJob {
	var list []*river.PeriodicJob
	for _, kind := range c.kinds {
		if kind.Every == 0 {
			continue
		}
		ref := Ref{kind.Name, everyKey}
		list = append(list, river.NewPeriodicJob(river.PeriodicInterval(kind.Every), func() (river.JobArgs, *river.InsertOpts) {
			return args{kind: ref.Kind, Key: ref.Key}, options(kind, ref)
		}, &river.PeriodicJobOpts{RunOnStart: true}))
	}
	return list
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
	if err := c.renew(ctx); err != nil {
		return fmt.Errorf("start the queue: %w", err)
	}
	if err := q.Start(ctx); err != nil {
		return fmt.Errorf("start the queue: %w", err)
	}
	c.attending.Go(func() { c.attend(ctx) })
	return nil
}

// Stop tells jobs to leave off and waits for them: a while in peace, then with
// their contexts ended. Whatever is not done then goes on at the next start, or in
// another process.
func (c *Client) Stop(ctx context.Context) error {
	c.stopOnce.Do(func() { close(c.stopping) })
	c.attending.Wait()
	if c.river == nil {
		return nil
	}
	if err := c.river.Stop(ctx); err != nil {
		return fmt.Errorf("stop the queue: %w", err)
	}
	if err := c.leave(ctx); err != nil { // it ends by itself
		c.logger.WarnContext(ctx, "others learn late that this process has stopped", "error", err)
	}
	return nil
}
