package backfill

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"ringback/internal/call"
	"ringback/internal/dbtest"
	"ringback/internal/sweep"
)

// process works runs as one of several processes on one journal. It says what it has
// read, and after "hold" on standard input it reads no further than it is.
func process(url string) {
	var holding atomic.Bool
	held := make(chan struct{})
	read := 0
	pbx := &fakePBX{calls: population(), before: func(ctx context.Context, c *call.Call) error {
		if read++; read == 120 && os.Getenv("BACKFILL_TEST_HOLD") != "" {
			holding.Store(true)
			fmt.Println("holds")
			<-held
		}
		fmt.Println("read", c.ID)
		return nil
	}}
	tb := &mainTB{}
	b := openAt(tb, url, fakes{"main": pbx}, nil)
	b.begin(tb)
	fmt.Println("ready")
	in := bufio.NewScanner(os.Stdin)
	for in.Scan() {
		if in.Text() == "go on" && holding.Swap(false) {
			close(held)
		}
	}
	b.stop(tb)
}

// member is a process that runs.
type member struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	// lines are what it says.
	lines *bufio.Scanner
}

func enter(t *testing.T, url string, environment ...string) *member {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(append(os.Environ(), "BACKFILL_TEST_NODE="+url), environment...)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	must(t, err)
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // it has ended, unless the test failed
		_ = cmd.Wait()
	})
	return &member{cmd, in, bufio.NewScanner(out)}
}

// until reads what the process says up to a line, and counts the calls that it read.
func (m *member) until(line string) (calls int) {
	for m.lines.Scan() && m.lines.Text() != line {
		calls++
	}
	return calls
}

// leave lets the process end in an orderly way.
func (m *member) leave(t *testing.T) (calls int) {
	t.Helper()
	must(t, m.in.Close())
	calls = m.until("")
	must(t, m.cmd.Wait())
	return calls
}

// undisturbed is what a run leaves that nothing disturbed.
func undisturbed(t *testing.T) map[string]any {
	t.Helper()
	b := openAt(t, dbtest.PostgreSQL(t).Database(t).URL, fakes{"main": {calls: population()}}, nil)
	b.begin(t)
	b.process(t, whole())
	return leftIn(t, b)
}

func TestARunOfAProcessThatIsKilledOrSuspendedGoesOnInAnother(t *testing.T) {
	t.Parallel()
	want := undisturbed(t)
	for name, test := range map[string]struct {
		end  syscall.Signal
		then syscall.Signal
	}{
		"killed":    {end: syscall.SIGKILL},
		"suspended": {end: syscall.SIGSTOP, then: syscall.SIGCONT},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := dbtest.PostgreSQL(t).Database(t).URL
			watcher := openAt(t, url, fakes{"main": {}}, nil) // works nothing
			run, err := watcher.Start(context.Background(), whole())
			must(t, err)
			first := enter(t, url, "BACKFILL_TEST_HOLD=1")
			first.until("holds")
			second := enter(t, url)
			second.until("ready")
			must(t, first.cmd.Process.Signal(test.end))
			over := watcher.wait(t, run.ID)
			same(t, "state", over.State, Done)
			if test.then != 0 {
				must(t, first.cmd.Process.Signal(test.then))
				_, err := io.WriteString(first.in, "go on\n")
				must(t, err)
				first.leave(t)
			}
			if again := second.leave(t); again > 250 {
				t.Errorf("the second process read %d of 300 calls: the run began anew", again)
			}
			same(t, "what is left of the run", leftIn(t, watcher), want)
		})
	}
}

func TestTwoProcessesNeverWorkOneRunAtOnce(t *testing.T) {
	t.Parallel()
	url := dbtest.PostgreSQL(t).Database(t).URL
	list := fakes{"main": {calls: calls("main", 40)}}
	var mu sync.Mutex
	walkers := map[time.Time]int{} // by the start of the run's period
	bothAtWork := make(chan struct{})
	change := func(c *Config) {
		c.Period = func(ctx context.Context, pbx sweep.PBX, from, until time.Time, after sweep.Cursor, yield func(*call.Call, sweep.Reach) error) error {
			mu.Lock()
			walkers[from]++
			if walkers[from] > 1 {
				t.Errorf("the run from %v is walked twice at once", from)
			}
			if len(walkers) == 2*atOnce && walkers[from] == 1 {
				close(bothAtWork)
			}
			mu.Unlock()
			<-bothAtWork
			err := list.period(ctx, pbx, from, until, after, yield)
			mu.Lock()
			defer mu.Unlock()
			walkers[from]--
			return err
		}
	}
	first, second := openAt(t, url, list, change), openAt(t, url, list, change)
	var runs []string
	for i := range 2 * atOnce {
		run, err := first.Start(context.Background(), Request{Kind: ByPeriod, Start: epoch.Add(-time.Duration(i) * time.Second)})
		must(t, err)
		runs = append(runs, run.ID)
	}
	for _, b := range []*bench{first, second} {
		b.begin(t)
		defer b.stop(t)
	}
	var sum Counts
	for i, id := range runs {
		run := []*bench{first, second}[i%2].wait(t, id)
		same(t, "state", run.State, Done)
		sum.Delivered += run.Calls.Delivered
		sum.Skipped += run.Calls.Skipped
	}
	same(t, "each call is delivered by one of the runs", sum, Counts{Delivered: 40, Skipped: 40 * int64(len(runs)-1)})
}

// The processes cannot notify each other here, so that they must look.
func TestCancellingEndsARunThatHangsInAnotherProcess(t *testing.T) {
	t.Parallel()
	url := dbtest.PostgreSQL(t).Database(t).URL + "&pool_mode=transaction"
	reached, released := make(chan struct{}), make(chan struct{})
	worker := openAt(t, url, fakes{"main": {calls: calls("main", 1), before: func(ctx context.Context, _ *call.Call) error {
		close(reached)
		<-ctx.Done()
		close(released)
		return ctx.Err()
	}}}, nil)
	worker.begin(t)
	defer worker.stop(t)
	other := openAt(t, url, fakes{"main": {}}, nil)
	defer other.stop(t)
	run, err := other.Start(context.Background(), whole())
	must(t, err)
	<-reached
	cancelled, err := other.Cancel(context.Background(), run.ID)
	must(t, err)
	same(t, "state", cancelled.State, Cancelled)
	<-released
}

func TestARunOutlivesTheServerOfItsJournal(t *testing.T) {
	t.Parallel()
	server := dbtest.StartPostgreSQL(t)
	list := population()
	restarts := map[*call.Call]func(testing.TB){list[100]: server.Stop, list[200]: server.Kill}
	pbx := &fakePBX{calls: list, before: func(_ context.Context, c *call.Call) error {
		if end := restarts[c]; end != nil {
			end(t)
			server.Start(t)
		}
		return nil
	}}
	b := openAt(t, server.Database(t).URL, fakes{"main": pbx}, nil)
	b.begin(t)
	run, err := b.Start(context.Background(), whole())
	must(t, err)
	same(t, "state", b.wait(t, run.ID).State, Done)
	same(t, "what is left of the run", leftIn(t, b), undisturbed(t))
}

func TestAJournalThatIsAwayIsUnavailable(t *testing.T) {
	t.Parallel()
	server := dbtest.StartPostgreSQL(t)
	b := openAt(t, server.Database(t).URL, fakes{"main": {}}, nil)
	defer b.stop(t)
	run, err := b.Start(context.Background(), whole())
	must(t, err)
	server.Stop(t)
	ctx := context.Background()
	for what, ask := range map[string]func() error{
		"start":    func() error { _, err := b.Start(ctx, whole()); return err },
		"retry":    func() error { _, err := b.Retry(ctx, run.ID, "admin"); return err },
		"cancel":   func() error { _, err := b.Cancel(ctx, run.ID); return err },
		"get":      func() error { _, err := b.Get(ctx, run.ID); return err },
		"list":     func() error { _, err := b.List(ctx, "", 9); return err },
		"outcomes": func() error { _, err := b.Outcomes(ctx, run.ID, "", "", 9); return err },
		"watch":    func() error { _, err := b.Watch(ctx, run.ID); return err },
	} {
		if err := ask(); !errors.Is(err, ErrUnavailable) {
			t.Errorf("%s gives %v", what, err)
		}
	}
}
