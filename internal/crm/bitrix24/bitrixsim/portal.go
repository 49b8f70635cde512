package bitrixsim

import (
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Portal is a simulated portal.
type Portal struct {
	opts Options

	mu       sync.Mutex
	requests int
	refusals map[string]int
	faults   map[Fault]int
	used     map[string]float64
	buckets  map[string]*leaky
	windows  map[string][]bucket

	access   map[string]*accessToken
	refresh  map[string]*refreshToken
	issued   int
	webhooks map[string]int64
	renamed  map[string]string

	users      []User
	clients    []Client
	lines      map[string]bool
	calls      []*Call
	rows       int
	entities   int
	activities int
	files      map[string]int
	nextFile   int
	bound      []binding
	tasks      []*Task
	lastTask   int
}

// User is an employee of the portal.
type User struct {
	ID       int64
	Inner    string
	Active   bool
	External bool
}

// Client is somebody whom the CRM knows.
type Client struct {
	Type  string
	ID    int
	Phone string
	// Responsible is a user; Made says that a call made the entity, and Source is
	// what it was told as CRM_SOURCE.
	Responsible int64
	Made        bool
	Source      string
}

// New opens a portal with one user, 1, the administrator.
func New(o Options) *Portal {
	o.fill()
	return &Portal{
		opts: o, refusals: make(map[string]int), faults: make(map[Fault]int), used: make(map[string]float64),
		buckets: make(map[string]*leaky), windows: make(map[string][]bucket),
		access: make(map[string]*accessToken), refresh: make(map[string]*refreshToken),
		webhooks: make(map[string]int64), renamed: make(map[string]string),
		lines: make(map[string]bool), files: make(map[string]int),
		users: []User{{ID: 1, Active: true}}, rows: 0, entities: 600, activities: 7900, nextFile: 9000, lastTask: 8000,
	}
}

// AddUser adds an employee; a second one with an id replaces the first.
func (p *Portal) AddUser(u User) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := range p.users {
		if p.users[i].ID == u.ID {
			p.users[i] = u
			return
		}
	}
	p.users = append(p.users, u)
}

// AddClient makes a client known to the CRM.
func (p *Portal) AddClient(c Client) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.clients = append(p.clients, c)
}

// AddWebhook makes an incoming webhook of a user; its address is
// /rest/<user>/<code>/.
func (p *Portal) AddWebhook(user int64, code string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.webhooks[code] = user
}

// Rename answers requests to one host with a redirection to another.
func (p *Portal) Rename(from, to string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.renamed[strings.ToLower(from)] = to
}

// caller is who makes a request.
type caller struct {
	app     string // budgets are kept by it
	user    int64
	webhook bool
	scope   string
	token   string
	scheme  string
	host    string
}

// failure is an error as the portal answers it.
type failure struct {
	status            int
	code, description string
}

func fail(status int, code, description string) *failure { return &failure{status, code, description} }

// core is an error of the telephony methods.
func (p *Portal) core(description string) *failure {
	code := "ERROR_CORE"
	if p.opts.EmptyCode {
		code = ""
	}
	return fail(p.opts.ErrorStatus, code, description)
}

// answer is what goes into the envelope.
type answer struct {
	result any
	total  int
	next   int
	listed bool
}

// ServeHTTP implements http.Handler.
func (p *Portal) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch path := r.URL.Path; {
	case path == "/":
		p.page(w)
	case path == "/state.json":
		write(w, http.StatusOK, p.State())
	case path == "/oauth/token/" || path == "/oauth/token":
		p.serveFaulty(w, r, "oauth", p.serveToken)
	case strings.HasPrefix(path, "/rest/upload.json"):
		p.serveFaulty(w, r, "upload", p.serveUpload)
	case strings.HasPrefix(path, "/rest/"):
		rest := strings.TrimSuffix(strings.ToLower(path[strings.LastIndexByte(path, '/')+1:]), ".json")
		p.serveFaulty(w, r, rest, p.serveMethod)
	default:
		http.NotFound(w, r)
	}
}

// handler answers a request; the answer is written only after faults had their
// say.
type handler func(r *http.Request, f Fault) (status int, body any)

func (p *Portal) serveFaulty(w http.ResponseWriter, r *http.Request, method string, h handler) {
	if to, ok := p.movedTo(r); ok {
		w.Header().Set("Location", to)
		w.WriteHeader(http.StatusFound)
		return
	}
	f := p.fault(method)
	var status int
	var body any
	if f.commits() || f == Expire {
		status, body = h(r, f)
	}
	switch f {
	case NoFault, Expire:
		write(w, status, body)
	case TimeOut:
		<-r.Context().Done()
		panic(http.ErrAbortHandler) //nolint:forbidigo // how net/http lets a handler drop the connection
	case DropBefore, DropAfter, Refuse:
		panic(http.ErrAbortHandler) //nolint:forbidigo // how net/http lets a handler drop the connection
	case ErrorBefore, ErrorAfter:
		write(w, http.StatusInternalServerError, map[string]any{"error": "INTERNAL_SERVER_ERROR", "error_description": "Internal server error"})
	case Overload:
		write(w, http.StatusServiceUnavailable, map[string]any{"error": "OVERLOAD_LIMIT", "error_description": "REST API is blocked due to overload"})
	case HTMLBefore, HTMLAfter:
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(http.StatusBadGateway)
		_, _ = w.Write([]byte("<html><body><h1>502 Bad Gateway</h1></body></html>"))
	}
}

func (p *Portal) fault(method string) Fault {
	p.mu.Lock()
	p.requests++
	request := Request{N: p.requests, Method: method, Now: p.opts.Now()}
	p.mu.Unlock()
	if p.opts.Fault == nil {
		return NoFault
	}
	f := p.opts.Fault(request)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.faults[f]++
	return f
}

func (p *Portal) movedTo(r *http.Request) (string, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	to, ok := p.renamed[strings.ToLower(r.Host)]
	if !ok {
		return "", false
	}
	u := *r.URL
	u.Host = to
	u.Scheme = schemeOf(r)
	return u.String(), true
}

func schemeOf(r *http.Request) string {
	switch {
	case r.URL.Scheme != "":
		return r.URL.Scheme
	case r.TLS != nil:
		return "https"
	}
	return "http"
}

func write(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // nobody is left to tell when the reader has gone
}

func (p *Portal) now() time.Time { return p.opts.Now() }
