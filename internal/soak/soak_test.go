package soak

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"ringback/internal/dbtest"
)

const (
	callsPerSecond = 6
	// mostAhead bounds how far the clocks of the program and of the PBX are set, either
	// way. Receivers refuse signatures that are five minutes old.
	mostAhead = 90 * time.Second
)

// soak is everything that takes part.
type soak struct {
	*testing.T

	length time.Duration
	out    io.Writer
	began  time.Time
	dir    string

	server   *dbtest.Server
	place    *dbtest.Database
	pbx      *pbx
	receiver *receiver
	client   *client
	program  *process
	log      *logbook
	started  time.Time
	ahead    time.Duration // of the program's clock
	samples  []sample

	kills, stops, outages, absences, steps int
	longest                                time.Duration // of the orderly stops
}

func TestTheProgramKeepsOn(t *testing.T) {
	s := &soak{T: t, length: *length, out: os.Stdout, dir: t.TempDir(), client: &client{refused: map[int]int{}}, log: &logbook{levels: map[string]int{}, kinds: map[string]int{}}}
	haste, long := int64(10), s.length > 0
	if !long {
		s.length, s.out, haste = 5*time.Second, t.Output(), 100
	}
	s.server = dbtest.StartMariaDB(t)
	s.place = s.server.Database(t)
	s.pbx = newPBX(t, s.place, callsPerSecond, haste, 1000+int((s.length+10*time.Minute).Seconds()*callsPerSecond))
	s.receiver = newReceiver(t)
	s.configure()
	s.launch()
	s.began = time.Now()
	s.storm()
	found, grew := levels(s.samples, s.length)
	s.calm(found)
	if !long {
		return // what a few seconds show says nothing of levels
	}
	for _, sentence := range grew {
		t.Errorf("not level: %s", sentence)
	}
}

func (s *soak) configure() {
	s.Helper()
	text := fmt.Sprintf("timezone = \"UTC\"\n[server]\nlisten = \"127.0.0.1:0\"\n[[server.user]]\nname = %q\npassword = %q\nrole = \"admin\"\n"+
		"[state]\nurl = \"sqlite://%s/state.db\"\n[log]\nformat = \"json\"\n[[pbx]]\nname = \"main\"\ncel = %q\n"+
		"[[target]]\nname = \"crm\"\ntype = \"webhook\"\nurl = %q\nsecret = %q\n",
		account, password, s.dir, s.place.URL+"?table=cel", s.receiver.url, secret)
	must(s.T, os.WriteFile(s.settings(), []byte(text), 0o600))
}

func (s *soak) settings() string { return filepath.Join(s.dir, "ringback.toml") }

func (s *soak) launch() {
	s.Helper()
	s.program = launch(s.T, s.log, s.ahead, "serve", "--config", s.settings())
	s.started = time.Now()
	s.client.address.Store(s.program.address)
}

// storm is the time of faults. In its first third the program is killed and stopped again
// and again; after that one process lives on through all other faults, so that what grows
// in it shows.
func (s *soak) storm() {
	ctx, cancel := context.WithCancel(s.Context())
	var asking sync.WaitGroup
	defer asking.Wait()
	defer cancel()
	for range 2 {
		asking.Go(func() { s.client.ask(ctx, s.pbx) })
	}
	written := make(chan error, 1)
	asking.Go(func() { written <- s.pbx.run(s.Context()) })
	s.play()
	s.say("the storm is over; the calls that go on come to their end")
	cancel()
	s.receiver.away.Store(false)
	s.step(0)
	s.pbx.end()
	for range 2 {
		s.again((*soak).kill)
	}
	must(s.T, <-written)
}

// event is something that happens again and again: at first after about its pause, until
// its share of the storm is over.
type event struct {
	pause time.Duration
	share float64
	do    func()
	next  time.Time
}

// play lets the events come.
func (s *soak) play() {
	unit := min(s.length/20, 30*time.Second)
	end, far := s.began.Add(s.length), min(s.length/4, mostAhead)
	var up, back time.Time // when the database starts, when the receiver is there again
	events := []*event{
		{pause: unit / 2, share: 1.0 / 3, do: func() { s.again((*soak).kill) }},
		{pause: 2 * unit, share: 1.0 / 3, do: func() { s.again((*soak).stop) }},
		{pause: 2 * unit, share: 0.95, do: func() {
			if up.IsZero() {
				s.outage()
				up = time.Now().Add(rand.N(unit / 2))
			}
		}},
		{pause: 2 * unit, share: 0.95, do: func() {
			s.absences++
			s.receiver.away.Store(true)
			back = time.Now().Add(rand.N(unit / 2))
		}},
		{pause: unit, share: 0.95, do: func() { s.step(rand.N(2*far) - far) }},
		{pause: unit, share: 0.95, do: func() { s.steps++; s.pbx.set(rand.N(2*far) - far) }},
	}
	for _, e := range events {
		e.next = s.began.Add(spread(e.pause))
	}
	every := min(max(s.length/60, time.Second), time.Minute)
	sampled := s.began
	for now := time.Now(); now.Before(end); now = time.Now() {
		s.program.alive(s.T)
		if !up.IsZero() && now.After(up) {
			s.server.Start(s.T)
			up = time.Time{}
		}
		if now.After(back) {
			s.receiver.away.Store(false)
		}
		for _, e := range events {
			if now.After(e.next) && now.Sub(s.began) < time.Duration(e.share*float64(s.length)) {
				e.do()
				e.next = time.Now().Add(spread(e.pause))
			}
		}
		if now.Sub(sampled) >= every {
			s.sample()
			sampled = now
		}
		<-time.After(20 * time.Millisecond)
	}
	if !up.IsZero() {
		s.server.Start(s.T)
	}
}

// spread is a time around d.
func spread(d time.Duration) time.Duration { return d/4 + rand.N(d*3/2) }

// again ends the program and starts it once more.
func (s *soak) again(end func(*soak)) {
	end(s)
	s.launch()
}

func (s *soak) kill() {
	s.kills++
	s.program.kill(s.T)
}

func (s *soak) stop() {
	s.stops++
	s.longest = max(s.longest, s.program.stop(s.T))
}

// outage stops MariaDB, in one of two ways.
func (s *soak) outage() {
	s.outages++
	if rand.IntN(2) == 0 {
		s.server.Kill(s.T)
		return
	}
	s.server.Stop(s.T)
}

// step sets the program's clock.
func (s *soak) step(ahead time.Duration) {
	s.steps++
	s.ahead = ahead
	s.program.set(s.T, ahead)
}

// sample looks at the program. When its pages do not answer in time, the sample before
// lends its counts.
func (s *soak) sample() {
	s.Helper()
	var now sample
	if len(s.samples) > 0 {
		now = s.samples[len(s.samples)-1]
	}
	now.at, now.age, now.clock = time.Since(s.began), time.Since(s.started), s.ahead
	now.goroutines, now.heap = s.program.inside(s.T)
	now.rss, now.files = s.program.outside(s.T)
	now.journal, now.wal = size(s.T, s.journal()), size(s.T, s.journal()+"-wal")
	var shown status
	if _, err := s.client.get(s.Context(), "/status", &shown); err != nil {
		s.say(err.Error())
	} else {
		now.count(&shown)
	}
	s.samples = append(s.samples, now)
	s.say(now.String())
}

func (s *sample) count(shown *status) {
	j, t := shown.App.Journal.Values, shown.App.CRM.Parts["crm"].Values
	s.calls, s.runs, s.unfinished, s.waiting, s.delivered = j.Calls, j.Runs, j.Unfinished, t.Waiting, t.Delivered
}

func (s *soak) journal() string { return filepath.Join(s.dir, "state.db") }

// size is how big a file is, 0 when it is not there.
func size(t *testing.T, file string) int64 {
	t.Helper()
	info, err := os.Stat(file)
	if os.IsNotExist(err) {
		return 0
	}
	must(t, err)
	return info.Size()
}

func (s *soak) say(line string) { fmt.Fprintln(s.out, line) }

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
