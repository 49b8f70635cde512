package kommosim

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"time"
)

// Fault is what goes wrong with a request.
type Fault struct {
	// Drop closes the connection, Status answers it with HTML: before the request
	// has its effect, or After.
	Drop   bool
	Status int
	After  bool
	// Slow is how long the answer takes besides.
	Slow time.Duration
}

// Break says what goes wrong from now on.
func (s *Sim) Break(fault func(r *http.Request) Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.options.Fault = fault
}

// handle answers a request; false means that the connection breaks.
func (s *Sim) handle(r *http.Request) (*answer, bool) {
	var fault Fault
	items, ok := unpack(r)
	if !ok {
		return nil, false
	}
	s.mu.Lock()
	if s.options.Fault != nil {
		fault = s.options.Fault(r)
	}
	if most := s.options.GatewayMost; !fault.Drop && fault.Status == 0 && most > 0 && items > most {
		fault.Status, fault.After = http.StatusGatewayTimeout, true
	}
	s.mu.Unlock()
	if fault.Slow > 0 {
		select {
		case <-time.After(fault.Slow):
		case <-r.Context().Done():
			return nil, false
		}
	}
	broken := fault.Drop || fault.Status != 0
	if broken && !fault.After {
		return s.lose(r, items, fault)
	}
	a := s.answer(r, items)
	if broken && a.status < 400 {
		return s.lose(r, items, fault)
	}
	return a, true
}

// unpack counts the items of a request, which can be read again; false means that it
// was cut off.
func unpack(r *http.Request) (items int, ok bool) {
	if r.Body == nil {
		return 0, true
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, 16<<20))
	if err != nil {
		return 0, false
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	var all []json.RawMessage
	if json.Unmarshal(body, &all) != nil {
		return 0, true
	}
	return len(all), true
}

// lose loses the answer; a request that never was handled counts all the same.
func (s *Sim) lose(r *http.Request, items int, f Fault) (*answer, bool) {
	if !f.After {
		s.mu.Lock()
		if a := s.limit(r); a != nil {
			f = Fault{Status: a.status}
		}
		s.record(r, items, f.Status)
		s.mu.Unlock()
	}
	if f.Drop {
		return nil, false
	}
	return page(f.Status, "<html><body><h1>"+http.StatusText(f.Status)+"</h1></body></html>"), true
}
