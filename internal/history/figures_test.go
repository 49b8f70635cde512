package history

import (
	"context"
	"flag"
	"fmt"
	"os"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

var size = flag.Int("calls", 100, "how many past calls are brought to each CRM")

// inBubble runs a world on a clock of its own, which stands at the morning of the import.
func inBubble(t *testing.T, s *sky, f func(*world)) {
	t.Helper()
	dir := t.TempDir()
	p, err := makePast(t.Context(), pastDir, *size)
	must(t, err)
	real := time.Now()
	synctest.Test(t, func(t *testing.T) {
		<-time.After(time.Until(morning))
		s.begun = time.Now()
		f(newWorld(t, dir, p, s))
	})
	t.Logf("%v on a real clock", time.Since(real).Round(time.Second))
}

// figures are what is measured of an import.
type figures struct {
	*world
	all  []*wanted
	used []sample
	// heard is what links to recordings lead to.
	heard   map[string][]byte
	stop    chan struct{}
	watches sync.WaitGroup
}

// sample is how much of a limit was used until a moment.
type sample struct {
	at   time.Time
	used float64
}

func (w *world) measure(used func() float64) *figures {
	f := &figures{world: w, stop: make(chan struct{})}
	f.used = append(f.used, sample{time.Now(), used()})
	f.watches.Go(func() {
		for {
			select {
			case <-f.stop:
				return
			case <-time.After(f.sky.every):
				f.used = append(f.used, sample{time.Now(), used()})
			}
		}
	})
	return f
}

// share is the part of a limit of so many units a second that was used between two
// moments, by the samples between them.
func (f *figures) share(from, until time.Duration, rate float64) (part float64, over time.Duration) {
	var within []sample
	for _, s := range f.used {
		if since := s.at.Sub(f.sky.begun); since >= from && since <= until {
			within = append(within, s)
		}
	}
	if len(within) < 2 {
		return 0, 0
	}
	first, last := within[0], within[len(within)-1]
	over = last.at.Sub(first.at)
	return (last.used - first.used) / rate / over.Seconds(), over
}

// check imports the past among live calls, and sees what holds of every CRM. used is how
// much of the CRM's limit was used so far, rate how much of it there is in a second.
func (w *world) check(used func() float64, rate float64) *figures {
	w.Helper()
	w.current = w.begin(w.directory())
	f := w.measure(used)
	live := w.follow()
	run := w.importPast()
	took := time.Since(w.sky.begun)
	close(f.stop)
	live.end()
	f.watches.Wait()
	w.settle()
	f.all = slices.Concat(w.past.calls, live.calls)

	w.Logf("%d past and %d live calls in %v of the CRM's time; %d kills; run %+v", len(w.past.calls), len(live.calls), took.Round(time.Second), w.lives, run.Calls)
	w.Logf("faults: %v", w.faults)
	w.Logf("%d kinds of call", len(w.past.kinds))
	for name, span := range map[string][2]time.Duration{
		"calm": {0, w.sky.calm}, "storm": {w.sky.calm, w.sky.calm + w.sky.storm},
		"breeze": {w.sky.calm + w.sky.storm + w.sky.away, took - w.sky.every}, "all": {0, took},
	} {
		part, over := f.share(span[0], span[1], rate)
		w.Logf("%s: %.1f %% of the limit used over %v", name, 100*part, over)
	}
	const least = time.Minute // of less, one request at the edges is too large a part
	if part, over := f.share(0, w.sky.calm, rate); over >= least && part < 0.95 {
		w.Errorf("%.1f %% of the limit was used in %v in which nothing went wrong and work waited, want 95", 100*part, over)
	}
	if w.lives < w.sky.kills {
		w.Errorf("%d kills, want at least %d", w.lives, w.sky.kills)
	}
	if len(w.twice) > 0 {
		w.Errorf("the CRM was told twice of %v", w.twice)
	}
	f.latency(live)
	f.again(run.Calls.Found)
	<-time.After(time.Minute) // the last recording is whole by then
	w.use(func(l *life) {
		f.heard = map[string][]byte{}
		for _, link := range w.crm.links() {
			f.heard[link] = l.listen(w, link)
		}
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		must(w, l.end(ctx))
		w.checkSecrets(l.dir)
	})
	w.graves.Wait()
	return f
}

// settle waits for what is delivered yet: live calls, and recordings that came late.
func (w *world) settle() {
	w.Helper()
	for range 3600 {
		<-time.After(time.Second)
		var open int
		w.use(func(l *life) {
			row := l.journal.Reader().QueryRow(context.Background(), `SELECT count(*) FROM deliveries WHERE state NOT IN ('delivered', 'skipped', 'refused')`)
			must(w, row.Scan(&open))
		})
		if open == 0 {
			return
		}
	}
	w.Error("deliveries are open an hour after the run")
}

// again asks for the same once more: nothing may be sent.
func (f *figures) again(found int64) {
	f.Helper()
	before := f.sentSoFar()
	run := f.importPast()
	if sent := f.sentSoFar() - before; sent > 0 || run.Calls.Skipped != found || run.Calls.Delivered > 0 {
		f.Errorf("asked for the same again, the program sent %d requests: %+v", sent, run.Calls)
	}
}

// latency sees that a live call does not wait for the past.
func (f *figures) latency(live *follower) {
	worst := map[weather]time.Duration{}
	for i, c := range live.calls {
		took := f.at(c.key).Sub(live.handed[i])
		worst[live.weather[i]] = max(worst[live.weather[i]], took)
	}
	f.Logf("the slowest live calls: %v in the calm, %v in the storm, %v in the breeze", worst[calm], worst[storm], worst[breeze])
	if worst[calm] > 2*time.Second {
		f.Errorf("a live call took %v while nothing went wrong, want at most 2s", worst[calm])
	}
}

var pastDir string

func TestMain(m *testing.M) {
	flag.Parse()
	var err error
	if pastDir, err = os.MkdirTemp("", "ringback-history-"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	_ = os.RemoveAll(pastDir)
	os.Exit(code)
}
