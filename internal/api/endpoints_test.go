package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ringback/internal/backfill"
	"ringback/internal/journal"
)

// answered is a scenario of an endpoint that looks at a house with one run
// going on (RUN1) and one over (RUN2).
type answered struct {
	name, method, url string
	body              string
	headers           []string
	status            int
	says, hides       []string
	location          string
}

func TestEndpointsAnswer(t *testing.T) {
	viewer := []string{"Test-Account", "viewer"}
	stranger := []string{"Test-Account", ""}
	for _, s := range []answered{
		{name: "runs are listed", url: "/api/v1/runs", status: 200, says: []string{`{"runs":[{"id":"RUN`, `"state":"running"`}},
		{name: "a viewer sees runs", url: "/api/v1/runs?limit=500&before=RUN9", headers: viewer, status: 200, says: []string{`"runs":[`}},
		{name: "a list without log-in", url: "/api/v1/runs", headers: stranger, status: 401},
		{name: "a limit of nothing", url: "/api/v1/runs?limit=0", status: 400, says: []string{"1 to 500"}},
		{name: "a limit over the largest", url: "/api/v1/runs?limit=501", status: 400},
		{name: "an empty before", url: "/api/v1/runs?before=", status: 400},
		{name: "an unknown parameter of a list", url: "/api/v1/runs?state=done", status: 400, says: []string{"there is no such parameter"}},
		{name: "runs take no POST", method: "POST", url: "/api/v1/runs", status: 405},

		{name: "one run", url: "/api/v1/runs/RUN1", headers: viewer, status: 200, says: []string{`"id":"RUN1"`, `"not_found":[]`}},
		{name: "an unknown run", url: "/api/v1/runs/RUN7", status: 404, says: []string{"no run"}},
		{name: "a run takes no parameters", url: "/api/v1/runs/RUN1?x=1", status: 400},

		{name: "cancel", method: "POST", url: "/api/v1/runs/RUN1/cancel", status: 202, says: []string{`"state":"cancelled"`}},
		{name: "cancel a run that is over", method: "POST", url: "/api/v1/runs/RUN2/cancel", status: 409, says: []string{"over already"}},
		{name: "cancel an unknown run", method: "POST", url: "/api/v1/runs/RUN7/cancel", status: 404},
		{name: "a viewer cancels nothing", method: "POST", url: "/api/v1/runs/RUN1/cancel", headers: viewer, status: 403},
		{name: "cancel is no GET", url: "/api/v1/runs/RUN1/cancel", status: 405},
		{name: "cancel takes no parameters", method: "POST", url: "/api/v1/runs/RUN1/cancel", body: `{"force":1}`, headers: []string{"Content-Type", jsonType}, status: 400},

		{name: "retry", method: "POST", url: "/api/v1/runs/RUN2/retry", status: 202, says: []string{`"id":"RUN1"`, `"requested_by":"admin"`}, location: "/api/v1/runs/RUN1"},
		{name: "retry an unknown run", method: "POST", url: "/api/v1/runs/RUN7/retry", status: 404},
		{name: "a viewer retries nothing", method: "POST", url: "/api/v1/runs/RUN2/retry", headers: viewer, status: 403},

		{name: "calls of a run", url: "/api/v1/runs/RUN2/calls", headers: viewer, status: 200, says: []string{`{"calls":[{"id":"1.1","pbx":"main","outcome":"failed","reason":"no <user>"}]}`}},
		{name: "failed calls of a run", url: "/api/v1/runs/RUN2/calls?outcome=failed&limit=7&before=1.1", status: 200},
		{name: "an outcome that there is not", url: "/api/v1/runs/RUN2/calls?outcome=lost", status: 400, says: []string{"delivered, skipped, failed, in_progress"}},
		{name: "calls of an unknown run", url: "/api/v1/runs/RUN7/calls", status: 404},
		{name: "events of an unknown run", url: "/api/v1/runs/RUN7/events", status: 404},
		{name: "events take no HEAD, which would have no end", method: "HEAD", url: "/api/v1/runs/RUN1/events", status: 405},

		{name: "calls are listed", url: "/api/v1/calls", headers: viewer, status: 200, says: []string{`{"calls":[{"id":"1795410855.21","pbx":"main","direction":"incoming"},{"id":"2"}]}`}},
		{name: "calls by everything", url: "/api/v1/calls?start_date=-7&end_date=-0&number=79161234567&direction=incoming&result=missed&pbx=main&limit=9&before=2", status: 200},
		{name: "calls of a period that cannot be read", url: "/api/v1/calls?start_date=soon", status: 400, says: []string{`"parameter":"start_date"`}},
		{name: "calls up to an end without a start", url: "/api/v1/calls?end_date=-1", status: 400},
		{name: "calls in no direction", url: "/api/v1/calls?direction=up", status: 400, says: []string{"incoming, outgoing, internal, unknown"}},
		{name: "calls with no result", url: "/api/v1/calls?result=fine", status: 400, says: []string{"wrong_number"}},
		{name: "calls of an empty number", url: "/api/v1/calls?number=", status: 400},
		{name: "calls of an unknown PBX", url: "/api/v1/calls?pbx=nowhere", status: 404, says: []string{"main, second"}},
		{name: "calls of an empty PBX", url: "/api/v1/calls?pbx=", status: 400},
		{name: "calls after an unknown one", url: "/api/v1/calls?before=8.8", status: 400, says: []string{`"parameter":"before"`}},
		{name: "calls take no POST", method: "POST", url: "/api/v1/calls", status: 405},

		{name: "one call", url: "/api/v1/calls/1795410855.21", headers: viewer, status: 200, says: []string{aCall}},
		{name: "a call by another of its ids", url: "/api/v1/calls/1795410855.22?pbx=main", status: 200, says: []string{aCall}},
		{name: "a call of another PBX", url: "/api/v1/calls/1795410855.21?pbx=second", status: 404},
		{name: "an unknown call", url: "/api/v1/calls/1.1", status: 404, says: []string{"no such call"}},
		{name: "a call by an id with a control character", url: "/api/v1/calls/1%0A1", status: 400},
		{name: "a call by an id too long", url: "/api/v1/calls/" + strings.Repeat("1", 151), status: 400},
		{name: "a call of an unknown PBX", url: "/api/v1/calls/1795410855.21?pbx=nowhere", status: 404, says: []string{"main, second"}},

		{name: "the state of the module", url: "/status", headers: viewer, status: 200, says: []string{`"app_state":""`, `"app_status":"Warning"`, `"crm":{"status":"Warning"`, `"live":{`, `"pbx":{`, `"queue":{`, `"journal":{`}},
		{name: "the parts of the module", url: "/status?path=app", status: 200, says: []string{`{"crm":{`}, hides: []string{"app_state"}},
		{name: "one part", url: "/status?path=app.crm", status: 200, says: []string{`{"status":"Warning","message":"","values":{},"parts":{"my.portal":{"status":"Warning"`}},
		{name: "a part of a part, whose name has a point", url: "/status?path=app.crm.my.portal", status: 200, says: []string{`{"status":"Warning","message":"the portal asks to wait"`}},
		{name: "a value of a part", url: "/status?path=app.queue.waiting", status: 200, says: []string{"12\n"}},
		{name: "a value of a part of a part", url: "/status?path=app.crm.my.portal.status", status: 200, says: []string{"\"Warning\"\n"}},
		{name: "the state alone", url: "/status?path=app_status", status: 200, says: []string{"\"Warning\"\n"}},
		{name: "a path to nothing", url: "/status?path=app.disk", status: 404, says: []string{`"parameter":"path"`}},
		{name: "a path past the end", url: "/status?path=app.queue.waiting.more", status: 404},
		{name: "a path of points", url: "/status?path=app..", status: 404},
		{name: "an empty path", url: "/status?path=", status: 400},
		{name: "the state without log-in", url: "/status", headers: stranger, status: 401},

		{name: "the process answers", url: "/healthz", headers: stranger, status: 200, says: []string{"ok\n"}},
		{name: "it is ready", url: "/readyz?cache=1", headers: stranger, status: 200, says: []string{"ready\n"}},
		{name: "metrics", url: "/metrics", headers: stranger, status: 200, says: []string{"ringback_http_requests_in_flight 1"}},
		{name: "a probe changes nothing", method: "POST", url: "/healthz", headers: stranger, status: 405},

		{name: "the description", url: "/api/v1/openapi.json", headers: viewer, status: 200, says: []string{`"openapi": "3.1.0"`}},
		{name: "the description without log-in", url: "/api/v1/openapi.json", headers: stranger, status: 401},
		{name: "an unknown address of the API", url: "/api/v1/nothing", status: 404, says: []string{"openapi.json"}},
		{name: "an unknown address of the API without log-in", url: "/api/v1/nothing", headers: stranger, status: 401},
		{name: "an unknown address of the PBX", url: "/pbx/write_call", status: 404},
		{name: "read_call with a slash after it", url: "/pbx/read_call/", status: 404},
		{name: "an unknown address", url: "/nothing", headers: stranger, status: 404},
	} {
		t.Run(s.name, func(t *testing.T) {
			h := newHouse(t)
			h.runs.set("RUN1", backfill.Running)
			h.runs.set("RUN2", backfill.Done)
			h.runs.calls = []backfill.CallOutcome{{ID: "1.1", PBX: "main", Outcome: backfill.CallFailed, Reason: "no <user>"}}
			method := s.method
			if method == "" {
				method = http.MethodGet
			}
			w := h.ask(method, s.url, s.body, s.headers...)
			if s.status >= 400 {
				checkProblem(t, w, s.status)
			}
			if w.Code != s.status {
				t.Fatalf("answered %d, want %d: %s", w.Code, s.status, w.Body)
			}
			if got := w.Header().Get("Location"); got != s.location {
				t.Errorf("Location is %q, want %q", got, s.location)
			}
			for _, text := range s.says {
				if !strings.Contains(w.Body.String(), text) {
					t.Errorf("the answer does not say %q: %s", text, w.Body)
				}
			}
			for _, text := range s.hides {
				if strings.Contains(w.Body.String(), text) {
					t.Errorf("the answer says %q: %s", text, w.Body)
				}
			}
			for header, want := range map[string]string{
				"X-Content-Type-Options":  "nosniff",
				"Cache-Control":           "no-store",
				"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
				"Referrer-Policy":         "no-referrer",
			} {
				if got := w.Header().Get(header); got != want {
					t.Errorf("%s is %q, want %q", header, got, want)
				}
			}
		})
	}
}

func TestListsAskForWhatWasAskedFor(t *testing.T) {
	h := newHouse(t)
	h.runs.set("RUN1", backfill.Running)
	h.ask("GET", "/api/v1/runs?limit=7&before=RUN9", "")
	if want := `limit 7 before "RUN9"`; h.runs.asked != want {
		t.Errorf("runs were asked for with %s, want %s", h.runs.asked, want)
	}
	h.ask("GET", "/api/v1/runs/RUN1/calls?outcome=failed&limit=7&before=1.1", "")
	if want := `outcome "failed" limit 7 before "1.1"`; h.runs.asked != want {
		t.Errorf("outcomes were asked for with %s, want %s", h.runs.asked, want)
	}
	h.ask("GET", "/api/v1/calls?start_date=-7&end_date=-0&number=1001&direction=incoming&result=missed&pbx=second&limit=9&before=2", "")
	yekaterinburg := zone(t, "Asia/Yekaterinburg")
	want := journal.CallFilter{
		PBX: "second", Number: "1001", Direction: "incoming", Result: "missed", Limit: 9, Before: "2",
		From: time.Date(2026, 11, 17, 0, 0, 0, 0, yekaterinburg), Until: time.Date(2026, 11, 24, 0, 0, 0, 0, yekaterinburg),
	}
	if diff := cmp.Diff(want, h.calls.asked); diff != "" {
		t.Errorf("calls were asked for with (-want +got):\n%s", diff)
	}
	h.ask("GET", "/api/v1/calls", "")
	if diff := cmp.Diff(journal.CallFilter{Limit: 50}, h.calls.asked); diff != "" {
		t.Errorf("all calls were asked for with (-want +got):\n%s", diff)
	}
}

func TestEveryEndpointSaysThatTheJournalIsAway(t *testing.T) {
	for _, url := range []string{
		"GET /api/v1/runs", "GET /api/v1/runs/RUN1", "POST /api/v1/runs/RUN1/cancel", "POST /api/v1/runs/RUN1/retry",
		"GET /api/v1/runs/RUN1/calls", "GET /api/v1/runs/RUN1/events", "GET /api/v1/calls", "GET /api/v1/calls/1.1",
	} {
		t.Run(url, func(t *testing.T) {
			method, path, _ := strings.Cut(url, " ")
			h := newHouse(t)
			h.runs.fault = fmt.Errorf("no space: %w", backfill.ErrUnavailable)
			h.calls.fault = fmt.Errorf("no space: %w", journal.ErrUnavailable)
			checkProblem(t, h.ask(method, path, ""), http.StatusServiceUnavailable)
			h.runs.fault, h.calls.fault = errors.New("strange"), errors.New("strange")
			checkProblem(t, h.ask(method, path, ""), http.StatusInternalServerError)
		})
	}
}

func TestReadyzSaysNothingOfWhatIsMissing(t *testing.T) {
	h := newHouse(t)
	h.health.ready = false
	w := h.ask("GET", "/readyz", "", "Test-Account", "")
	if w.Code != 503 || w.Body.String() != "not ready\n" {
		t.Errorf("answered %d %q", w.Code, w.Body)
	}
}

func TestAnEmptyListIsNoNull(t *testing.T) {
	h := newHouse(t)
	h.runs.set("RUN1", backfill.Done)
	if got := h.ask("GET", "/api/v1/runs/RUN1/calls", "").Body.String(); got != "{\"calls\":[]}\n" {
		t.Errorf("got %s", got)
	}
	delete(h.runs.runs, "RUN1")
	if got := h.ask("GET", "/api/v1/runs", "").Body.String(); got != "{\"runs\":[]}\n" {
		t.Errorf("got %s", got)
	}
}

func TestMetricsHoldNeitherNumbersNorNames(t *testing.T) {
	h := newHouse(t)
	h.ask("GET", "/api/v1/calls?number=79161234567", "")
	h.ask("GET", "/api/v1/calls/1795410855.21", "")
	h.ask("BREW79161234567", "/79161234567", "")
	h.ask("GET", "/pbx/read_call?id=79161234567&pbx=secretname", "")
	text := h.ask("GET", "/metrics", "").Body.String()
	for _, private := range []string{"79161234567", "1795410855", "admin", "secretname"} {
		if strings.Contains(text, private) {
			t.Errorf("the metrics show %q", private)
		}
	}
	for _, want := range []string{
		`ringback_http_requests_total{code="200",method="GET",route="/api/v1/calls/{id}"} 1`,
		`ringback_http_requests_total{code="404",method="other",route="none"} 1`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the metrics do not hold %s:\n%s", want, text)
		}
	}
}

func TestTheLogHoldsNeitherNumbersNorSecrets(t *testing.T) {
	h := newHouse(t)
	h.ask("GET", "/api/v1/calls?number=79161234567", "")
	h.ask("GET", "/api/v1/calls/79161234567", "")
	h.ask("GET", "/pbx/read_call?id=79161234567&password=hunter2", "")
	h.ask("POST", "/pbx/read_call", `{"id":"79161234567","token":"hunter2"}`, "Content-Type", jsonType, "Authorization", "Digest hunter2")
	log := h.log.String()
	if strings.Contains(log, "79161234567") || strings.Contains(log, "hunter2") {
		t.Errorf("the log is:\n%s", log)
	}
	if !strings.Contains(log, "method=POST route=/pbx/read_call status=400") || !strings.Contains(log, "account=admin") {
		t.Errorf("the log does not say what was answered:\n%s", log)
	}
}

func TestOtherPagesSeeToThemselves(t *testing.T) {
	h := newHouse(t, func(c *Config) {
		c.Pages = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Cache-Control", "max-age=60")
			_, _ = w.Write([]byte("page " + r.URL.Path))
		})
	})
	w := h.ask("GET", "/login", "", "Test-Account", "")
	if w.Code != 200 || w.Body.String() != "page /login" || w.Header().Get("Cache-Control") != "max-age=60" || w.Header().Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("answered %d %q %v", w.Code, w.Body, w.Header())
	}
	if w := h.ask("GET", "/api/v1/nothing", "", "Test-Account", ""); w.Code != 401 {
		t.Errorf("an address of the API is left to the pages: %d", w.Code)
	}
}

func TestAReportShowsTheRunAsItIs(t *testing.T) {
	h := newHouse(t)
	w := h.ask("GET", "/pbx/read_call?start_date=-7", "")
	var got map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"id": "RUN1", "state": "queued", "requested_at": "2026-11-24T09:00:00Z", "requested_by": "admin", "kind": "period",
		"start": "2026-11-17T00:00:00+03:00", "end": nil, "ids": nil, "pbx": []any{}, "target": []any{}, "dry_run": false, "force": false,
		"finished_at": nil, "error": nil, "eta_seconds": nil,
		"calls": map[string]any{
			"found": 0.0, "processed": 0.0, "delivered": 0.0, "skipped": 0.0, "failed": 0.0, "in_progress": 0.0, "not_found": []any{},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the run (-want +got):\n%s", diff)
	}
}

func TestALongListOfRunsIsReadAFewAtATime(t *testing.T) {
	h := newHouse(t)
	for i := range 47 {
		h.runs.set(fmt.Sprintf("RUN%02d", i), backfill.Done)
	}
	for _, limit := range []int{1, 10, 23, 47, 60} {
		var got struct{ Runs []struct{ ID string } }
		w := h.ask("GET", fmt.Sprintf("/api/v1/runs?before=RUN99&limit=%d", limit), "")
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || len(got.Runs) != min(limit, 47) {
			t.Fatalf("of %d, %d came: %v", limit, len(got.Runs), err)
		}
		for i, run := range got.Runs {
			if want := fmt.Sprintf("RUN%02d", 46-i); run.ID != want {
				t.Errorf("of %d, run %d is %s, want %s", limit, i, run.ID, want)
			}
		}
	}
	if h.runs.most > 10 {
		t.Errorf("%d runs were held at a time", h.runs.most)
	}
}

func TestAServerWithoutItsPartsDoesNotListen(t *testing.T) {
	for name, without := range map[string]func(*Config){
		"runs":     func(c *Config) { c.Runs = nil },
		"accounts": func(c *Config) { c.Account = nil },
	} {
		h := newHouse(t, without)
		if err := h.Listen(t.Context()); err == nil || h.Addr() != nil {
			t.Errorf("without %s: the error is %v, the address %v", name, err, h.Addr())
		}
	}
}
