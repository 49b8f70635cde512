package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/icholy/digest"
)

// BenchmarkAnswer asks for calls, each time with a log-in of its own, while the program
// brings every call of FreePBX's table to the journal, and then as often while it has nothing
// else to do. What is measured is the time to the first byte of the answer, the challenge
// before it included. BenchmarkListing's variable sets how many calls there are.
func BenchmarkAnswer(b *testing.B) {
	calls := benchmarkCalls(b)
	address, _ := freePBX(b, calls)
	var busy, idle []time.Duration
	var walked time.Duration
	for b.Loop() {
		server, stop := serve(b, address)
		began := time.Now()
		run := ask(b, server, url.Values{"start_date": {benchStart.Format(time.DateOnly)}})
		during := askUntil(b, server, func() bool { return over(b, server, run.ID) })
		walked += time.Since(began)
		busy = append(busy, during...)
		left := len(during)
		idle = append(idle, askUntil(b, server, func() bool { left--; return left < 0 })...)
		stop()
	}
	if len(busy) == 0 {
		b.Fatal("the run was over before anything could be asked; set " + benchCalls + " higher")
	}
	slices.Sort(busy)
	slices.Sort(idle)
	milliseconds := func(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
	b.ReportMetric(float64(len(busy)), "answers")
	b.ReportMetric(milliseconds(busy[len(busy)/2]), "median-ms")
	b.ReportMetric(milliseconds(busy[len(busy)-1]), "max-ms")
	b.ReportMetric(milliseconds(idle[len(idle)/2]), "idle-median-ms")
	b.ReportMetric(milliseconds(idle[len(idle)-1]), "idle-max-ms")
	b.ReportMetric(float64(b.N*calls)/walked.Seconds(), "calls/s")
}

// serve starts the program over a journal of its own and gives its address.
func serve(b *testing.B, cel string) (address string, stop func()) {
	b.Helper()
	c := command(b, b.TempDir(), "serve", "--config", configuration(b, cel))
	pipe, err := c.StderrPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := c.Start(); err != nil {
		b.Fatal(err)
	}
	log := bufio.NewReader(pipe)
	address, _ = awaitLog(b, log, "listening")["address"].(string)
	drained := make(chan struct{})
	go func() {
		defer close(drained)
		_, _ = log.WriteTo(io.Discard) // it must not wait for a reader
	}()
	return address, func() {
		if err := c.Process.Signal(syscall.SIGTERM); err != nil {
			b.Fatal(err)
		}
		<-drained
		if err := c.Wait(); err != nil {
			b.Fatal(err)
		}
	}
}

// asked is a run as the API shows it, as far as is looked at.
type asked struct {
	ID, State string
	first     time.Duration // until the first byte of the answer
}

// ask begins a run.
func ask(b *testing.B, server string, query url.Values) asked {
	b.Helper()
	return getRun(b, "http://"+server+"/pbx/read_call?"+query.Encode(), http.StatusAccepted)
}

// over says whether a run is over.
func over(b *testing.B, server, run string) bool {
	b.Helper()
	state := getRun(b, "http://"+server+"/api/v1/runs/"+run, http.StatusOK).State
	return state != "queued" && state != "running"
}

// askUntil asks ten times a second for a call that there is not, until it is enough, and
// gives the times of all answers before that.
func askUntil(b *testing.B, server string, enough func() bool) []time.Duration {
	b.Helper()
	const every = 100 * time.Millisecond
	pace := time.NewTicker(every)
	defer pace.Stop()
	var took []time.Duration
	for n := 0; ; n++ {
		<-pace.C
		first := ask(b, server, url.Values{"id": {fmt.Sprintf("1767571200.%d", 100_000_000+n)}}).first
		if enough() {
			return took
		}
		took = append(took, first)
	}
}

// getRun logs in and gets a run.
func getRun(b *testing.B, address string, want int) asked {
	b.Helper()
	request, err := http.NewRequestWithContext(b.Context(), http.MethodGet, address, nil)
	if err != nil {
		b.Fatal(err)
	}
	var run asked
	began := time.Now()
	trace := &httptrace.ClientTrace{GotFirstResponseByte: func() { run.first = time.Since(began) }} // the answer's comes after the challenge's
	request = request.WithContext(httptrace.WithClientTrace(request.Context(), trace))
	response, err := (&digest.Transport{Username: "admin", Password: "benchmark"}).RoundTrip(request)
	if err != nil {
		b.Fatal(err)
	}
	defer response.Body.Close()
	if err := json.NewDecoder(response.Body).Decode(&run); err != nil || response.StatusCode != want {
		b.Fatalf("%s: status %d, %v", address, response.StatusCode, err)
	}
	return run
}
