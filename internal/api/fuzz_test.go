package api

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// checkAnswer holds what no request whatever may break: an answer that is no
// fault of the program, and a run exactly when it was accepted.
func checkAnswer(t *testing.T, h *house, r *http.Request) {
	t.Helper()
	r.Header.Set("Test-Account", "admin")
	w := httptest.NewRecorder()
	h.Handler().ServeHTTP(w, r)
	switch {
	case w.Code >= 500:
		t.Fatalf("answered %d: %s\n%s", w.Code, w.Body, h.log)
	case w.Code >= 400 && len(h.runs.started) > 0:
		t.Fatalf("refused with %d, but a run was started: %+v", w.Code, h.runs.started)
	case w.Code >= 400:
		checkProblem(t, w, w.Code)
	case (w.Code == 200 || w.Code == 202) && len(h.runs.started) != 1:
		t.Fatalf("answered %d, but %d runs were started", w.Code, len(h.runs.started))
	}
	for _, started := range h.runs.started {
		for _, id := range started.IDs {
			if idFault(id) != "" {
				t.Fatalf("the id %q was taken", id)
			}
		}
		if len(started.IDs) > 0 == !started.Start.IsZero() {
			t.Fatalf("a run by ids and over a period, or neither: %+v", started)
		}
	}
}

func FuzzQuery(f *testing.F) {
	for _, seed := range []string{
		"id=1.1", "id=1.1&id=2.2", "start_date=-7&end_date=-0", "start_date=2021-05-25%2010:30:00", "id=%", "id=%zz&=&;", "start_date=1622138519.5&pbx=main,second",
		"id[]=1", "id=1;id=2", "id=%00", "id=%ff", "wait=60&id=1", "dry_run=1&force=0&target=portal", "start_date=2021-05-25T10:30:00+03:00", "Id=1", "&&&",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, query string) {
		h := newHouse(t)
		h.runs.over = true // nobody waits in vain
		r := httptest.NewRequest(http.MethodGet, "/pbx/read_call", http.NoBody)
		r.URL = &url.URL{Path: "/pbx/read_call", RawQuery: query}
		checkAnswer(t, h, r)
	})
}

func FuzzBody(f *testing.F) {
	for _, seed := range []struct{ kind, body string }{
		{jsonType, `{"id":"1.1"}`},
		{jsonType, `{"id":["1.1","2.2"],"dry_run":true}`},
		{jsonType, `{"start_date":-0,"end_date":1e400}`},
		{jsonType, `{"start_date":-7,"pbx":["main"],"target":"portal,warehouse","wait":"5"}`},
		{jsonType, `{"id":[[],{},null,1,true,"\ud800"]}`},
		{jsonType, `{"id":"1","id":"2"}`},
		{jsonType, "\ufeff{}"},
		{jsonType, `{"":0}`},
		{jsonType, `[`},
		{formType, "id=1.1&id=2.2"},
		{formType, "start_date=-7&force=%31"},
		{"text/plain", "id=1"},
		{"", "id=1"},
		{";", ""},
	} {
		f.Add(seed.kind, seed.body)
	}
	f.Fuzz(func(t *testing.T, kind, body string) {
		h := newHouse(t)
		h.runs.over = true // nobody waits in vain
		r := httptest.NewRequest(http.MethodPost, "/pbx/read_call", strings.NewReader(body))
		r.Header.Set("Content-Type", kind)
		checkAnswer(t, h, r)
	})
}

func FuzzStatusPath(f *testing.F) {
	for _, seed := range []string{"app", "app.crm", "app.crm.my.portal.waiting", ".", "app..", "app.crm."} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, path string) {
		w := newHouse(t).ask(http.MethodGet, "/status?path="+url.QueryEscape(path), "")
		if w.Code != 200 && w.Code != 400 && w.Code != 404 {
			t.Errorf("answered %d: %s", w.Code, w.Body)
		}
	})
}
