package bitrixsim

import (
	"html/template"
	"maps"
	"net/http"
	"slices"
)

// State is what a portal holds.
type State struct {
	// Calls are the finished ones, in the order of finishing.
	Calls []Call `json:"calls"`
	// Unfinished is how many registrations were never finished.
	Unfinished int      `json:"unfinished"`
	Clients    []Client `json:"clients"`
	Tasks      []Task   `json:"tasks"`
	// Requests counts all, Refusals those refused by code, Used the seconds that
	// methods worked.
	Requests int                `json:"requests"`
	Refusals map[string]int     `json:"refusals"`
	Used     map[string]float64 `json:"used"`
	// Tokens is how many were issued, Files how often a call's
	// recording was taken.
	Tokens int            `json:"tokens"`
	Files  map[string]int `json:"files"`
}

// State copies what the portal holds.
func (p *Portal) State() State {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := State{
		Clients: slices.Clone(p.clients), Requests: p.requests, Refusals: maps.Clone(p.refusals), Used: maps.Clone(p.used),
		Tokens: p.issued, Files: maps.Clone(p.files),
	}
	for _, c := range p.calls {
		if c.ID == 0 {
			s.Unfinished++
			continue
		}
		s.Calls = append(s.Calls, *c)
	}
	for _, t := range p.tasks {
		s.Tasks = append(s.Tasks, *t)
	}
	slices.SortFunc(s.Calls, func(a, b Call) int { return a.ID - b.ID })
	return s
}

var page = template.Must(template.New("state").Parse(`<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Simulated Bitrix24</title>
<style>body{font:14px system-ui;margin:2em}table{border-collapse:collapse}td,th{padding:.3em .7em;border-bottom:1px solid #ddd;text-align:left}</style></head>
<body><h1>Simulated Bitrix24</h1>
<p>{{len .Calls}} calls, {{.Unfinished}} registered only, {{.Requests}} requests{{range $code, $n := .Refusals}}, {{$n}} refused with {{$code}}{{end}}. <a href="/state.json">As JSON</a>.</p>
<table><tr><th>Start<th>Direction<th>Client<th>User<th>Seconds<th>Status<th>Line<th>Entity<th>Recording<th>Key</tr>
{{range .Calls}}<tr><td>{{.Start}}<td>{{if eq .Type 2}}incoming{{else}}outgoing{{end}}<td>{{.Phone}}<td>{{.FinishedUser}}<td>{{.Duration}}<td>{{.Status}}<td>{{.Line}}<td>{{.EntityType}} {{if .Entity}}{{.Entity}}{{end}}<td title="{{.FileSHA256}}">{{.FileName}}<td>{{.External}}</tr>
{{end}}</table>
{{if .Tasks}}<h2>Tasks</h2>
<table><tr><th>Task<th>User<th>Deadline<th>Status<th>Entities<th>Key</tr>
{{range .Tasks}}<tr><td title="{{.Description}}">{{.Title}}<td>{{.Responsible}}<td>{{.Deadline}}<td>{{if eq .Status 5}}completed{{else}}open{{end}}<td>{{range .CRM}}{{.}} {{end}}<td>{{.XMLID}}</tr>
{{end}}</table>
{{end}}{{range .Clients}}{{if .Made}}{{if .Source}}<p>{{.Type}} {{.ID}} was made with the source {{.Source}}.</p>
{{end}}{{end}}{{end}}</body></html>
`))

func (p *Portal) page(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_ = page.Execute(w, p.State()) // nobody is left to tell when the reader has gone
}
