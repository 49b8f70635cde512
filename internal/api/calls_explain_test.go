package api

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"ringback/internal/call"
	"ringback/internal/cel"
	"ringback/internal/cel/source"
	"ringback/internal/crm/policy"
	"ringback/internal/sweep"
)

// fakeExplainer explains one call of the PBX "main", and fails for "second".
type fakeExplainer struct{ fails error }

func (e fakeExplainer) Explain(_ context.Context, pbx, id string) ([]sweep.Explained, error) {
	if pbx == "second" {
		return nil, e.fails
	}
	if id != "1.1" {
		return nil, nil
	}
	at := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC).UnixMicro()
	records := []cel.Record{
		{ID: 7, At: at, Type: cel.ChanStart, Channel: "PJSIP/trunk-a-00000001", UniqueID: "1.1", LinkedID: "1.1", Exten: "74950000001", Context: "from-trunk", CIDNum: "79161234567"},
		{ID: 8, At: at + 5_000_000, Type: cel.Hangup, Channel: "PJSIP/trunk-a-00000001", UniqueID: "1.1", LinkedID: "1.1", Extra: `{"hangupcause":16,"hangupsource":"PJSIP/trunk-a-00000001","dialstatus":""}`},
	}
	c, why := call.NewAssembler(call.Settings{PBX: "main"}).AssembleExplained(call.Group{Records: records})
	return []sweep.Explained{{Call: c, Explanation: why}}, nil
}

func (fakeExplainer) Deliveries(c *call.Call) []policy.Decision {
	return []policy.Decision{{
		Target: "portal", Type: "bitrix24", Deliver: []policy.Delivery{{Key: "main-" + c.ID, Client: "+" + c.From.Number, Why: []string{"rule 1 for numbers"}}},
	}}
}

func TestACallIsExplainedFromTheRecords(t *testing.T) {
	away := &source.UnavailableError{Place: "mysql pbx2/asteriskcdrdb", Err: errors.New("refused")}
	for _, test := range []struct {
		name, path string
		status     int
		says       []string
	}{
		{
			"with its ladder and the reason for each fact", "/api/v1/calls/1.1?explain=1", 200,
			[]string{`"call":{"id":"1.1"`, `"result":"missed"`, `"fact":"direction"`, `"kind":"hangs_up"`, `● dials 74950000001`, `"deliveries":[{"target":"portal","type":"bitrix24","skipped":"","deliver":[{"key":"main-1.1","client":"+79161234567","why":["rule 1 for numbers"]}]}]`},
		},
		{"unless no record has the id", "/api/v1/calls/9.9?explain=1", 404, []string{"no record"}},
		{"unless the PBX is away", "/api/v1/calls/1.1?explain=1&pbx=second", 503, []string{"cannot be read now"}},
		{"and only when it is asked for", "/api/v1/calls/1.1?explain=0", 404, []string{"no such call"}},
		{"by a flag that is understood", "/api/v1/calls/1.1?explain=yes", 400, []string{"explain"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := newHouse(t, func(c *Config) { c.Explainer = fakeExplainer{away} })
			w := h.ask("GET", test.path, "")
			if w.Code != test.status {
				t.Fatalf("answered %d, want %d: %s", w.Code, test.status, w.Body)
			}
			for _, text := range test.says {
				if !strings.Contains(w.Body.String(), text) {
					t.Errorf("the answer does not say %q: %s", text, w.Body)
				}
			}
		})
	}
}

func TestNoCallIsExplainedWhereTheRecordsCannotBeRead(t *testing.T) {
	for name, fault := range map[string]error{
		"as the PBX is away":                    &source.UnavailableError{Place: "mysql pbx2/asteriskcdrdb", Err: errors.New("refused")},
		"as the table is not what is said":      &source.SetupError{Place: "mysql pbx2/asteriskcdrdb", Problem: `there is no table "cel"`},
		"as the time is up":                     context.DeadlineExceeded,
		"as one is away and the other is wrong": errors.Join(&source.SetupError{Place: "a"}, &source.UnavailableError{Place: "b", Err: errors.New("refused")}),
	} {
		h := newHouse(t, func(c *Config) { c.Explainer = fakeExplainer{fault} })
		w := h.ask("GET", "/api/v1/calls/1.1?explain=1&pbx=second", "")
		if w.Code != 503 || !strings.Contains(w.Body.String(), "the PBX's records cannot be read now") {
			t.Errorf("%s: answered %d: %s", name, w.Code, w.Body)
		}
	}
}
