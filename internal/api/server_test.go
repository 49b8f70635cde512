package api

import (
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ringback/internal/backfill"
)

func TestAClientThatSendsItsHeadSlowlyIsCutOff(t *testing.T) {
	onTheWire(t, func(t *testing.T, h *house, l *wire, end func()) {
		c := l.dial(t)
		begun := time.Now()
		c.say("GET /status HTTP/1.1")
		dripped := c.drip("X-Slow: 1\r\n")
		_, _ = io.Copy(io.Discard, c)
		if took := time.Since(begun); took != 10*time.Second {
			t.Errorf("cut off after %v, want 10s", took)
		}
		<-dripped
	})
}

func TestAClientThatSendsItsBodySlowlyIsCutOff(t *testing.T) {
	onTheWire(t, func(t *testing.T, h *house, l *wire, end func()) {
		c := l.dial(t)
		begun := time.Now()
		c.say("POST /pbx/read_call HTTP/1.1", "Host: x", "Test-Account: admin", "Content-Type: "+formType, "Content-Length: 10000", "")
		dripped := c.drip("i")
		_, _ = io.Copy(io.Discard, c)
		if took := time.Since(begun); took > 31*time.Second {
			t.Errorf("cut off after %v, want 30s", took)
		}
		<-dripped
		if len(h.runs.started) > 0 {
			t.Error("half a request started a run")
		}
	})
}

func TestAClientThatReadsNothingIsCutOff(t *testing.T) {
	onTheWire(t, func(t *testing.T, h *house, l *wire, end func()) {
		c := l.dial(t)
		c.get("/api/v1/openapi.json")
		<-time.After(31 * time.Second)
		synctest.Wait()
		if !strings.Contains(h.log.String(), "route=/api/v1/openapi.json") {
			t.Error("the request is still being answered")
		}
		_ = c.Close()
	})
}

func TestAnIdleConnectionIsClosed(t *testing.T) {
	onTheWire(t, func(t *testing.T, h *house, l *wire, end func()) {
		c := l.dial(t)
		c.get("/api/v1/runs")
		c.body(c.answer())
		begun := time.Now()
		if _, err := c.in.ReadByte(); err != io.EOF {
			t.Errorf("got %v, want the end", err)
		}
		if took := time.Since(begun); took != 2*time.Minute {
			t.Errorf("closed after %v, want 2m", took)
		}
	})
}

func TestAConnectionTooManyQueuesUp(t *testing.T) {
	onTheWire(t, func(t *testing.T, h *house, l *wire, end func()) {
		first := l.dial(t)
		taken := make(chan *client)
		go func() { taken <- l.dial(t) }()
		synctest.Wait()
		select {
		case <-taken:
			t.Fatal("a second connection was taken")
		default:
		}
		_ = first.Close()
		second := <-taken
		second.get("/api/v1/runs")
		r := second.answer()
		if second.body(r); r.StatusCode != 200 {
			t.Errorf("answered %d", r.StatusCode)
		}
	}, func(c *Config) { c.Limits.Connections = 1 })
}

func TestAHeadThatIsTooLargeIsRefused(t *testing.T) {
	onTheWire(t, func(t *testing.T, h *house, l *wire, end func()) {
		c := l.dial(t)
		go func() { _, _ = io.WriteString(c, "GET /status?path="+strings.Repeat("x", 100_000)+" HTTP/1.1\r\n") }()
		if r := c.answer(); r.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
			t.Errorf("answered %d, want 431", r.StatusCode)
		}
		_ = c.Close()
	})
}

func TestABodyInPiecesOver1MiBIsRefused(t *testing.T) {
	onTheWire(t, func(t *testing.T, h *house, l *wire, end func()) {
		c := l.dial(t)
		c.say("POST /pbx/read_call HTTP/1.1", "Host: x", "Test-Account: admin", "Content-Type: "+formType, "Transfer-Encoding: chunked", "")
		go func() {
			piece := "10000\r\n" + strings.Repeat("1", 0x10000) + "\r\n"
			for {
				if _, err := io.WriteString(c, piece); err != nil {
					return
				}
			}
		}()
		if r := c.answer(); r.StatusCode != http.StatusRequestEntityTooLarge {
			t.Errorf("answered %d, want 413", r.StatusCode)
		}
		_ = c.Close()
	})
}

func TestWaitAnswersWhenTheRunIsOver(t *testing.T) {
	onTheWire(t, func(t *testing.T, h *house, l *wire, end func()) {
		c := l.dial(t)
		begun := time.Now()
		time.AfterFunc(45*time.Second, func() { h.runs.set("RUN1", backfill.Done) })
		c.get("/pbx/read_call?id=1.1&wait=60")
		r := c.answer()
		if text := c.body(r); r.StatusCode != 200 || !strings.Contains(text, `"state":"done"`) || r.Header.Get("Location") != "/api/v1/runs/RUN1" {
			t.Errorf("answered %d %s", r.StatusCode, text)
		}
		if took := time.Since(begun); took != 45*time.Second {
			t.Errorf("answered after %v, want 45s", took)
		}
	})
}

func TestWaitAnswersWhenTheTimeIsUp(t *testing.T) {
	onTheWire(t, func(t *testing.T, h *house, l *wire, end func()) {
		c := l.dial(t)
		begun := time.Now()
		c.get("/pbx/read_call?id=1.1&wait=60")
		r := c.answer()
		if text := c.body(r); r.StatusCode != 202 || !strings.Contains(text, `"state":"queued"`) {
			t.Errorf("answered %d %s", r.StatusCode, text)
		}
		if took := time.Since(begun); took != time.Minute {
			t.Errorf("answered after %v, want 1m", took)
		}
	})
}

func TestARunThatIsOverAtOnceIs202WithoutWait(t *testing.T) {
	for url, want := range map[string]int{
		"/pbx/read_call?id=1.1": 202, "/pbx/read_call?id=1.1&wait=0": 202, "/pbx/read_call?id=1.1&wait=1": 200,
	} {
		h := newHouse(t)
		h.runs.over = true
		if w := h.ask("GET", url, ""); w.Code != want {
			t.Errorf("%s answered %d, want %d", url, w.Code, want)
		}
	}
}

func TestThoseWhoWaitAreBounded(t *testing.T) {
	onTheWire(t, func(t *testing.T, h *house, l *wire, end func()) {
		first, second := l.dial(t), l.dial(t)
		first.get("/pbx/read_call?id=1.1&wait=60")
		synctest.Wait()
		second.get("/pbx/read_call?id=2.2&wait=60")
		if r := second.answer(); r.StatusCode != 503 || r.Header.Get("Retry-After") == "" {
			t.Errorf("answered %d", r.StatusCode)
		} else {
			second.body(r)
		}
		if len(h.runs.started) != 1 {
			t.Errorf("%d runs were started, want 1: a refused request leaves none", len(h.runs.started))
		}
		h.runs.set("RUN1", backfill.Done)
		first.body(first.answer())
		h.runs.over = true
		second.get("/pbx/read_call?id=2.2&wait=60")
		if r := second.answer(); r.StatusCode != 200 {
			t.Errorf("with a place free again, answered %d", r.StatusCode)
		}
	}, func(c *Config) { c.Limits.Waiters = 1 })
}

func TestTheEndOfTheServerEndsWaiting(t *testing.T) {
	onTheWire(t, func(t *testing.T, h *house, l *wire, end func()) {
		c := l.dial(t)
		begun := time.Now()
		c.get("/pbx/read_call?id=1.1&wait=60")
		synctest.Wait()
		go end()
		if r := c.answer(); r.StatusCode != 202 {
			t.Errorf("answered %d, want 202", r.StatusCode)
		} else {
			c.body(r)
		}
		end()
		if took := time.Since(begun); took > time.Second {
			t.Errorf("the end took %v", took)
		}
	})
}

func TestARequestThatDoesNotEndIsCutOffAfterTheGraceTime(t *testing.T) {
	stuck := make(chan struct{})
	onTheWire(t, func(t *testing.T, h *house, l *wire, end func()) {
		c := l.dial(t)
		c.get("/stuck")
		synctest.Wait()
		begun := time.Now()
		end()
		if took := time.Since(begun); took != 10*time.Second {
			t.Errorf("the end took %v, want 10s", took)
		}
		if !strings.Contains(h.log.String(), "cut off") {
			t.Error("the log does not say that a request was cut off")
		}
		if _, err := c.in.ReadByte(); err == nil {
			t.Error("the connection is still open")
		}
	}, func(c *Config) {
		c.Pages = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			<-r.Context().Done()
			close(stuck)
		})
	})
	<-stuck
}

func TestAReadyServerIsNotReadyWhileItEnds(t *testing.T) {
	h := newHouse(t)
	h.close()
	if w := h.ask("GET", "/readyz", ""); w.Code != 503 {
		t.Errorf("answered %d", w.Code)
	}
}

func TestTheServerListensOnTheLoopbackUnlessTold(t *testing.T) {
	h := newHouse(t, func(c *Config) { c.Listen = "" })
	if h.config.Listen != "127.0.0.1:8077" {
		t.Errorf("it would listen on %s", h.config.Listen)
	}
	h = newHouse(t)
	if h.Addr() != nil || h.MetricsAddr() != nil {
		t.Error("an address before it listens")
	}
	if err := h.Listen(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer serve(t, h)()
	if ip := h.Addr().(*net.TCPAddr).IP; !ip.IsLoopback() {
		t.Errorf("it listens on %v", ip)
	}
}

// serve starts a listening server and returns what ends it.
func serve(t *testing.T, h *house) func() {
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- h.Serve(ctx) }()
	return func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("the server did not end in order: %v", err)
		}
	}
}

func TestAPortThatIsTakenIsToldAtOnce(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	h := newHouse(t, func(c *Config) { c.Listen = taken.Addr().String() })
	if err := h.Listen(t.Context()); err == nil || !strings.Contains(err.Error(), taken.Addr().String()) {
		t.Errorf("the error is %v", err)
	}
	h = newHouse(t, func(c *Config) { c.MetricsListen = taken.Addr().String() })
	if err := h.Listen(t.Context()); err == nil || h.Addr() != nil {
		t.Errorf("the error is %v, the address %v", err, h.Addr())
	}
}

func TestMetricsMoveToAnAddressOfTheirOwn(t *testing.T) {
	h := newHouse(t, func(c *Config) { c.MetricsListen = "127.0.0.1:0" })
	if err := h.Listen(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer serve(t, h)()
	for url, want := range map[string]int{
		"http://" + h.Addr().String() + "/metrics":                404,
		"http://" + h.MetricsAddr().String() + "/metrics":         200,
		"http://" + h.MetricsAddr().String() + "/healthz":         404,
		"http://" + h.MetricsAddr().String() + "/api/v1/calls":    404,
		"http://" + h.MetricsAddr().String() + "/pbx/read_call?x": 404,
	} {
		if got := status(t, http.DefaultClient, url); got != want {
			t.Errorf("%s answered %d, want %d", url, got, want)
		}
	}
	http.DefaultClient.CloseIdleConnections()
}

func status(t *testing.T, c *http.Client, url string) int {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	_, _ = io.Copy(io.Discard, answer.Body)
	return answer.StatusCode
}
