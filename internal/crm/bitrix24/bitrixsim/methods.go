package bitrixsim

import (
	"errors"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"
)

// method is one method of the REST interface; do runs with the portal locked.
type method struct {
	appOnly bool
	scope   string
	do      func(p *Portal, c *caller, q params) (answer, *failure)
}

// methods by their names in lower case: the portal does not mind case.
var methods = map[string]method{
	"telephony.externalcall.register":          {true, "telephony", (*Portal).register},
	"telephony.externalcall.finish":            {true, "telephony", (*Portal).finish},
	"telephony.externalcall.attachrecord":      {false, "telephony", (*Portal).attach},
	"telephony.externalcall.show":              {false, "telephony", (*Portal).show},
	"telephony.externalcall.hide":              {false, "telephony", (*Portal).show},
	"telephony.externalcall.searchcrmentities": {false, "telephony", (*Portal).search},
	"telephony.externalline.add":               {true, "telephony", (*Portal).addLine},
	"telephony.externalline.get":               {true, "telephony", (*Portal).getLines},
	"voximplant.statistic.get":                 {false, "telephony", (*Portal).statistics},
	"user.get":                                 {false, "user_basic", (*Portal).getUsers},
	"tasks.task.add":                           {false, "task", (*Portal).addTask},
	"tasks.task.list":                          {false, "task", (*Portal).listTasks},
	"tasks.task.get":                           {false, "task", (*Portal).getTask},
	"tasks.task.complete":                      {false, "task", (*Portal).completeTask},
	"event.bind":                               {true, "", (*Portal).bind},
	"app.info":                                 {true, "", (*Portal).appInfo},
	"scope":                                    {false, "", (*Portal).scopes},
	"server.time":                              {false, "", (*Portal).serverTime},
}

// serveMethod answers /rest/….
func (p *Portal) serveMethod(r *http.Request, f Fault) (int, any) {
	q, err := readParams(r)
	if err != nil {
		return 400, envelopeOf(fail(400, "INVALID_REQUEST", err.Error()))
	}
	start := p.now()
	c, name, bad := p.identify(r, q, f)
	if bad == nil {
		bad = p.admit(r)
	}
	if bad != nil {
		p.count(bad)
		return bad.status, envelopeOf(bad)
	}
	if name == "batch" {
		result := p.batch(c, q)
		return 200, map[string]any{"result": result, "time": p.plainTime(start)}
	}
	a, bad := p.run(c, name, q)
	body := envelopeOf(bad)
	if bad == nil {
		body = map[string]any{"result": a.result}
		if a.listed {
			body["total"] = a.total
			if a.next > 0 {
				body["next"] = a.next
			}
		}
	}
	body["time"] = p.timeOf(c, name, start)
	if bad != nil {
		return bad.status, body
	}
	return 200, body
}

// run runs one method within its limits.
func (p *Portal) run(c *caller, name string, q params) (answer, *failure) {
	name = strings.ToLower(name)
	m, ok := methods[name]
	switch {
	case !ok:
		return answer{}, fail(404, "ERROR_METHOD_NOT_FOUND", "Method not found!")
	case m.scope != "" && !slices.Contains(strings.Split(c.scope, ","), m.scope):
		return answer{}, fail(403, "insufficient_scope", "The request requires higher privileges than provided by the webhook token")
	case m.appOnly && c.webhook && !p.opts.WebhookTelephony:
		return answer{}, fail(403, "WRONG_AUTH_TYPE", "Current authorization type is denied for this method")
	}
	if bad := p.operatingLeft(c, name); bad != nil {
		p.count(bad)
		return answer{}, bad
	}
	cost := p.costOf(name, q)
	p.opts.Work(cost)
	p.mu.Lock()
	defer p.mu.Unlock()
	a, bad := m.do(p, c, q)
	p.spend(c, name, cost)
	return a, bad
}

func (p *Portal) costOf(name string, q params) time.Duration {
	if name == "telephony.externalcall.attachrecord" && q.text("FILE_CONTENT") == "" && q.text("RECORD_URL") == "" {
		return 0 // only asks where to send the file
	}
	return p.opts.Costs[name]
}

func (p *Portal) count(bad *failure) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.refusals[bad.code]++
}

func envelopeOf(bad *failure) map[string]any {
	if bad == nil {
		return nil
	}
	return map[string]any{"error": bad.code, "error_description": bad.description}
}

// Transport carries requests to the portal without a network, whatever host
// they are for.
func (p *Portal) Transport() http.RoundTripper { return transport{p} }

type transport struct{ portal *Portal }

var errRefused = errors.New("connection refused")

// RoundTrip implements http.RoundTripper.
func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	in := r.Clone(r.Context())
	in.Host, in.RemoteAddr = r.URL.Host, "192.0.2.1:40000"
	rec := &recorder{header: make(http.Header), status: http.StatusOK}
	before := t.portal.faulted(Refuse)
	dropped := rec.serve(t.portal, in)
	switch {
	case r.Context().Err() != nil:
		return nil, r.Context().Err()
	case dropped && t.portal.faulted(Refuse) > before:
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: errRefused}
	case dropped:
		return nil, net.ErrClosed
	}
	return rec.response(r), nil
}

func (p *Portal) faulted(f Fault) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.faults[f]
}
