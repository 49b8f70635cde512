package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ringback/internal/backfill"
)

const (
	jsonType = "application/json"
	formType = "application/x-www-form-urlencoded"
)

// started is a scenario in which a run begins.
type started struct {
	name   string
	method string
	query  string
	kind   string // Content-Type of the body
	body   string
	want   backfill.Request
}

func TestReadCallStartsWhatWasAskedFor(t *testing.T) {
	moscow := zone(t, "Europe/Moscow")
	at := func(s string) time.Time {
		v, err := time.ParseInLocation("2006-01-02 15:04:05", s, moscow)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	byIDs := func(ids ...string) backfill.Request {
		return backfill.Request{Kind: backfill.ByIDs, IDs: ids}
	}
	// instant is a period that is the same for both PBXs; that of within is read
	// off their clocks, and the second one's are two hours ahead.
	instant := func(start string) backfill.Request {
		return backfill.Request{
			Kind: backfill.ByPeriod, Start: at(start),
			Periods: map[string]backfill.Bounds{"second": {Start: at(start)}},
		}
	}
	within := func(start string, end ...string) backfill.Request {
		r := backfill.Request{Kind: backfill.ByPeriod, Start: at(start)}
		there := backfill.Bounds{Start: r.Start.Add(-2 * time.Hour)}
		if len(end) > 0 {
			r.End = at(end[0])
			there.End = r.End.Add(-2 * time.Hour)
		}
		r.Periods = map[string]backfill.Bounds{"second": there}
		return r
	}
	with := func(r backfill.Request, change func(*backfill.Request)) backfill.Request {
		change(&r)
		return r
	}
	dry := with(byIDs("1.1"), func(r *backfill.Request) { r.DryRun = true })
	forced := with(byIDs("1.1"), func(r *backfill.Request) { r.Force = true })
	for _, s := range []started{
		{name: "one id", query: "id=1234567890.1", want: byIDs("1234567890.1")},
		{name: "an id given several times means several calls", query: "id=1234567890.1&id=1234567890.7", want: byIDs("1234567890.1", "1234567890.7")},
		{name: "the same id twice means one call", query: "id=1.1&id=1.1", want: byIDs("1.1")},
		{name: "an id of a named system, with characters that a query escapes", query: "id=pbx%2Fa%20b-1.1", want: byIDs("pbx/a b-1.1")},
		{name: "an id of 150 characters", query: "id=" + strings.Repeat("%D1%8F", 150), want: byIDs(strings.Repeat("я", 150))},
		{name: "a semicolon is a plain character", query: "id=1.1;id=2.2", want: byIDs("1.1;id=2.2")},
		{name: "empty pairs are nothing", query: "&id=1.1&&", want: byIDs("1.1")},
		{name: "POST with everything in the query and no body", method: "POST", query: "id=1.1", want: byIDs("1.1")},
		{name: "a form", method: "POST", kind: formType, body: "id=1.1&id=2.2", want: byIDs("1.1", "2.2")},
		{name: "a form with a charset", method: "POST", kind: formType + "; charset=UTF-8", body: "id=1.1", want: byIDs("1.1")},
		{name: "a JSON id as text", method: "POST", kind: jsonType, body: `{"id":"1.10"}`, want: byIDs("1.10")},
		{name: "a JSON array of ids", method: "POST", kind: jsonType, body: `{"id":["1111111111.1","2222222222.2"]}`, want: byIDs("1111111111.1", "2222222222.2")},
		{name: "JSON with a charset and a byte order mark", method: "POST", kind: jsonType + "; charset=utf-8", body: "\ufeff{\"id\":\"1.1\"}", want: byIDs("1.1")},
		{name: "ids of query and body add up", method: "POST", query: "id=1.1", kind: jsonType, body: `{"id":["2.2"]}`, want: byIDs("1.1", "2.2")},
		{name: "query and body are merged", method: "POST", query: "dry_run=1", kind: jsonType, body: `{"id":"1.1"}`, want: dry},

		{name: "a wall-clock time is the PBX's", query: "start_date=2021-05-25%2010:30:00&end_date=2021-05-25%2022:00:00", want: within("2021-05-25 10:30:00", "2021-05-25 22:00:00")},
		{name: "a plus is a space", query: "start_date=2021-05-25+10:30:00", want: within("2021-05-25 10:30:00")},
		{name: "an escaped plus is an offset", query: "start_date=2021-05-25T10:30:00%2B03:00", want: instant("2021-05-25 10:30:00")},
		{name: "a plus of an offset that became a space is understood", query: "start_date=2021-05-25T10:30:00+03:00", want: instant("2021-05-25 10:30:00")},
		{name: "UNIX time", query: "start_date=1622138519", want: instant("2021-05-27 21:01:59")},
		{name: "days ago", query: "start_date=-2&end_date=-1", want: within("2026-11-22 00:00:00", "2026-11-23 00:00:00")},
		{name: "the last seven days", query: "start_date=-7", want: within("2026-11-17 00:00:00")},
		{name: "today", query: "start_date=-0", want: within("2026-11-24 00:00:00")},
		{name: "JSON texts of a period", method: "POST", kind: jsonType, body: `{"start_date":"-2","end_date":"-1"}`, want: within("2026-11-22 00:00:00", "2026-11-23 00:00:00")},
		{name: "JSON numbers of a period", method: "POST", kind: jsonType, body: `{"start_date":-2,"end_date":-1}`, want: within("2026-11-22 00:00:00", "2026-11-23 00:00:00")},
		{name: "the JSON number -0 keeps its sign", method: "POST", kind: jsonType, body: `{"start_date":-0}`, want: within("2026-11-24 00:00:00")},
		{name: "a JSON number as UNIX time", method: "POST", kind: jsonType, body: `{"start_date":1622138519}`, want: instant("2021-05-27 21:01:59")},
		{name: "a period as a form", method: "POST", kind: formType, body: "start_date=-2&end_date=-1", want: within("2026-11-22 00:00:00", "2026-11-23 00:00:00")},
		{
			name: "a run over one PBX has one period", query: "start_date=2021-05-25&pbx=main",
			want: backfill.Request{Kind: backfill.ByPeriod, Start: at("2021-05-25 00:00:00"), PBX: []string{"main"}},
		},
		{
			name: "the first PBX asked for shows the period", query: "start_date=2021-05-25&pbx=second,main",
			want: backfill.Request{
				Kind: backfill.ByPeriod, Start: at("2021-05-24 22:00:00"), PBX: []string{"second", "main"},
				Periods: map[string]backfill.Bounds{"main": {Start: at("2021-05-25 00:00:00")}},
			},
		},
		{
			name: "the zone is that of the PBX asked for", query: "start_date=2021-05-25&pbx=second",
			want: backfill.Request{Kind: backfill.ByPeriod, Start: time.Date(2021, 5, 25, 0, 0, 0, 0, zone(t, "Asia/Yekaterinburg")), PBX: []string{"second"}},
		},

		{name: "dry_run in a query", query: "id=1.1&dry_run=1", want: dry},
		{name: "flags that are off", query: "id=1.1&dry_run=0&force=0", want: byIDs("1.1")},
		{name: "force in a form", method: "POST", kind: formType, body: "id=1.1&force=1", want: forced},
		{name: "a JSON flag as true", method: "POST", kind: jsonType, body: `{"id":"1.1","force":true,"dry_run":false}`, want: forced},
		{name: "a JSON flag as number", method: "POST", kind: jsonType, body: `{"id":"1.1","force":1,"dry_run":0}`, want: forced},
		{name: "a JSON flag as text", method: "POST", kind: jsonType, body: `{"id":"1.1","force":"1","dry_run":"0"}`, want: forced},
		{
			name: "names repeat or are joined by commas", query: "id=1.1&pbx=main&pbx=second&target=portal,warehouse",
			want: with(byIDs("1.1"), func(r *backfill.Request) {
				r.PBX, r.Target = []string{"main", "second"}, []string{"portal", "warehouse"}
			}),
		},
		{
			name: "names in JSON", method: "POST", kind: jsonType, body: `{"id":"1.1","pbx":"main,second","target":["portal","warehouse","portal"]}`,
			want: with(byIDs("1.1"), func(r *backfill.Request) {
				r.PBX, r.Target = []string{"main", "second"}, []string{"portal", "warehouse"}
			}),
		},
	} {
		t.Run(s.name, func(t *testing.T) {
			h := newHouse(t)
			method := s.method
			if method == "" {
				method = http.MethodGet
			}
			w := h.ask(method, "/pbx/read_call?"+s.query, s.body, "Content-Type", s.kind)
			if w.Code != http.StatusAccepted {
				t.Fatalf("answered %d, want 202: %s", w.Code, w.Body)
			}
			if got, want := w.Header().Get("Location"), "/api/v1/runs/RUN1"; got != want {
				t.Errorf("Location is %q, want %q", got, want)
			}
			want := s.want
			want.RequestedBy = "admin"
			if diff := cmp.Diff([]backfill.Request{want}, h.runs.started); diff != "" {
				t.Errorf("the run that was started (-want +got):\n%s", diff)
			}
			var run map[string]any
			if err := json.Unmarshal(w.Body.Bytes(), &run); err != nil || run["id"] != "RUN1" || run["requested_by"] != "admin" {
				t.Errorf("the answer is no run (%v): %s", err, w.Body)
			}
		})
	}
}

// refused is a scenario in which no run begins.
type refused struct {
	name, method, query string
	kind, body          string
	headers             []string
	status              int
	// faults are the parameters named, in order.
	faults []string
	// says and hides are texts that the answer must and must not hold.
	says, hides []string
}

func TestReadCallRefusesAndLeavesNoRunBehind(t *testing.T) {
	many := strings.Repeat("1", 151)
	for _, s := range []refused{
		{name: "neither ids nor a period", query: "", status: 400, faults: []string{"start_date"}, says: []string{"-7"}},
		{name: "id together with a period", query: "id=1.1&start_date=-7", status: 400, faults: []string{"id"}},
		{name: "id together with an end", query: "id=1.1&end_date=-1", status: 400, faults: []string{"id"}},
		{name: "an end without a start", query: "end_date=-1", status: 400, faults: []string{"end_date"}},
		{name: "an empty start", query: "start_date=", status: 400, faults: []string{"start_date"}},
		{name: "a start without a value", query: "start_date", status: 400, faults: []string{"start_date"}},
		{name: "a start that cannot be read", query: "start_date=yesterday", status: 400, faults: []string{"start_date"}, says: []string{"yesterday"}},
		{name: "a start in the future", query: "start_date=2030-01-01", status: 400, faults: []string{"start_date"}},
		{name: "an end before its start", query: "start_date=-1&end_date=-2", status: 400, faults: []string{"end_date"}},
		{name: "an end at its start", query: "start_date=-1&end_date=-1", status: 400, faults: []string{"end_date"}},
		{name: "a start that no PBX has reached", query: "start_date=2026-11-24+14:30&pbx=second,main", status: 400, faults: []string{"start_date"}},
		{name: "a start that only a later PBX has not reached", query: "start_date=2026-11-24+13:30&pbx=second,main", status: 400, faults: []string{"start_date"}, says: []string{"PBX main"}},
		{name: "a small positive number", query: "start_date=7", status: 400, faults: []string{"start_date"}, says: []string{"did you mean -7"}},
		{name: "zero", query: "start_date=0", status: 400, faults: []string{"start_date"}, says: []string{"did you mean -0"}},
		{name: "the JSON number zero", method: "POST", kind: jsonType, body: `{"start_date":0}`, status: 400, faults: []string{"start_date"}, says: []string{"did you mean -0"}},
		{name: "both ends are told at once", query: "start_date=foo&end_date=bar", status: 400, faults: []string{"start_date", "end_date"}},
		{
			name: "every fault is told at once", query: "start_date=foo&dry_run=yes&wait=61&colour=red&pbx=nowhere&force=2", status: 400,
			faults: []string{"colour", "dry_run", "force", "start_date", "wait", "pbx"},
		},

		{name: "an empty id", query: "id=", status: 400, faults: []string{"id"}},
		{name: "an id of spaces", query: "id=%20", status: 400, faults: []string{"id"}},
		{name: "an id over 150 characters", query: "id=" + many, status: 400, faults: []string{"id"}, says: []string{"150"}},
		{name: "an id with a line break", query: "id=1.1%0A", status: 400, faults: []string{"id"}},
		{name: "an id with a zero byte", query: "id=1%00", status: 400, faults: []string{"id"}},
		{name: "an id with a C1 control", query: "id=1%C2%85", status: 400, faults: []string{"id"}},
		{name: "an id that is no UTF-8", query: "id=%FF", status: 400, faults: []string{"id"}, says: []string{"UTF-8"}},
		{name: "one bad id among good ones", query: "id=1.1&id=", status: 400, faults: []string{"id"}},
		{name: "a JSON id as number", method: "POST", kind: jsonType, body: `{"id":1234567890.10}`, status: 400, faults: []string{"id"}, says: []string{"lose digits", "1234567890.10"}},
		{name: "a number among JSON ids", method: "POST", kind: jsonType, body: `{"id":["1.1",2.2]}`, status: 400, faults: []string{"id"}, says: []string{"lose digits"}},
		{name: "an empty JSON array of ids", method: "POST", kind: jsonType, body: `{"id":[]}`, status: 400, faults: []string{"id"}},
		{name: "a JSON id that is null", method: "POST", kind: jsonType, body: `{"id":null}`, status: 400, faults: []string{"id"}, says: []string{"null"}},
		{name: "a JSON id that is true", method: "POST", kind: jsonType, body: `{"id":true}`, status: 400, faults: []string{"id"}},
		{name: "a JSON id that is an object", method: "POST", kind: jsonType, body: `{"id":{"a":1}}`, status: 400, faults: []string{"id"}},
		{name: "JSON ids in arrays of arrays", method: "POST", kind: jsonType, body: `{"id":[["1.1"]]}`, status: 400, faults: []string{"id"}},

		{name: "an unknown parameter is named", query: "id=1.1&colour=red", status: 400, faults: []string{"colour"}, says: []string{"start_date"}, hides: []string{"red"}},
		{name: "a parameter without a name", query: "id=1.1&=red", status: 400, faults: []string{""}, hides: []string{"red"}},
		{name: "a misspelt parameter gets a suggestion", query: "startdate=-7", status: 400, says: []string{"did you mean start_date?"}},
		{name: "names are case-sensitive", query: "Start_Date=-7", status: 400, says: []string{"did you mean start_date?"}},
		{name: "a name of PHP", query: "id[]=1.1", status: 400, says: []string{"did you mean id?"}},
		{name: "a name from elsewhere", query: "linkedid=1.1", status: 400, says: []string{"did you mean id?"}},
		{name: "an unknown JSON key", method: "POST", kind: jsonType, body: `{"id":"1.1","until":{"a":[1]}}`, status: 400, faults: []string{"until"}, says: []string{"did you mean end_date?"}},
		{name: "a secret under a strange name is not shown again", query: "id=1.1&password=hunter2&token=%zz-hunter2", status: 400, hides: []string{"hunter2"}},
		{name: "a secret in a form is not shown again", method: "POST", kind: formType, body: "id=1.1&apikey=hunter2", status: 400, faults: []string{"apikey"}, hides: []string{"hunter2"}},

		{name: "a start given twice", query: "start_date=-7&start_date=-6", status: 400, faults: []string{"start_date"}, says: []string{"twice"}},
		{name: "a wait given three times", query: "id=1.1&wait=1&wait=1&wait=1", status: 400, faults: []string{"wait"}, says: []string{"3 times"}},
		{name: "a name in query and form", method: "POST", query: "start_date=-7", kind: formType, body: "start_date=-7", status: 400, faults: []string{"start_date"}, says: []string{"twice"}},
		{name: "a name in query and JSON", method: "POST", query: "start_date=-7", kind: jsonType, body: `{"start_date":-7}`, status: 400, faults: []string{"start_date"}, says: []string{"twice"}},
		{name: "a JSON key given twice", method: "POST", kind: jsonType, body: `{"start_date":-7,"start_date":-7}`, status: 400, faults: []string{"start_date"}, says: []string{"twice"}},
		{name: "a JSON id given twice", method: "POST", kind: jsonType, body: `{"id":"1.1","id":"2.2"}`, status: 400, faults: []string{"id"}, says: []string{"twice"}},
		{name: "a JSON key given twice in different spelling", method: "POST", kind: jsonType, body: `{"id":"1.1","\u0069d":"2.2"}`, status: 400, faults: []string{"id"}, says: []string{"twice"}},
		{name: "a JSON list of starts", method: "POST", kind: jsonType, body: `{"start_date":["-7"]}`, status: 400, faults: []string{"start_date"}},
		{name: "an empty JSON list of starts", method: "POST", kind: jsonType, body: `{"start_date":[]}`, status: 400, faults: []string{"start_date"}},
		{name: "a JSON start that is true", method: "POST", kind: jsonType, body: `{"start_date":true}`, status: 400, faults: []string{"start_date"}},

		{name: "a flag of another kind", query: "id=1.1&dry_run=yes", status: 400, faults: []string{"dry_run"}, says: []string{"1 or 0"}},
		{name: "true in a query", query: "id=1.1&force=true", status: 400, faults: []string{"force"}},
		{name: "an empty flag", query: "id=1.1&force=", status: 400, faults: []string{"force"}},
		{name: "true as a JSON text", method: "POST", kind: jsonType, body: `{"id":"1.1","force":"true"}`, status: 400, faults: []string{"force"}},
		{name: "two as a flag", method: "POST", kind: jsonType, body: `{"id":"1.1","force":2}`, status: 400, faults: []string{"force"}},
		{name: "waiting for more than a minute", query: "id=1.1&wait=61", status: 400, faults: []string{"wait"}, says: []string{"0 to 60"}},
		{name: "waiting for less than nothing", query: "id=1.1&wait=-1", status: 400, faults: []string{"wait"}},
		{name: "waiting for half a second", query: "id=1.1&wait=0.5", status: 400, faults: []string{"wait"}},
		{name: "waiting with a sign", query: "id=1.1&wait=%2B5", status: 400, faults: []string{"wait"}},
		{name: "waiting for nothing in particular", query: "id=1.1&wait=", status: 400, faults: []string{"wait"}},
		{name: "waiting for true", method: "POST", kind: jsonType, body: `{"id":"1.1","wait":true}`, status: 400, faults: []string{"wait"}},
		{name: "waiting for a number too large to count", query: "id=1.1&wait=99999999999999999999", status: 400, faults: []string{"wait"}},

		{name: "an empty name", query: "id=1.1&target=", status: 400, faults: []string{"target"}},
		{name: "an empty name between commas", query: "id=1.1&target=portal,,warehouse", status: 400, faults: []string{"target"}},
		{name: "an empty JSON list of names", method: "POST", kind: jsonType, body: `{"id":"1.1","target":[]}`, status: 400, faults: []string{"target"}},
		{name: "a name as number", method: "POST", kind: jsonType, body: `{"id":"1.1","target":5}`, status: 400, faults: []string{"target"}},
		{name: "an unknown PBX", query: "id=1.1&pbx=nowhere", status: 404, faults: []string{"pbx"}, says: []string{"main", "second"}},
		{name: "an unknown target", query: "id=1.1&target=nowhere", status: 404, faults: []string{"target"}, says: []string{"portal", "warehouse"}},
		{name: "a target in other letters", query: "id=1.1&target=Portal", status: 404, faults: []string{"target"}},
		{name: "several unknown names", query: "id=1.1&target=a,b&pbx=c", status: 404, faults: []string{"pbx", "target", "target"}},

		{name: "a broken percent-escape", query: "id=1.1&start_date=%zz", status: 400, faults: []string{"start_date"}, says: []string{"percent"}},
		{name: "a percent-escape cut off", query: "id=1%2", status: 400, faults: []string{"id"}},
		{name: "a broken percent-escape in a name", query: "id=1.1&%q=1", status: 400, says: []string{"percent"}},
		{name: "a broken percent-escape in a form", method: "POST", query: "id=1.1", kind: formType, body: "force=%", status: 400, says: []string{"body"}},

		{name: "JSON that ends too early", method: "POST", kind: jsonType, body: `{"id":"1.1"`, status: 400, says: []string{"JSON"}},
		{name: "JSON with something after it", method: "POST", kind: jsonType, body: `{"id":"1.1"}{}`, status: 400},
		{name: "JSON with a comma too many", method: "POST", kind: jsonType, body: `{"id":"1.1",}`, status: 400, says: []string{"at byte"}},
		{name: "JSON that is an array", method: "POST", kind: jsonType, body: `["1.1"]`, status: 400},
		{name: "JSON that is null", method: "POST", kind: jsonType, body: `null`, status: 400},
		{name: "JSON that is a text", method: "POST", kind: jsonType, body: `"id"`, status: 400},
		{name: "JSON that is not UTF-8", method: "POST", kind: jsonType, body: "{\"id\":\"\xff\"}", status: 400, says: []string{"UTF-8"}},
		{name: "JSON nested deeply", method: "POST", kind: jsonType, body: `{"id":` + strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000) + `}`, status: 400},
		{name: "JSON of spaces", method: "POST", kind: jsonType, body: "  ", status: 400},
		{name: "an empty JSON object", method: "POST", kind: jsonType, body: "{}", status: 400, faults: []string{"start_date"}},

		{name: "a body beside GET", query: "id=1.1", kind: jsonType, body: `{"force":1}`, status: 400, says: []string{"POST"}},
		{name: "a body without a type", method: "POST", body: "id=1.1", status: 415, says: []string{"application/json"}},
		{name: "a body of plain text", method: "POST", kind: "text/plain", body: "id=1.1", status: 415},
		{name: "a multipart form", method: "POST", kind: "multipart/form-data; boundary=x", body: "--x--", status: 415},
		{name: "a body of a type that cannot be read", method: "POST", kind: "application/json; charset", body: "{}", status: 415},
		{name: "a body in an old charset", method: "POST", kind: "application/json; charset=windows-1251", body: `{"id":"1.1"}`, status: 415, says: []string{"UTF-8"}},
		{name: "a compressed body", method: "POST", kind: jsonType, body: `x`, headers: []string{"Content-Encoding", "gzip"}, status: 415},
		{name: "a body over 1 MiB", method: "POST", kind: formType, body: "id=" + strings.Repeat("1", 1<<20), status: 413, says: []string{"1 MiB"}},

		{name: "no credentials", query: "id=1.1", headers: []string{"Test-Account", ""}, status: 401},
		{name: "too many failed log-ins", query: "id=1.1", headers: []string{"Test-Account", "locked"}, status: 429},
		{name: "a viewer", query: "id=1.1", headers: []string{"Test-Account", "viewer"}, status: 403, says: []string{"viewer"}},
		{name: "a viewer's POST", method: "POST", query: "id=1.1", headers: []string{"Test-Account", "viewer"}, status: 403},
		{name: "a viewer with a bad parameter", query: "colour=red", headers: []string{"Test-Account", "viewer"}, status: 403},
		{name: "PUT", method: "PUT", query: "id=1.1", status: 405},
		{name: "DELETE", method: "DELETE", query: "id=1.1", status: 405},
		{name: "HEAD, which must change nothing", method: "HEAD", query: "id=1.1", status: 405},
		{name: "a picture on another web site", query: "start_date=-7", headers: []string{"Sec-Fetch-Site", "cross-site"}, status: 403},
		{name: "a form on another web site", method: "POST", query: "start_date=-7", headers: []string{"Origin", "https://evil.example"}, status: 403},
	} {
		t.Run(s.name, func(t *testing.T) {
			h := newHouse(t)
			method := s.method
			if method == "" {
				method = http.MethodGet
			}
			headers := append([]string{}, s.headers...)
			if s.kind != "" {
				headers = append(headers, "Content-Type", s.kind)
			}
			w := h.ask(method, "/pbx/read_call?"+s.query, s.body, headers...)
			faults := checkProblem(t, w, s.status)
			if s.faults != nil && !slices.Equal(faults, s.faults) {
				t.Errorf("faults of %q, want %q: %s", faults, s.faults, w.Body)
			}
			for _, text := range s.says {
				if !strings.Contains(w.Body.String(), text) {
					t.Errorf("the answer does not say %q: %s", text, w.Body)
				}
			}
			for _, text := range s.hides {
				if strings.Contains(w.Body.String(), text) || strings.Contains(h.log.String(), text) {
					t.Errorf("the answer or the log shows %q: %s\n%s", text, w.Body, h.log)
				}
			}
			if len(h.runs.started) > 0 {
				t.Errorf("a run was started: %+v", h.runs.started)
			}
		})
	}
}

// checkProblem holds an answer against RFC 9457 and returns the parameters
// that it names.
func checkProblem(t *testing.T, w *httptest.ResponseRecorder, status int) []string {
	t.Helper()
	if w.Code != status {
		t.Fatalf("answered %d, want %d: %s", w.Code, status, w.Body)
	}
	if got := w.Header().Get("Content-Type"); got != "application/problem+json" {
		t.Errorf("Content-Type is %q", got)
	}
	var problem struct {
		Title  string
		Status int
		Detail string
		Errors []Fault
	}
	if err := json.Unmarshal(w.Body.Bytes(), &problem); err != nil {
		t.Fatalf("the answer is no JSON: %v: %s", err, w.Body)
	}
	if problem.Title != http.StatusText(status) || problem.Status != status || problem.Detail == "" || problem.Errors == nil {
		t.Errorf("title, status, detail or errors are not as they should be: %s", w.Body)
	}
	switch status {
	case http.StatusMethodNotAllowed:
		if got := w.Header().Get("Allow"); got == "" {
			t.Error("405 without Allow")
		}
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		if seconds, err := strconv.Atoi(w.Header().Get("Retry-After")); err != nil || seconds < 1 {
			t.Errorf("Retry-After is %q", w.Header().Get("Retry-After"))
		}
	}
	var names []string
	for _, f := range problem.Errors {
		if f.Message == "" {
			t.Errorf("a fault of %q without a message", f.Parameter)
		}
		names = append(names, f.Parameter)
	}
	return names
}

func TestReadCallSaysWhatTheJournalCannotDo(t *testing.T) {
	for _, s := range []struct {
		name   string
		fault  error
		status int
		says   string
	}{
		{"the journal cannot take the run", fmt.Errorf("disk full: %w", backfill.ErrUnavailable), 503, "nothing was begun"},
		{"a target was taken away meanwhile", &backfill.UnknownNameError{Parameter: "target", Name: "portal", Known: []string{"warehouse"}}, 404, "warehouse"},
		{"an error that nobody expected", errors.New("SELECT password=hunter2"), 500, "its log says more"},
	} {
		t.Run(s.name, func(t *testing.T) {
			h := newHouse(t)
			h.runs.fault = s.fault
			w := h.ask("GET", "/pbx/read_call?id=1.1", "")
			checkProblem(t, w, s.status)
			if !strings.Contains(w.Body.String(), s.says) || strings.Contains(w.Body.String(), "hunter2") {
				t.Errorf("the answer is %s", w.Body)
			}
		})
	}
}

func TestAFaultOfTheProgramIsAnsweredAndLogged(t *testing.T) {
	h := newHouse(t)
	h.runs.broken = true
	w := h.ask("GET", "/pbx/read_call?id=1.1", "")
	checkProblem(t, w, http.StatusInternalServerError)
	if strings.Contains(w.Body.String(), "broken") {
		t.Errorf("the answer tells of the inside: %s", w.Body)
	}
	if !strings.Contains(h.log.String(), "the fake is broken") {
		t.Errorf("the log does not hold the fault: %s", h.log)
	}
}

func TestAHundredThousandFaultsGiveAShortAnswer(t *testing.T) {
	for name, body := range map[string]string{
		"numbers for ids": `{"id":[` + strings.TrimSuffix(strings.Repeat("1,", 100_000), ",") + `]}`,
		"unknown names": `{"id":"1"` + func() string {
			var b strings.Builder
			for i := range 50_000 {
				fmt.Fprintf(&b, `,"k%d":1`, i)
			}
			return b.String()
		}() + `}`,
		"unknown targets":  `{"id":"1","target":"` + strings.Repeat("x,", 100_000) + `x"}`,
		"one long unknown": `{"id":"1","` + strings.Repeat("x", 500_000) + `":1}`,
	} {
		t.Run(name, func(t *testing.T) {
			w := newHouse(t).ask("POST", "/pbx/read_call", body, "Content-Type", jsonType)
			if w.Code != 400 && w.Code != 404 || w.Body.Len() > 64<<10 {
				t.Errorf("answered %d with %d bytes", w.Code, w.Body.Len())
			}
		})
	}
}
