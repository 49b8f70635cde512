package api

import (
	"cmp"
	"context"
	"net/http"
	"time"
)

// Limits bound what clients can hold of the server. Zero means the default.
type Limits struct {
	// ReadHeader and Read are how long a client may take to send the head of a
	// request, and all of it.
	ReadHeader, Read time.Duration
	// Write is how long an answer may take; waiting and event streams extend it
	// for themselves.
	Write time.Duration
	// Idle is how long a connection may stay open between requests.
	Idle time.Duration
	// Journal is how long starting or reading may take before the answer is 503.
	Journal time.Duration
	// Grace is how long requests may go on after the server was told to end.
	Grace time.Duration
	// Heartbeat is how often an event stream without news shows that it lives.
	Heartbeat time.Duration
	// HeaderBytes is the largest head of a request, query included.
	HeaderBytes int
	// Connections are open at once at the most; further ones queue up.
	Connections int
	// Watchers are event streams at once, Waiters requests with wait.
	Watchers, Waiters int
}

func (l Limits) orDefaults() Limits {
	return Limits{
		ReadHeader:  cmp.Or(l.ReadHeader, 10*time.Second),
		Read:        cmp.Or(l.Read, 30*time.Second),
		Write:       cmp.Or(l.Write, 30*time.Second),
		Idle:        cmp.Or(l.Idle, 2*time.Minute),
		Journal:     cmp.Or(l.Journal, 15*time.Second),
		Grace:       cmp.Or(l.Grace, 10*time.Second),
		Heartbeat:   cmp.Or(l.Heartbeat, 15*time.Second),
		HeaderBytes: cmp.Or(l.HeaderBytes, 64<<10),
		Connections: cmp.Or(l.Connections, 1024),
		Watchers:    cmp.Or(l.Watchers, 256),
		Waiters:     cmp.Or(l.Waiters, 256),
	}
}

// places are a bounded number of places to stay in.
type places chan struct{}

func newPlaces(n int) places { return make(places, n) }

// take takes a place if one is free; leave gives it back.
func (p places) take() bool {
	select {
	case p <- struct{}{}:
		return true
	default:
		return false
	}
}

func (p places) leave() { <-p }

// journalTime is the context in which a request asks the journal.
func (s *Server) journalTime(r *http.Request) (context.Context, context.CancelFunc) {
	return context.WithTimeout(r.Context(), s.limits.Journal)
}
