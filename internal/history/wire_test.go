package history

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"sync"
)

// wire carries a life's requests to the CRM until it is cut.
type wire struct {
	world *world
	once  sync.Once
	dead  chan struct{}
}

// cut lets nothing through any more, and no answer back.
func (w *wire) cut() { w.once.Do(func() { close(w.dead) }) }

func (w *wire) isCut() bool {
	select {
	case <-w.dead:
		return true
	default:
		return false
	}
}

// RoundTrip implements http.RoundTripper.
func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	if w.isCut() {
		return nil, errKilled
	}
	if no := w.world.crm.refused(r); no != nil {
		return no, nil
	}
	fate := live
	// Whoever is killed while it renews a token keeps the next one waiting for minutes: with the
	// first request of each life, all of a storm.
	if !strings.Contains(r.URL.Path, "oauth") || w.world.one(4) {
		fate = w.world.fate()
	}
	if fate == dieBefore {
		<-w.dead
		return nil, errKilled
	}
	sent, err := readAll(&r.Body)
	if err != nil {
		return nil, err
	}
	got, err := w.world.crm.transport().RoundTrip(r)
	if err == nil {
		var answered []byte
		if answered, err = readAll(&got.Body); err != nil {
			return nil, err
		}
		w.world.observe(r, sent, got.StatusCode, answered)
	}
	if fate == dieAfter {
		<-w.dead
	}
	if w.isCut() {
		return nil, errKilled
	}
	return got, err
}

// readAll reads a body and puts it back.
func readAll(body *io.ReadCloser) ([]byte, error) {
	if *body == nil {
		return nil, nil
	}
	b, err := io.ReadAll(*body)
	(*body).Close()
	*body = io.NopCloser(bytes.NewReader(b))
	return b, err
}

// heard is what a handler answered.
type heard struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (h *heard) Header() http.Header { return h.header }

func (h *heard) WriteHeader(status int) { h.status = status }

func (h *heard) Write(b []byte) (int, error) {
	if h.status == 0 {
		h.status = http.StatusOK
	}
	return h.body.Write(b)
}
