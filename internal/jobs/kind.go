package jobs

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/riverqueue/river"
)

// Kind is one kind of job and how it is worked.
type Kind struct {
	// Name is a lower-case word; it is stored, so it never changes.
	Name string
	// Queue is where its jobs wait; kinds may share one.
	Queue string
	// Workers is how many jobs of the queue this process works at a time.
	Workers int
	// Every is how often a job of this kind comes by itself, the first time soon after
	// the start, in one of the processes; zero means never.
	Every time.Duration
	// Work does a job. nil means done; Again means once more, later; any other
	// error means once more after a back-off that grows to minutes. It must return
	// soon after its context ended or, where it can leave off in the middle, soon after Job.Stopping was closed.
	// A job may be worked twice, even at the same time: Work relies on the journal.
	Work func(ctx context.Context, job Job) error
}

// Job is one job that is being worked.
type Job struct {
	Kind string
	Key  string
	// Stopping is closed when the process is about to stop.
	Stopping <-chan struct{}
}

// UntilStopping is ctx that also ends when the process is about to stop. The function
// lets go of it, and must be called.
func (j Job) UntilStopping(ctx context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancel(ctx)
	var watching sync.WaitGroup
	watching.Go(func() {
		select {
		case <-j.Stopping:
			cancel()
		case <-ctx.Done():
		}
	})
	return ctx, func() {
		cancel()
		watching.Wait()
	}
}

// Ref names a job. There is at most one unfinished job of a kind and key.
type Ref struct {
	Kind string
	// Key is of letters, digits and underscores, with hyphens between.
	Key string
}

// everyKey is the key of jobs that come by themselves.
const everyKey = "every"

// Again is what Work returns when the job is to be worked once more after d,
// without counting as a failure.
func Again(d time.Duration) error { return &againError{d} }

type againError struct{ after time.Duration }

func (e *againError) Error() string { return fmt.Sprintf("to be worked again in %s", e.after) }

// args is how River stores a job; its kind travels beside it.
type args struct {
	kind string
	Key  string `json:"key"`
}

// Kind implements river.JobArgs.
func (a args) Kind() string { return a.kind }

type worker struct {
	river.WorkerDefaults[args]

	kind   Kind
	client *Client
}

// Timeout implements river.Worker: a job takes as long as it takes, and ends
// early only because it is cancelled or the process stops.
func (w *worker) Timeout(*river.Job[args]) time.Duration { return -1 }

// NextRetry implements river.Worker: 1 s, 2 s, 4 s … up to five minutes.
func (w *worker) NextRetry(job *river.Job[args]) time.Time {
	const most = 5 * time.Minute
	return time.Now().Add(min(most, time.Second<<min(len(job.Errors), 10)))
}

// Work implements river.Worker.
func (w *worker) Work(ctx context.Context, job *river.Job[args]) error {
	done := w.client.hold(job.ID)
	defer done()
	err := w.kind.Work(ctx, Job{Kind: w.kind.Name, Key: job.Args.Key, Stopping: w.client.stopping})
	if again, ok := errors.AsType[*againError](err); ok {
		return river.JobSnooze(again.after)
	}
	return err
}
