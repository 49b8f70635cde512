package jobs

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"ringback/internal/dbtest"
	"ringback/internal/journal"
)

func TestMain(m *testing.M) {
	code := dbtest.Main(m)
	if err := goleak.Find(); code == 0 && err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// TestTheQueue runs what holds on every engine.
func TestTheQueue(t *testing.T) {
	engines := map[string]func(*testing.T) string{
		"SQLite":     func(t *testing.T) string { return "sqlite://" + filepath.Join(t.TempDir(), "state.db") },
		"PostgreSQL": func(t *testing.T) string { return dbtest.PostgreSQL(t).Database(t).URL },
		"PgBouncer":  func(t *testing.T) string { return dbtest.PostgreSQL(t).Database(t).URL + "&pool_mode=transaction" },
	}
	for engine, place := range engines {
		for name, test := range map[string]func(*testing.T, string){
			"a job is worked with its kind and key":                                  workedOnce,
			"a job of a transaction that failed is never worked":                     rolledBack,
			"there is one unfinished job of a key, and another after it":             unique,
			"a job is worked again when it says so or fails":                         again,
			"cancelling ends the context of a job and keeps a waiting one from work": cancelled,
			"stopping tells jobs to leave off, and the next start goes on":           stopped,
			"a job whose end could not be written is taken back, and no other":       stranded,
			"a kind with an interval comes by itself":                                periodic,
			"kinds that cannot be worked are refused":                                refused,
		} {
			t.Run(engine+"/"+name, func(t *testing.T) {
				t.Parallel()
				test(t, place(t))
			})
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// queue opens a queue with one kind, "deed", that work does.
func open(t *testing.T, url string, work func(context.Context, Job) error) (*Client, *journal.Journal) {
	t.Helper()
	j, err := journal.Open(context.Background(), journal.Config{URL: url})
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

func started(t *testing.T, url string, work func(context.Context, Job) error) (*Client, *journal.Journal) {
	t.Helper()
	c, j := open(t, url, work)
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

func workedOnce(t *testing.T, url string) {
	done := make(chan Job, 1)
	c, j := started(t, url, func(_ context.Context, job Job) error {
		done <- job
		return nil
	})
	enqueue(t, c, j, "key-1")
	if job := receive(t, done); job.Kind != "deed" || job.Key != "key-1" {
		t.Errorf("got %+v", job)
	}
}

func rolledBack(t *testing.T, url string) {
	done := make(chan Job, 2)
	c, j := started(t, url, func(_ context.Context, job Job) error {
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

func unique(t *testing.T, url string) {
	begun, end := make(chan struct{}), make(chan struct{})
	c, j := started(t, url, func(context.Context, Job) error {
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

func again(t *testing.T, url string) {
	var tries atomic.Int64
	done := make(chan struct{})
	c, j := started(t, url, func(_ context.Context, job Job) error {
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

func cancelled(t *testing.T, url string) {
	begun, ended := make(chan string, 9), make(chan struct{}, 9)
	c, j := started(t, url, func(ctx context.Context, job Job) error {
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

func stopped(t *testing.T, url string) {
	begun := make(chan struct{})
	t.Run("the first process", func(t *testing.T) {
		c, j := open(t, url, func(_ context.Context, job Job) error {
			close(begun)
			<-job.Stopping
			return Again(0)
		})
		must(t, c.Start(context.Background()))
		enqueue(t, c, j, "key-1")
		receive(t, begun)
	})
	done := make(chan struct{})
	c, _ := open(t, url, func(context.Context, Job) error {
		close(done)
		return nil
	})
	must(t, c.Start(context.Background()))
	receive(t, done)
}

func TestWhatAKilledProcessHadBegunInAFileIsWorkedAtOnce(t *testing.T) {
	url := "sqlite://" + filepath.Join(t.TempDir(), "state.db")
	t.Run("the killed process", func(t *testing.T) {
		c, j := open(t, url, func(context.Context, Job) error { return nil })
		enqueue(t, c, j, "key-1")
		exec(t, j, `UPDATE river_job SET state = 'running', attempt = 1, attempted_at = datetime('now')`)
		exec(t, j, `INSERT INTO river_leader (elected_at, expires_at, leader_id) VALUES (datetime('now'), datetime('now', '+1 day'), 'gone')`)
	})
	done := make(chan struct{})
	_, j := started(t, url, func(context.Context, Job) error {
		close(done)
		return nil
	})
	receive(t, done)
	if chiefs := read(t, j, `SELECT count(*) FROM river_leader WHERE leader_id = 'gone'`); chiefs != "0" {
		t.Error("the killed process still leads")
	}
}

func exec(t *testing.T, j *journal.Journal, statement string, args ...any) {
	t.Helper()
	must(t, j.InTx(context.Background(), func(tx journal.Tx) error {
		_, err := tx.Exec(context.Background(), statement, args...)
		return err
	}))
}

// read is a single value as a text.
func read(t *testing.T, j *journal.Journal, query string, args ...any) (value string) {
	t.Helper()
	must(t, j.Reader().QueryRow(context.Background(), `SELECT CAST((`+query+`) AS text)`, args...).Scan(&value))
	return value
}

func stranded(t *testing.T, url string) {
	begun, end := make(chan struct{}, 9), make(chan struct{})
	c, j := started(t, url, func(context.Context, Job) error {
		begun <- struct{}{}
		<-end
		return nil
	})
	defer close(end)
	enqueue(t, c, j, "held")
	receive(t, begun)
	state := func(key string) string {
		return read(t, j, `SELECT state FROM river_job WHERE queue = $1`, key)
	}
	// A job that the database has as running and nobody works: what is left of one
	// whose end could not be written.
	exec(t, j, `INSERT INTO river_job (args, attempt, attempted_at, attempted_by, kind, max_attempts, queue, state, tags)
		SELECT args, 1, attempted_at, attempted_by, kind, max_attempts, 'nowhere', 'running', tags FROM river_job`)
	must(t, c.takeBackStranded(context.Background(), time.Now().Add(-time.Minute)))
	if state("nowhere") != "running" {
		t.Error("a job that was begun just now is taken back")
	}
	must(t, c.takeBackStranded(context.Background(), time.Now().Add(time.Minute)))
	if state("nowhere") != "available" || state("deeds") != "running" {
		t.Errorf("the stranded job is %s, the one being worked %s", state("nowhere"), state("deeds"))
	}
}

func periodic(t *testing.T, url string) {
	c, _ := open(t, url, func(context.Context, Job) error { return nil })
	done := make(chan Job)
	must(t, c.Register(Kind{Name: "chore", Queue: "chores", Workers: 1, Every: time.Hour, Work: func(_ context.Context, job Job) error {
		done <- job
		return nil
	}}))
	must(t, c.Start(context.Background()))
	if job := receive(t, done); job.Kind != "chore" {
		t.Errorf("got %+v", job)
	}
}

func refused(t *testing.T, url string) {
	work := func(context.Context, Job) error { return nil }
	c, j := open(t, url, work)
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
