package api

import (
	"net/http"
	"slices"
	"strings"
)

// endpoint is one method of one path.
type endpoint struct {
	method string
	// path is a pattern of http.ServeMux, without a method.
	path string
	// adminOnly endpoints start or change something.
	adminOnly bool
	// parameters are the names taken in the query or body; others are refused.
	parameters []string
	answer     func(w http.ResponseWriter, r *http.Request, p *parameters)
}

// endpoints are all that ask for a log-in.
func (s *Server) endpoints() []endpoint {
	const get, post = http.MethodGet, http.MethodPost
	readCall := []string{"id", "start_date", "end_date", "pbx", "target", "dry_run", "force", "wait"}
	return []endpoint{
		{get, "/pbx/read_call", true, readCall, s.readCall},
		{post, "/pbx/read_call", true, readCall, s.readCall},
		{get, "/status", false, []string{"path"}, s.status},
		{get, "/api/v1/runs", false, []string{"limit", "before"}, s.listRuns},
		{get, "/api/v1/runs/{id}", false, nil, s.getRun},
		{post, "/api/v1/runs/{id}/cancel", true, nil, s.cancelRun},
		{post, "/api/v1/runs/{id}/retry", true, nil, s.retryRun},
		{get, "/api/v1/runs/{id}/calls", false, []string{"outcome", "limit", "before"}, s.runCalls},
		{get, "/api/v1/runs/{id}/events", false, nil, s.runEvents},
		{get, "/api/v1/calls", false, []string{"start_date", "end_date", "number", "direction", "result", "pbx", "limit", "before"}, s.listCalls},
		{get, "/api/v1/calls/{id}", false, []string{"pbx", "explain"}, s.getCall},
		{get, "/api/v1/openapi.json", false, nil, s.openAPI},
	}
}

// probes are the paths that ask for no log-in and take any parameters.
func (s *Server) probes() map[string]http.Handler {
	p := map[string]http.Handler{
		"/healthz": http.HandlerFunc(s.healthz),
		"/readyz":  http.HandlerFunc(s.readyz),
	}
	if s.config.MetricsListen == "" {
		p["/metrics"] = s.metricsHandler()
	}
	return p
}

// routes joins everything that the server answers.
func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	if !s.config.NoAPI {
		s.routePrivate(mux)
	}
	for path, handler := range s.probes() {
		mux.Handle(path, probe(path, handler))
	}
	mux.Handle("/", s.pages())
	return mux
}

// routePrivate adds what asks for a log-in.
func (s *Server) routePrivate(mux *http.ServeMux) {
	byPath := map[string][]endpoint{}
	for _, e := range s.endpoints() {
		byPath[e.path] = append(byPath[e.path], e)
	}
	for path, all := range byPath {
		mux.Handle(path, s.private(path, s.dispatch(all)))
	}
	unknown := s.private("none", http.HandlerFunc(notFound))
	mux.Handle("/pbx/", unknown)
	mux.Handle("/api/", unknown)
}

// metricsOnly is what the address of the metrics answers.
func (s *Server) metricsOnly() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/metrics", probe("/metrics", s.metricsHandler()))
	mux.HandleFunc("/", notFound)
	return mux
}

// private lets only those through who are logged in.
func (s *Server) private(route string, next http.Handler) http.Handler {
	guarded := s.config.LogIn(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		exchangeOf(r.Context()).account = s.config.Account(r.Context()).Name
		next.ServeHTTP(w, r)
	}))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		exchangeOf(r.Context()).route = route
		guarded.ServeHTTP(w, r)
	})
}

// probe answers GET and HEAD of machines that ask every few seconds.
func probe(route string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		e := exchangeOf(r.Context())
		e.route, e.quiet = route, true
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			refuseMethod(w, r, "GET, HEAD")
			return
		}
		next.ServeHTTP(w, r)
	})
}

// dispatch picks the endpoint of one path by method, and gives it parameters
// that were read whole.
func (s *Server) dispatch(all []endpoint) http.Handler {
	allow := allowed(all)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		method := r.Method
		if method == http.MethodHead && slices.Contains(allow, method) {
			method = http.MethodGet
		}
		i := slices.IndexFunc(all, func(e endpoint) bool { return e.method == method })
		if i < 0 {
			refuseMethod(w, r, strings.Join(allow, ", "))
			return
		}
		e := all[i]
		if e.adminOnly {
			if refusal := s.refuseStranger(r); refusal != nil {
				WriteProblem(w, *refusal)
				return
			}
		}
		p, refusal := readParameters(r, e.parameters...)
		if refusal != nil {
			WriteProblem(w, *refusal)
			return
		}
		e.answer(w, r, p)
	})
}

// allowed are the methods for the Allow header. HEAD goes with GET only where
// GET changes nothing, and where the answer has an end.
func allowed(all []endpoint) []string {
	var methods []string
	for _, e := range all {
		methods = append(methods, e.method)
		if e.method == http.MethodGet && !e.adminOnly && !strings.HasSuffix(e.path, "/events") {
			methods = append(methods, http.MethodHead)
		}
	}
	return methods
}

// refuseStranger refuses accounts that may only look, and requests that
// another web site made a browser send with the credentials it keeps.
func (s *Server) refuseStranger(r *http.Request) *Problem {
	if account := s.config.Account(r.Context()); !account.Admin {
		return &Problem{Status: http.StatusForbidden, Detail: "the account " + account.Name +
			" may look at calls and runs, but not start or change anything; ask an administrator, or log in as one"}
	}
	crossed := r.Header.Get("Sec-Fetch-Site") == "cross-site"
	if crossed || http.NewCrossOriginProtection().Check(r) != nil {
		return &Problem{Status: http.StatusForbidden, Detail: "the request came from a page of another web site; open the address itself"}
	}
	return nil
}

func refuseMethod(w http.ResponseWriter, r *http.Request, allow string) {
	w.Header().Set("Allow", allow)
	WriteProblem(w, Problem{Status: http.StatusMethodNotAllowed, Detail: "this address does not take " + shorten(r.Method) + "; it takes " + allow})
}

func notFound(w http.ResponseWriter, _ *http.Request) {
	WriteProblem(w, Problem{Status: http.StatusNotFound, Detail: "there is nothing at this address; /api/v1/openapi.json lists what there is"})
}

// pages are those of others, or nothing.
func (s *Server) pages() http.Handler {
	if s.config.Pages == nil {
		return http.HandlerFunc(notFound)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		exchangeOf(r.Context()).route = "pages"
		s.config.Pages.ServeHTTP(w, r)
	})
}
