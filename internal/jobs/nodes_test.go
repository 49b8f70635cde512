package jobs

import (
	"context"
	"testing"
	"time"

	"ringback/internal/dbtest"
	"ringback/internal/journal"
)

// node opens a queue as one of several processes on one database.
func node(t *testing.T, url string, lease time.Duration, work func(context.Context, Job) error) (*Client, *journal.Journal) {
	t.Helper()
	j, err := journal.Open(context.Background(), journal.Config{URL: url})
	must(t, err)
	c, err := Open(context.Background(), Config{Journal: j, Lease: lease})
	must(t, err)
	must(t, c.Register(Kind{Name: "deed", Queue: "deeds", Workers: 2, Work: work}))
	must(t, c.Start(context.Background()))
	t.Cleanup(func() {
		must(t, c.Stop(context.Background()))
		must(t, j.Close())
	})
	return c, j
}

func TestJobsOfAProcessThatIsGoneAreTakenUpByAnother(t *testing.T) {
	t.Parallel()
	url := dbtest.PostgreSQL(t).Database(t).URL
	begun, done := make(chan string, 9), make(chan string, 9)
	c, j := node(t, url, time.Second, func(_ context.Context, job Job) error {
		begun <- job.Key
		if job.Key == "mine" {
			<-job.Stopping
			return Again(0)
		}
		done <- job.Key
		return nil
	})
	enqueue(t, c, j, "mine")
	receive(t, begun)
	// What a killed process leaves: a job that runs, and a lease that nobody renews.
	exec(t, j, `INSERT INTO leases (name, holder, until) SELECT $1, $2, until FROM leases`, nodePrefix+"gone", "gone")
	exec(t, j, `INSERT INTO river_job (args, attempt, attempted_at, attempted_by, kind, max_attempts, queue, state)
		VALUES ('{"key": "left"}', 1, now(), ARRAY['earlier', 'gone'], 'deed', 9, 'deeds', 'running')`)
	nodes, err := c.Nodes(context.Background())
	must(t, err)
	if len(nodes) != 2 || nodes[0] != c.node && nodes[1] != c.node {
		t.Errorf("there are %v", nodes)
	}
	must(t, c.takeBackOrphaned(context.Background()))
	if state := read(t, j, `SELECT state FROM river_job WHERE args ->> 'key' = 'left'`); state != "running" {
		t.Errorf("a job is %s while the lease of its process lasts", state)
	}
	if key := receive(t, done); key != "left" {
		t.Errorf("%s was worked", key)
	}
	if state := read(t, j, `SELECT state FROM river_job WHERE args ->> 'key' = 'mine'`); state != "running" {
		t.Errorf("the job of a process that is alive is %s", state)
	}
}

func TestAProcessThatStopsLeavesItsJobsToOthersAtOnce(t *testing.T) {
	t.Parallel()
	url := dbtest.PostgreSQL(t).Database(t).URL
	begun, done := make(chan struct{}), make(chan struct{})
	t.Run("the first process", func(t *testing.T) {
		c, j := node(t, url, time.Hour, func(_ context.Context, job Job) error {
			close(begun)
			<-job.Stopping
			return Again(0)
		})
		enqueue(t, c, j, "key-1")
		receive(t, begun)
	})
	c, _ := node(t, url, time.Hour, func(context.Context, Job) error {
		close(done)
		return nil
	})
	receive(t, done)
	nodes, err := c.Nodes(context.Background())
	must(t, err)
	if len(nodes) != 1 || nodes[0] != c.node {
		t.Errorf("there are %v", nodes)
	}
}

func TestACancelledJobOfAnotherProcessEnds(t *testing.T) {
	t.Parallel()
	url := dbtest.PostgreSQL(t).Database(t).URL
	begun, ended := make(chan struct{}), make(chan struct{})
	work := func(ctx context.Context, _ Job) error {
		close(begun)
		<-ctx.Done()
		close(ended)
		return ctx.Err()
	}
	_, j := node(t, url, time.Hour, work)
	other, _ := open(t, url, work) // enqueues and cancels, and works nothing
	enqueue(t, other, j, "key-1")
	receive(t, begun)
	must(t, other.Cancel(context.Background(), Ref{"deed", "key-1"}))
	receive(t, ended)
}
