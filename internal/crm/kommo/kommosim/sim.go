// Package kommosim is an account of amoCRM or Kommo in memory, for tests and
// for the demonstration: their API as far as calls need it, strict where their
// documents are clear, with a switch where they are not. It shares no code with
// the client, and knows no calls.
package kommosim

import (
	"encoding/json"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Options make an account.
type Options struct {
	// Now is the account's clock.
	Now func() time.Time
	// Kommo counts requests by address, and explains refusals in JSON with
	// retry_after; amoCRM counts them by integration and by account.
	Kommo bool
	// Token is a long-lived token; ClientID and the rest authorise by OAuth.
	Token                                     string
	ClientID, ClientSecret, RedirectURI, Code string
	// RefreshToken is one that was given before.
	RefreshToken string
	// PerSecond is how many requests an integration, or an address, may send; 0 is
	// seven.
	PerSecond int
	// LockAfter is after how many refusals the account is locked for good; 0 is
	// never.
	LockAfter int
	// GatewayMost is how many items the gateway waits for: a request with more is answered with
	// 504, though it has its effect; 0 is without bound.
	GatewayMost int
	Switches    Switches
	// Fault says what goes wrong with a request; nil is nothing ever.
	Fault func(r *http.Request) Fault
}

// Switches are what the documents leave open. The zero Switches are what they
// suggest.
type Switches struct {
	// WholeBatchFails refuses all calls of a batch when one finds nobody.
	WholeBatchFails bool
	// CallsAreNow ignores created_at of /calls.
	CallsAreNow bool
	// ValidOnesPass takes the sound items of a batch with an unsound one.
	ValidOnesPass bool
	// IndexNames names unsound items by their index though they have a request_id.
	IndexNames bool
	// HTML429 explains refusals in HTML; RetryAfter sends the header.
	HTML429, RetryAfter bool
	// SwapNumbers shows from and phone of an unsorted entry in each other's place.
	SwapNumbers bool
	// HideUniq shows neither uniq nor source_uid of an unsorted entry.
	HideUniq bool
	// HiddenRefuseNotes refuses notes on contacts that are not accepted yet.
	HiddenRefuseNotes bool
	// WholeNumbers finds a number only by all of its digits.
	WholeNumbers bool
	// NoUnsorted switches the unsorted off.
	NoUnsorted bool
}

// Sim is one account.
type Sim struct {
	options Options

	mu       sync.Mutex
	lastID   int64
	requests []Request
	refused  int
	locked   bool
	windows  map[string][]time.Time
	grants   grants
	entities map[string]map[int64]*Entity
	notes    []*Note
	unsorted []*Entry
	users    []User
	popups   []json.RawMessage
}

// Request is one that came, refused or not.
type Request struct {
	At     time.Time
	Method string
	Path   string
	Query  string
	// Items is how many elements the array of its body has, 0 without an array.
	Items  int
	Status int
}

// New makes an empty account with one user, 504141.
func New(o Options) *Sim {
	s := &Sim{options: o, lastID: 10000, windows: map[string][]time.Time{}, entities: map[string]map[int64]*Entity{}}
	for _, kind := range kinds {
		s.entities[kind] = map[int64]*Entity{}
	}
	if o.PerSecond == 0 {
		s.options.PerSecond = perSecond
	}
	s.grants = newGrants(&s.options)
	s.users = []User{{ID: 504141, Name: "Alice Adams", Active: true}}
	return s
}

// ServeHTTP answers one request, or breaks its connection off.
func (s *Sim) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, "/_sim") {
		s.show(w, r)
		return
	}
	a, ok := s.handle(r)
	if ok {
		a.writeTo(w)
		return
	}
	if h, can := w.(http.Hijacker); can {
		if conn, _, err := h.Hijack(); err == nil {
			conn.Close()
			return
		}
	}
	w.WriteHeader(http.StatusBadGateway)
}

func (s *Sim) answer(r *http.Request, items int) *answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.limit(r)
	if a == nil {
		a = s.route(r)
	}
	s.record(r, items, a.status)
	return a
}

func (s *Sim) record(r *http.Request, items, status int) {
	s.requests = append(s.requests, Request{s.options.Now(), r.Method, r.URL.Path, r.URL.RawQuery, items, status})
}

func (s *Sim) route(r *http.Request) *answer {
	path := strings.Trim(r.URL.Path, "/")
	if path == "oauth2/access_token" {
		return s.grant(r)
	}
	if a := s.authorise(r); a != nil {
		return a
	}
	path, v4 := strings.CutPrefix(path, "api/v4/")
	if !v4 {
		if path == "api/v2/events" && r.Method == http.MethodPost {
			return s.popup(r)
		}
		return missing()
	}
	handlers := map[string]func(*Sim, *http.Request) *answer{
		"GET account": (*Sim).account, "GET users": (*Sim).listUsers, "GET events": (*Sim).events,
		"POST calls": (*Sim).logCalls, "POST leads": (*Sim).addLeads,
		"POST leads/unsorted/sip": (*Sim).addUnsorted, "GET leads/unsorted": (*Sim).listUnsorted,
		"GET contacts": (*Sim).search, "GET companies": (*Sim).search, "POST contacts": (*Sim).addContacts, "POST companies": (*Sim).addContacts,
	}
	if h, ok := handlers[r.Method+" "+path]; ok {
		return h(s, r)
	}
	parts := strings.Split(path, "/")
	switch {
	case len(parts) == 2 && parts[1] == "notes" && s.entities[parts[0]] != nil:
		return s.routeNotes(r, parts[0])
	case len(parts) == 4 && strings.HasPrefix(path, "leads/unsorted/"):
		return s.decide(r, parts[2], parts[3])
	case path == "calls":
		return problem(http.StatusMethodNotAllowed, "Method not allowed")
	}
	return missing()
}

// id is a new id.
func (s *Sim) id() int64 {
	s.lastID++
	return s.lastID
}

// answer is what goes back.
type answer struct {
	status int
	header http.Header
	body   []byte
}

func (a *answer) writeTo(w http.ResponseWriter) {
	maps.Copy(w.Header(), a.header)
	w.Header().Set("X-Request-Id", "sim")
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body)
}

// object is JSON to be written.
type object map[string]any

func reply(status int, v any) *answer {
	body, err := json.Marshal(v)
	if err != nil {
		return page(http.StatusInternalServerError, "")
	}
	return &answer{status, http.Header{"Content-Type": {"application/hal+json"}}, body}
}

func page(status int, html string) *answer {
	return &answer{status, http.Header{"Content-Type": {"text/html; charset=utf-8"}}, []byte(html)}
}

func problem(status int, detail string) *answer {
	a := reply(status, object{
		"title": http.StatusText(status), "type": "https://httpstatus.es/" + strconv.Itoa(status), "status": status, "detail": detail,
	})
	a.header.Set("Content-Type", "application/problem+json")
	return a
}

func missing() *answer { return problem(http.StatusNotFound, "Cannot find what was asked for") }

func empty() *answer { return &answer{http.StatusNoContent, http.Header{}, nil} }
