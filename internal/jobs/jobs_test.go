package jobs

import (
	"context"
	"errors"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"ringback/internal/journal"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// queue opens a queue with one kind, "deed", that work does.
func queue(t *testing.T, path string, work func(context.Context, Job) error) (*Client, *journal.Journal) {
	t.Helper()
	j, err := journal.Open(context.Background(), journal.Config{URL: "sqlite://" + path})
	must(t, err)
	c, err := Open(context.Background(), Config{Journal: j})
	must(t, err)
	must(t, c.Register(Kind{Name: "deed", Queue: "deeds", Workers: 2, Work: work}))
	t.Cleanup(func() {
		must(t, c.Stop(context.Background()))
		must(t, j.Close())
	})
	return c, j
}

func started(t *testing.T, work func(context.Context, Job) error) (*Client, *journal.Journal) {
	t.Helper()
	c, j := queue(t, filepath.Join(t.TempDir(), "state.db"), work)
	must(t, c.Start(context.Background()))
	return c, j
}

func enqueue(t *testing.T, c *Client, j *journal.Journal, keys ...string) {
	t.Helper()
	must(t, j.InTx(context.Background(), func(tx journal.Tx) error {
		var refs []Ref
		for _, key := range keys {
			refs = append(refs, Ref{"deed", key})
		}
		return c.Enqueue(context.Background(), tx, refs...)
	}))
}

// receive waits for a signal, for a minute at most.
func receive[T any](t *testing.T, ch <-chan T) T {
	t.Helper()
	select {
	case v := <-ch:
		return v
	case <-time.After(time.Minute):
		t.Fatal("nothing came in a minute")
	}
	return *new(T)
}

func TestAJobIsWorkedWithItsKindAndKey(t *testing.T) {
	done := make(chan Job, 1)
	c, j := started(t, func(_ context.Context, job Job) error {
		done <- job
		return nil
	})
	enqueue(t, c, j, "key-1")
	if job := receive(t, done); job.Kind != "deed" || job.Key != "key-1" {
		t.Errorf("got %+v", job)
	}
}

func TestAJobOfATransactionThatFailedIsNeverWorked(t *testing.T) {
	done := make(chan Job, 2)
	c, j := started(t, func(_ context.Context, job Job) error {
		done <- job
		return nil
	})
	failure := errors.New("no")
	err := j.InTx(context.Background(), func(tx journal.Tx) error {
		must(t, c.Enqueue(context.Background(), tx, Ref{"deed", "lost"}))
		return failure
	})
	if !errors.Is(err, failure) {
		t.Fatal(err)
	}
	enqueue(t, c, j, "kept")
	if job := receive(t, done); job.Key != "kept" {
		t.Errorf("%s was worked", job.Key)
	}
}

func TestThereIsOneUnfinishedJobOfAKeyAndAnotherAfterIt(t *testing.T) {
	begun, end := make(chan struct{}), make(chan struct{})
	c, j := started(t, func(context.Context, Job) error {
		begun <- struct{}{}
		<-end
		return nil
	})
	enqueue(t, c, j, "key-1", "key-1")
	receive(t, begun)
	enqueue(t, c, j, "key-1")
	stats, err := c.Stats(context.Background())
	must(t, err)
	if stats["deed"] != (Counts{Running: 1}) {
		t.Errorf("unfinished are %+v", stats)
	}
	end <- struct{}{}
	for unfinished := stats; len(unfinished) > 0; {
		unfinished, err = c.Stats(context.Background())
		must(t, err)
	}
	enqueue(t, c, j, "key-1")
	receive(t, begun)
	end <- struct{}{}
}

func TestAJobIsWorkedAgainWhenItSaysSoOrFails(t *testing.T) {
	var tries atomic.Int64
	done := make(chan struct{})
	c, j := started(t, func(_ context.Context, job Job) error {
		switch tries.Add(1) {
		case 1:
			return Again(time.Millisecond)
		case 2:
			return errors.New("out of order")
		case 3:
			var nothing []int
			_ = nothing[len(job.Key)] // panics
		}
		close(done)
		return nil
	})
	enqueue(t, c, j, "key-1")
	receive(t, done)
}

func TestCancellingEndsTheContextOfAJobAndKeepsAWaitingOneFromWork(t *testing.T) {
	begun, ended := make(chan string, 9), make(chan struct{}, 9)
	c, j := started(t, func(ctx context.Context, job Job) error {
		begun <- job.Key
		if job.Key == "later" {
			return Again(time.Hour)
		}
		<-ctx.Done()
		ended <- struct{}{}
		return ctx.Err()
	})
	enqueue(t, c, j, "later")
	receive(t, begun)
	enqueue(t, c, j, "running")
	receive(t, begun)
	for _, key := range []string{"running", "later", "unknown"} {
		must(t, c.Cancel(context.Background(), Ref{"deed", key}))
	}
	receive(t, ended)
	for unfinished := (Stats{"deed": {}}); len(unfinished) > 0; {
		var err error
		unfinished, err = c.Stats(context.Background())
		must(t, err)
	}
}

func TestStoppingTellsJobsToLeaveOffAndTheNextStartGoesOn(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.db")
	begun := make(chan struct{})
	t.Run("the first process", func(t *testing.T) {
		c, j := queue(t, path, func(_ context.Context, job Job) error {
			close(begun)
			<-job.Stopping
			return Again(0)
		})
		must(t, c.Start(context.Background()))
		enqueue(t, c, j, "key-1")
		receive(t, begun)
	})
	done := make(chan struct{})
	c, _ := queue(t, path, func(context.Context, Job) error {
		close(done)
		return nil
	})
	must(t, c.Start(context.Background()))
	receive(t, done)
}

func TestWhatAKilledProcessHadBegunIsWorkedAtOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.db")
	t.Run("the killed process", func(t *testing.T) {
		c, j := queue(t, path, func(context.Context, Job) error { return nil })
		enqueue(t, c, j, "key-1")
		_, err := c.db.Exec(`UPDATE river_job SET state = 'running', attempt = 1, attempted_at = datetime('now');
			INSERT INTO river_leader (elected_at, expires_at, leader_id) VALUES (datetime('now'), datetime('now', '+1 day'), 'gone')`)
		must(t, err)
	})
	done := make(chan struct{})
	c, _ := queue(t, path, func(context.Context, Job) error {
		close(done)
		return nil
	})
	must(t, c.Start(context.Background()))
	receive(t, done)
	var chiefs int
	must(t, c.db.QueryRow(`SELECT count(*) FROM river_leader WHERE leader_id = 'gone'`).Scan(&chiefs))
	if chiefs != 0 {
		t.Error("the killed process still leads")
	}
}

func TestAJobWhoseEndCouldNotBeWrittenIsTakenBackAndNoOther(t *testing.T) {
	begun, end := make(chan struct{}, 9), make(chan struct{})
	c, j := started(t, func(context.Context, Job) error {
		begun <- struct{}{}
		<-end
		return nil
	})
	defer close(end)
	enqueue(t, c, j, "held")
	receive(t, begun)
	state := func(key string) (state string) {
		must(t, c.db.QueryRow(`SELECT state FROM river_job WHERE json_extract(args, '$.key') = ?`, key).Scan(&state))
		return state
	}
	// A job that the database has as running and nobody works: what is left of one
	// whose end could not be written.
	_, err := c.db.Exec(`INSERT INTO river_job (args, attempt, attempted_at, attempted_by, kind, max_attempts, queue, state, tags)
		SELECT jsonb('{"key":"stranded"}'), 1, attempted_at, attempted_by, kind, max_attempts, 'nowhere', 'running', tags FROM river_job`)
	must(t, err)
	must(t, c.takeBackStranded(context.Background(), time.Now().Add(-time.Minute)))
	if state("stranded") != "running" {
		t.Error("a job that was begun just now is taken back")
	}
	must(t, c.takeBackStranded(context.Background(), time.Now().Add(time.Minute)))
	if state("stranded") != "available" || state("held") != "running" {
		t.Errorf("the stranded job is %s, the one being worked %s", state("stranded"), state("held"))
	}
}

func TestKindsThatCannotBeWorkedAreRefused(t *testing.T) {
	work := func(context.Context, Job) error { return nil }
	c, j := queue(t, filepath.Join(t.TempDir(), "state.db"), work)
	for name, kind := range map[string]Kind{
		"twice":      {Name: "deed", Queue: "deeds", Workers: 1, Work: work},
		"no work":    {Name: "idle", Queue: "deeds", Workers: 1},
		"no workers": {Name: "alone", Queue: "deeds", Work: work},
	} {
		if err := c.Register(kind); err == nil {
			t.Errorf("%s: a kind is taken", name)
		}
	}
	err := j.InTx(context.Background(), func(tx journal.Tx) error {
		return c.Enqueue(context.Background(), tx, Ref{"unknown", "key-1"})
	})
	if err == nil {
		t.Error("a job of an unknown kind is enqueued")
	}
	enqueue(t, c, j, "key-1")
	if err := c.Register(Kind{Name: "late", Queue: "deeds", Workers: 1, Work: work}); err == nil {
		t.Error("a kind is taken when the queue is in use")
	}
}
