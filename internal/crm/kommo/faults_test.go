package kommo_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"ringback/internal/call"
	"ringback/internal/config"
	"ringback/internal/crm"
	"ringback/internal/crm/kommo"
	"ringback/internal/crm/kommo/kommosim"
)

// broken is a fault of the first request of a kind.
func broken(method, path string, f kommosim.Fault) func(*http.Request) kommosim.Fault {
	done := false
	return func(r *http.Request) kommosim.Fault {
		if done || r.Method != method || !strings.HasSuffix(r.URL.Path, path) {
			return kommosim.Fault{}
		}
		done = true
		return f
	}
}

// switches are the account as the documents suggest, and each open point the
// other way.
var switches = map[string]kommosim.Switches{
	"as documented":                   {},
	"a whole batch fails":             {WholeBatchFails: true},
	"created_at of calls is ignored":  {CallsAreNow: true},
	"sound items of a batch pass":     {ValidOnesPass: true},
	"429 in HTML":                     {HTML429: true},
	"429 with Retry-After":            {RetryAfter: true},
	"numbers of unsorted are swapped": {SwapNumbers: true},
	"uniq of unsorted is not shown":   {HideUniq: true, SwapNumbers: true},
	"no notes on hidden contacts":     {HiddenRefuseNotes: true},
	"whole numbers are found only":    {WholeNumbers: true},
	"no unsorted":                     {NoUnsorted: true},
}

var allFaults = map[string]kommosim.Fault{
	"dropped before":  {Drop: true},
	"dropped after":   {Drop: true, After: true},
	"500 before":      {Status: 500},
	"500 after":       {Status: 500, After: true},
	"502 HTML before": {Status: 502},
	"504 HTML after":  {Status: 504, After: true},
}

// Every request with an effect is lost once, before and after its effect, in
// every position of every switch: the call is there once.
func TestALostAnswerNeitherLosesNorRepeatsACall(t *testing.T) {
	for _, test := range []struct {
		name, method, path string
		past               bool
		policy             config.UnknownCallers
		known              bool
		call               func() *call.Call
	}{
		{"a note", "POST", "/contacts/notes", true, config.Unsorted, true, func() *call.Call { return incoming("1.1", "79161234567", start) }},
		{"a live call", "POST", "/calls", false, config.Unsorted, true, func() *call.Call { return incoming("1.1", "79161234567", start) }},
		{"an entry", "POST", "/unsorted/sip", true, config.Unsorted, false, func() *call.Call { return incoming("1.1", "79161234567", start) }},
		{"a contact", "POST", "/contacts", true, config.Contact, false, func() *call.Call { return outgoing("1.1", "79161234567", start) }},
		{"a question", "GET", "/contacts", true, config.Unsorted, true, func() *call.Call { return incoming("1.1", "79161234567", start) }},
		{"the users", "GET", "/users", true, config.Unsorted, true, func() *call.Call { return incoming("1.1", "79161234567", start) }},
	} {
		for fault, f := range allFaults {
			for position, s := range switches {
				t.Run(test.name+", "+fault+", "+position, func(t *testing.T) {
					b := newBench(t, kommosim.Options{Switches: s, Fault: broken(test.method, test.path, f)}, func(s *kommo.Settings) { s.UnknownCallers = test.policy })
					if test.known {
						client := b.sim.AddClient("contacts", "Client", "79161234567")
						b.sim.Attach("contacts", client, "leads", false)
					}
					d := b.parcels(test.past, test.call())[0]
					for range 40 {
						if d.over {
							break
						}
						if d.uncertain {
							b.restart() // what is not in the memo is forgotten
						}
						b.to(d.due)
						b.advance(d)
					}
					if calls := b.calls(); len(calls) != 1 || calls["main-1.1"].Phone == "" {
						t.Errorf("the account has %v; the last failure: %v", calls, d.failure)
					}
					if h := b.sim.Holdings(); len(h.Contacts) != 1 {
						t.Errorf("there are %d contacts, want 1", len(h.Contacts))
					}
				})
			}
		}
	}
}

func TestEachAnswerHasItsTreatment(t *testing.T) {
	now := newClock().Now()
	for _, test := range []struct {
		name   string
		status int
		header http.Header
		body   string
		// get and post are the classes for a question and for a note.
		get, post crm.Class
		until     time.Time
		hint      string
	}{
		{"bad request", 400, nil, `{"title":"Bad Request","status":400,"detail":"no"}`, crm.Refused, crm.Refused, time.Time{}, ""},
		{"dead token", 401, nil, `{"title":"Unauthorized"}`, crm.Blocked, crm.Blocked, time.Time{}, "make a new one"},
		{"unpaid", 402, nil, "", crm.Blocked, crm.Blocked, time.Time{}, "pay it"},
		{"locked", 403, nil, "<html>403</html>", crm.Blocked, crm.Blocked, time.Time{}, "support"},
		{"unprocessable", 422, nil, `{"detail":"Limit 250 per page"}`, crm.Refused, crm.Refused, time.Time{}, ""},
		{"method", 405, nil, "", crm.Refused, crm.Refused, time.Time{}, ""},
		{"too early", 425, nil, "", crm.Unavailable, crm.Unavailable, time.Time{}, ""},
		{"time out", 408, nil, "", crm.Unavailable, crm.Uncertain, time.Time{}, ""},
		{"429 with retry_after", 429, nil, `{"retry_after":300}`, crm.Throttled, crm.Throttled, now.Add(300 * time.Second), ""},
		{"429 with a text in retry_after", 429, nil, `{"retry_after":"30"}`, crm.Throttled, crm.Throttled, now.Add(30 * time.Second), ""},
		{"429 with Retry-After", 429, http.Header{"Retry-After": {"17"}}, "<html>", crm.Throttled, crm.Throttled, now.Add(17 * time.Second), ""},
		{"429 with a date", 429, http.Header{"Retry-After": {now.Add(time.Minute).Format(http.TimeFormat)}}, "", crm.Throttled, crm.Throttled, now.Add(time.Minute), ""},
		{"429 with nothing", 429, nil, "<html>Too Many</html>", crm.Throttled, crm.Throttled, now.Add(time.Second), ""},
		{"500 with a trace", 500, nil, `{"trace_id":"x"}`, crm.Unavailable, crm.Uncertain, time.Time{}, ""},
		{"502 in HTML", 502, nil, "<html>", crm.Unavailable, crm.Uncertain, time.Time{}, ""},
		{"503 with Retry-After", 503, http.Header{"Retry-After": {"60"}}, "", crm.Unavailable, crm.Uncertain, now.Add(time.Minute), ""},
		{"504", 504, nil, "", crm.Unavailable, crm.Uncertain, time.Time{}, ""},
		{"moved", 302, http.Header{"Location": {"https://example.kommo.com/api?long-lived-secret"}}, "", crm.Blocked, crm.Blocked, time.Time{}, "example.kommo.com"},
		{"success that is no JSON", 200, nil, "<html>maintenance</html>", crm.Unavailable, crm.Uncertain, time.Time{}, ""},
		{"an endless answer", 200, nil, strings.Repeat(" ", 9<<20), crm.Unavailable, crm.Uncertain, time.Time{}, ""},
		{"success that names nothing", 200, nil, "{}", 255, crm.Uncertain, time.Time{}, ""},
		{"a secret sent back", 400, nil, `{"detail":"bad long-lived-secret"}`, crm.Refused, crm.Refused, time.Time{}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			for step, want := range map[string]crm.Class{"find": test.get, "note": test.post} {
				b := newBench(t, kommosim.Options{}, func(s *kommo.Settings) {
					s.Users = nil
					s.Transport = canned{test.status, test.header, test.body}
				})
				d := b.parcels(true, incoming("1.1", "79161234567", start))[0]
				if step == "note" {
					d.memo = crm.Memo(`{"kind":"contacts","id":5,"gone":2,"user":0}`)
				}
				b.advance(d)
				e := d.failure
				switch {
				case want == 255 && e == nil:
				case e == nil:
					t.Errorf("%s succeeds", step)
				case e.Class != want || !e.Until.Equal(test.until) || !strings.Contains(e.Hint, test.hint):
					t.Errorf("%s is %v until %v: %v; want %v until %v and the hint %q", step, e.Class, e.Until, e, want, test.until, test.hint)
				}
			}
		})
	}
}

// canned answers everything alike.
type canned struct {
	status int
	header http.Header
	body   string
}

func (c canned) RoundTrip(r *http.Request) (*http.Response, error) {
	header := c.header.Clone()
	if header == nil {
		header = http.Header{}
	}
	return &http.Response{StatusCode: c.status, Header: header, Body: io.NopCloser(strings.NewReader(c.body)), Request: r}, nil
}

func TestRefusalsWithoutAWordAreAnsweredWithLongerAndLongerPauses(t *testing.T) {
	b := newBench(t, kommosim.Options{}, func(s *kommo.Settings) { s.Users, s.Transport = nil, canned{429, nil, "<html>"} })
	d := b.parcels(true, incoming("1.1", "79161234567", start))[0]
	for _, want := range []time.Duration{1, 2, 4, 8, 16} {
		b.to(d.due)
		now := b.Now()
		b.advance(d)
		if got := d.failure.Until.Sub(b.Now()); got != want*time.Second || now.IsZero() {
			t.Errorf("the pause is %v, want %v s", got, want)
		}
	}
}

func TestACRMThatCannotBeReachedHasDoneNothing(t *testing.T) {
	b := newBench(t, kommosim.Options{}, func(s *kommo.Settings) { s.Transport = unreachable{} })
	d := b.parcels(true, incoming("1.1", "79161234567", start))[0]
	d.memo = crm.Memo(`{"kind":"contacts","id":5,"user":0}`)
	b.advance(d)
	if d.failure == nil || d.failure.Class != crm.Unavailable || strings.Contains(d.failure.Error(), "79161234567") {
		t.Errorf("the failure is %v", d.failure)
	}
}

type unreachable struct{}

func (unreachable) RoundTrip(*http.Request) (*http.Response, error) {
	return nil, errors.New("dial tcp: connection refused")
}

func TestALockedAccountGetsNothingMore(t *testing.T) {
	b := newBench(t, kommosim.Options{LockAfter: 3}, nil)
	b.sim.Lock(true)
	d := b.parcels(true, incoming("1.1", "79161234567", start))[0]
	b.deliver(d)
	if d.failure == nil || d.failure.Class != crm.Blocked || len(b.sim.Requests()) != 1 {
		t.Errorf("after %d requests: %v", len(b.sim.Requests()), d.failure)
	}
}
