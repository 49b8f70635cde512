package kommosim

import (
	"bytes"
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"maps"
	"net/http"
	"net/http/httptrace"
	"slices"
	"strconv"
	"time"
)

// Holdings are what an account holds.
type Holdings struct {
	Contacts  []Entity          `json:"contacts"`
	Companies []Entity          `json:"companies"`
	Leads     []Entity          `json:"leads"`
	Customers []Entity          `json:"customers"`
	Notes     []Note            `json:"notes"`
	Unsorted  []Entry           `json:"unsorted"`
	Users     []User            `json:"users"`
	Popups    []json.RawMessage `json:"popups"`
	Requests  int               `json:"requests"`
	// Items is how many elements the arrays of requests had, Most those of the longest.
	Items   int  `json:"items"`
	Most    int  `json:"most_items"`
	Refused int  `json:"refused"`
	Locked  bool `json:"locked"`
}

// Holdings are a copy of what the account holds, which later requests leave
// alone.
func (s *Sim) Holdings() Holdings {
	s.mu.Lock()
	defer s.mu.Unlock()
	h := Holdings{Users: slices.Clone(s.users), Popups: slices.Clone(s.popups), Requests: len(s.requests), Refused: s.refused, Locked: s.locked}
	for _, r := range s.requests {
		h.Items, h.Most = h.Items+r.Items, max(h.Most, r.Items)
	}
	for kind, into := range map[string]*[]Entity{"contacts": &h.Contacts, "companies": &h.Companies, "leads": &h.Leads, "customers": &h.Customers} {
		for _, e := range s.sorted(kind) {
			*into = append(*into, *e)
		}
	}
	for _, n := range s.notes {
		note := *n
		note.Params = maps.Clone(n.Params)
		h.Notes = append(h.Notes, note)
	}
	for _, e := range s.unsorted {
		h.Unsorted = append(h.Unsorted, *e)
	}
	return h
}

var overview = template.Must(template.New("overview").Funcs(template.FuncMap{
	"when": func(unix int64) string { return time.Unix(unix, 0).UTC().Format("2006-01-02 15:04:05") },
	"text": func(v any) string { return fmt.Sprint(v) },
}).Parse(`<!doctype html><html lang="en"><meta charset="utf-8"><title>Simulated Kommo account</title>
<style>body{font:15px sans-serif;margin:2em}table{border-collapse:collapse;margin-bottom:2em}td,th{border:1px solid #ccc;padding:.3em .6em;text-align:left}</style>
<h1>Simulated Kommo account</h1>
<p>{{len .Notes}} calls, {{len .Unsorted}} unsorted, {{.Requests}} requests with {{.Items}} items to write, {{.Most}} in one at the most, {{.Refused}} refused by limits{{if .Locked}}, locked{{end}}. <a href="/_sim/state.json">JSON</a></p>
<h2>Calls</h2><table><tr><th>Start, UTC<th>Type<th>Phone<th>Seconds<th>Status<th>Result<th>On<th>User<th>Recording<th>Key</tr>
{{range .Notes}}<tr><td>{{when .CreatedAt}}<td>{{.Type}}<td>{{text .Params.phone}}<td>{{text .Params.duration}}<td>{{text .Params.call_status}}<td>{{text .Params.call_result}}<td>{{.Kind}} {{.Entity}}<td>{{.Responsible}}<td>{{if .Params.link}}<a href="{{.Params.link}}">listen</a>{{end}}<td>{{text .Params.uniq}}</tr>
{{end}}</table>
<h2>Unsorted</h2><table><tr><th>Start, UTC<th>From<th>To<th>Seconds<th>Key</tr>
{{range .Unsorted}}<tr><td>{{when .CreatedAt}}<td>{{text .Metadata.from}}<td>{{text .Metadata.phone}}<td>{{text .Metadata.duration}}<td>{{.SourceUID}}</tr>
{{end}}</table>
<h2>Contacts</h2><table><tr><th>Id<th>Name<th>Phones<th>User</tr>
{{range .Contacts}}<tr><td>{{.ID}}<td>{{.Name}}{{if .Hidden}} (not accepted yet){{end}}<td>{{range .Phones}}{{.}} {{end}}<td>{{.Responsible}}</tr>
{{end}}</table></html>`))

// show serves what the account holds, as a page or as JSON.
func (s *Sim) show(w http.ResponseWriter, r *http.Request) {
	h := s.Holdings()
	if r.URL.Path == "/_sim/state.json" {
		w.Header().Set("Content-Type", "application/json")
		if err := json.NewEncoder(w).Encode(h); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
		return
	}
	var b bytes.Buffer
	if err := overview.Execute(&b, h); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write(b.Bytes())
}

// Transport carries requests to the account without a network, as tests on a
// virtual clock need it. A connection that breaks is io.ErrUnexpectedEOF.
func (s *Sim) Transport() http.RoundTripper { return transport{s} }

type transport struct{ sim *Sim }

// RoundTrip hands the request over.
func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	if trace := httptrace.ContextClientTrace(r.Context()); trace != nil && trace.GotConn != nil {
		trace.GotConn(httptrace.GotConnInfo{})
	}
	if r.Body == nil {
		r.Body = http.NoBody
	}
	defer r.Body.Close()
	if r.RemoteAddr == "" {
		r = r.Clone(r.Context())
		r.RemoteAddr = "192.0.2.1:40000"
	}
	a, ok := t.sim.handle(r)
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	if !ok {
		return nil, io.ErrUnexpectedEOF
	}
	header := a.header.Clone()
	header.Set("X-Request-Id", "sim")
	return &http.Response{
		Status: strconv.Itoa(a.status) + " " + http.StatusText(a.status), StatusCode: a.status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: header, Body: io.NopCloser(bytes.NewReader(a.body)), ContentLength: int64(len(a.body)), Request: r,
	}, nil
}
