package api

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// wire is a listener without a network, so that a server can be tested with a
// clock that runs as fast as the test.
type wire struct {
	arriving chan net.Conn
	closed   chan struct{}
	once     sync.Once
}

func newWire() *wire { return &wire{arriving: make(chan net.Conn), closed: make(chan struct{})} }

func (l *wire) Accept() (net.Conn, error) {
	select {
	case c := <-l.arriving:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *wire) Close() error   { l.once.Do(func() { close(l.closed) }); return nil }
func (l *wire) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 8077} }

// dial waits until the server has taken the connection.
func (l *wire) dial(t *testing.T) *client {
	near, far := net.Pipe()
	t.Cleanup(func() { _ = near.Close() })
	l.arriving <- far
	return &client{Conn: near, in: bufio.NewReader(near), t: t}
}

// client is one connection, on which a test says every byte itself.
type client struct {
	net.Conn
	in *bufio.Reader
	t  *testing.T
}

// say sends lines of a head; an empty one ends it.
func (c *client) say(lines ...string) {
	if _, err := io.WriteString(c, strings.Join(lines, "\r\n")+"\r\n"); err != nil {
		c.t.Errorf("the server does not read: %v", err)
	}
}

func (c *client) get(path string) {
	c.say("GET "+path+" HTTP/1.1", "Host: x", "Test-Account: admin", "")
}

// drip sends a piece every second until the server closes the connection, and
// closes what it returns then.
func (c *client) drip(piece string) <-chan struct{} {
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			if _, err := io.WriteString(c, piece); err != nil {
				return
			}
			<-time.After(time.Second)
		}
	}()
	return done
}

// answer is the head of an answer, with what follows.
type answer struct {
	StatusCode int
	Header     http.Header
	Body       io.Reader
}

// answer reads the head of an answer. The body needs no closing: the test
// closes the connection.
func (c *client) answer() answer {
	r, err := http.ReadResponse(c.in, nil) //nolint:bodyclose // as said above
	if err != nil {
		c.t.Fatalf("no answer: %v", err)
	}
	return answer{r.StatusCode, r.Header, r.Body}
}

func (c *client) body(r answer) string {
	b, err := io.ReadAll(r.Body)
	if err != nil {
		c.t.Errorf("the body was cut off: %v", err)
	}
	return string(b)
}

// onTheWire runs a test against a serving server, in a bubble where time
// passes only when everybody waits. end tells the server to end, and waits for it.
func onTheWire(t *testing.T, test func(t *testing.T, h *house, l *wire, end func()), changes ...func(*Config)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, changes...)
		l := newWire()
		h.listeners = []listening{{h.newHTTPServer(h.Handler(), nil), l}}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			if err := h.Serve(ctx); err != nil {
				t.Errorf("the server did not end in order: %v", err)
			}
		}()
		end := func() {
			cancel()
			<-done
		}
		test(t, h, l, end)
		end()
	})
}
