package api

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ringback/internal/backfill"
)

// events opens the event stream of RUN1.
func (c *client) events(headers ...string) answer {
	c.say(append([]string{"GET /api/v1/runs/RUN1/events HTTP/1.1", "Host: x", "Test-Account: viewer"}, append(headers, "")...)...)
	return c.answer()
}

// event reads one event or comment.
func (c *client) event(r answer) string {
	var text strings.Builder
	one := make([]byte, 1)
	for !strings.HasSuffix(text.String(), "\n\n") {
		if _, err := r.Body.Read(one); err != nil {
			c.t.Fatalf("the stream ended with %v after %q", err, text.String())
		}
		text.Write(one)
	}
	return text.String()
}

func TestEventsShowThePresentStateThenEachChangeAndEnd(t *testing.T) {
	onTheWire(t, func(t *testing.T, h *house, l *wire, end func()) {
		h.runs.set("RUN1", backfill.Queued)
		c := l.dial(t)
		r := c.events()
		if r.StatusCode != 200 || r.Header.Get("Content-Type") != "text/event-stream" || r.Header.Get("Cache-Control") != "no-store" {
			t.Fatalf("answered %d %v", r.StatusCode, r.Header)
		}
		if got := c.event(r); !strings.HasPrefix(got, `data: {"id":"RUN1","state":"queued"`) {
			t.Errorf("the first event is %q", got)
		}
		h.runs.set("RUN1", backfill.Running)
		if got := c.event(r); !strings.Contains(got, `"state":"running"`) {
			t.Errorf("the second event is %q", got)
		}
		h.runs.set("RUN1", backfill.Done)
		if got := c.event(r); !strings.HasPrefix(got, "id: over\ndata: {") || !strings.Contains(got, `"state":"done"`) {
			t.Errorf("the last event is %q", got)
		}
		if rest := c.body(r); rest != "" {
			t.Errorf("after the last event came %q", rest)
		}
	})
}

func TestEventsOfARunThatIsOverAreItsLastState(t *testing.T) {
	h := newHouse(t)
	h.runs.set("RUN1", backfill.Failed)
	w := h.ask("GET", "/api/v1/runs/RUN1/events", "")
	if got := w.Body.String(); w.Code != 200 || strings.Count(got, "data: ") != 1 || !strings.Contains(got, `"state":"failed"`) {
		t.Errorf("answered %d %q", w.Code, got)
	}
}

func TestABrowserThatSawTheEndIsToldToStop(t *testing.T) {
	h := newHouse(t)
	h.runs.set("RUN1", backfill.Done)
	if w := h.ask("GET", "/api/v1/runs/RUN1/events", "", "Last-Event-ID", "over"); w.Code != 204 || w.Body.Len() > 0 {
		t.Errorf("answered %d %q", w.Code, w.Body)
	}
}

func TestEventsOutliveTheTimeLimitsOfOtherAnswers(t *testing.T) {
	onTheWire(t, func(t *testing.T, h *house, l *wire, end func()) {
		h.runs.set("RUN1", backfill.Running)
		c := l.dial(t)
		r := c.events()
		c.event(r)
		begun := time.Now()
		for range 40 {
			if got := c.event(r); got != ": still here\n\n" {
				t.Fatalf("instead of a heartbeat came %q", got)
			}
		}
		if took := time.Since(begun); took != 10*time.Minute {
			t.Errorf("40 heartbeats took %v", took)
		}
		h.runs.set("RUN1", backfill.Done)
		c.event(r)
		c.body(r)
	})
}

func TestASlowWatcherIsLetGo(t *testing.T) {
	onTheWire(t, func(t *testing.T, h *house, l *wire, end func()) {
		h.runs.set("RUN1", backfill.Running)
		slow := l.dial(t)
		r := slow.events()
		slow.event(r)
		// It reads no more. The next write waits, and then is given up.
		<-time.After(15*time.Second + 29*time.Second)
		synctest.Wait()
		if len(h.watchers) != 1 {
			t.Errorf("%d watchers after 44s, want 1", len(h.watchers))
		}
		<-time.After(2 * time.Second)
		synctest.Wait()
		if len(h.watchers) != 0 {
			t.Errorf("%d watchers after 46s, want 0", len(h.watchers))
		}
	})
}

func TestAWatcherThatGoesFreesItsPlace(t *testing.T) {
	onTheWire(t, func(t *testing.T, h *house, l *wire, end func()) {
		h.runs.set("RUN1", backfill.Running)
		first, second := l.dial(t), l.dial(t)
		watched := first.events()
		first.event(watched)
		r := second.events()
		if r.StatusCode != 503 || r.Header.Get("Retry-After") == "" {
			t.Errorf("one watcher too many: answered %d", r.StatusCode)
		}
		second.body(r)
		_ = first.Close()
		synctest.Wait()
		again := second.events()
		if again.StatusCode != 200 {
			t.Errorf("with a place free again, answered %d", again.StatusCode)
		}
		_ = second.Close()
	}, func(c *Config) { c.Limits.Watchers = 1 })
}

func TestTheEndOfTheServerEndsEventStreams(t *testing.T) {
	onTheWire(t, func(t *testing.T, h *house, l *wire, end func()) {
		h.runs.set("RUN1", backfill.Running)
		c := l.dial(t)
		r := c.events()
		c.event(r)
		begun := time.Now()
		go end()
		if rest := c.body(r); rest != "" {
			t.Errorf("at the end came %q", rest)
		}
		end()
		if took := time.Since(begun); took > time.Second {
			t.Errorf("the end took %v", took)
		}
	})
}
