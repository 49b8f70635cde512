package kommosim_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"ringback/internal/crm/kommo/kommosim"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// asker asks an account whose clock stands still until it is moved.
type asker struct {
	t   *testing.T
	sim *kommosim.Sim
	now time.Time
}

func newAsker(t *testing.T, o kommosim.Options) *asker {
	t.Helper()
	a := &asker{t: t, now: noon}
	o.Now, o.Token = func() time.Time { return a.now }, "token"
	a.sim = kommosim.New(o)
	return a
}

// ask sends a request, a second after the one before.
func (a *asker) ask(method, path, body string) (int, string) {
	a.t.Helper()
	a.now = a.now.Add(time.Second)
	return a.askNow(method, path, body)
}

func (a *asker) askNow(method, path, body string) (int, string) {
	a.t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer token")
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	a.sim.ServeHTTP(w, r)
	answer, err := io.ReadAll(w.Result().Body)
	if err != nil {
		a.t.Fatal(err)
	}
	return w.Code, string(answer)
}

const aCall = `{"direction":"inbound","duration":5,"source":"pbx","phone":"%s","request_id":"%s"}`

func TestTheAccountIsStrictWhereTheDocumentsAreClear(t *testing.T) {
	a := newAsker(t, kommosim.Options{})
	client := a.sim.AddClient("contacts", "Client", "+7 916 123-45-67")
	note := func(fields string) string {
		return fmt.Sprintf(`[{"entity_id":%d,"note_type":"call_in",%s}]`, client, fields)
	}
	for _, test := range []struct {
		name, method, path, body string
		status                   int
		says                     string
	}{
		{"a field that is not expected", "POST", "/api/v4/contacts/notes", note(`"extra":1,"params":{"duration":1,"source":"x"}`), 400, "FieldNotExpected"},
		{"a field that is missing", "POST", "/api/v4/contacts/notes", note(`"params":{"source":"x"}`), 400, "FieldMissing"},
		{"a blank field", "POST", "/api/v4/contacts/notes", note(`"params":{"duration":1,"source":""}`), 400, "NotBlank"},
		{"a wrong type", "POST", "/api/v4/contacts/notes", note(`"params":{"duration":"1","source":"x"}`), 400, "InvalidType"},
		{"null", "POST", "/api/v4/contacts/notes", note(`"created_by":null,"params":{"duration":1,"source":"x"}`), 400, "NotNullable"},
		{"a user who is not there", "POST", "/api/v4/contacts/notes", note(`"created_by":5,"params":{"duration":1,"source":"x"}`), 400, "NotSupportedChoice"},
		{"a contact that is not there", "POST", "/api/v4/contacts/notes", `[{"entity_id":1,"note_type":"call_in","params":{"duration":1,"source":"x"}}]`, 400, "entity_id"},
		{"a sound note", "POST", "/api/v4/contacts/notes", note(`"params":{"duration":1,"source":"x","uniq":"k"}`), 200, `"notes"`},
		{"a filter that is not documented", "GET", "/api/v4/contacts/notes?filter[uniq]=k", "", 400, "filter[uniq]"},
		{"notes of a client", "GET", fmt.Sprintf("/api/v4/contacts/notes?filter[entity_id][]=%d", client), "", 200, `"uniq":"k"`},
		{"notes of none", "GET", "/api/v4/leads/notes", "", 204, ""},
		{"too long a page", "GET", "/api/v4/contacts?query=916&limit=251", "", 422, "Limit 250"},
		{"calls cannot be read", "GET", "/api/v4/calls", "", 405, ""},
		{"a call of nobody", "POST", "/api/v4/calls", "[" + fmt.Sprintf(aCall, "123", "a") + "]", 400, "263"},
		{"a call of a client", "POST", "/api/v4/calls", "[" + fmt.Sprintf(aCall, "89161234567", "a") + "]", 200, `"entity_type":"contact"`},
		{"calls of both", "POST", "/api/v4/calls", "[" + fmt.Sprintf(aCall, "123", "a") + "," + fmt.Sprintf(aCall, "89161234567", "b") + "]", 200, `"Entity not found"`},
		{"events", "GET", "/api/v4/events", "", 200, "incoming_call"},
		{"a popup", "POST", "/api/v2/events", `{"add":[{"type":"phone_call","phone_number":"1","users":[1]}]}`, 200, "items"},
		{"an object in place of an array", "POST", "/api/v4/contacts", `{"name":"x"}`, 400, "array"},
		{"an address that is not there", "GET", "/api/v4/nothing", "", 404, ""},
	} {
		if status, body := a.ask(test.method, test.path, test.body); status != test.status || !strings.Contains(body, test.says) {
			t.Errorf("%s: %d %s; want %d and %q", test.name, status, body, test.status, test.says)
		}
	}
}

func TestSevenRequestsASecondPassAndTooManyLock(t *testing.T) {
	for _, kommo := range []bool{false, true} {
		a := newAsker(t, kommosim.Options{Kommo: kommo, LockAfter: 3})
		for n := range 9 {
			status, body := a.askNow("GET", "/api/v4/account", "")
			if want := map[bool]int{true: 200, false: 429}[n < 7]; status != want {
				t.Errorf("request %d: %d, want %d", n, status, want)
			}
			if n >= 7 && strings.Contains(body, "retry_after") != kommo {
				t.Errorf("the refusal says %s", body)
			}
		}
		if status, _ := a.ask("GET", "/api/v4/account", ""); status != 200 {
			t.Errorf("a second later: %d", status)
		}
		for range 7 {
			a.askNow("GET", "/api/v4/account", "")
		}
		if status, _ := a.ask("GET", "/api/v4/account", ""); status != 403 || a.sim.Refused() != 3 {
			t.Errorf("after %d refusals: %d", a.sim.Refused(), status)
		}
	}
}

func TestWhatTheAccountHoldsCanBeSeen(t *testing.T) {
	a := newAsker(t, kommosim.Options{})
	a.sim.AddClient("contacts", "<b>Client</b>", "89161234567")
	a.ask("POST", "/api/v4/calls", "["+fmt.Sprintf(aCall, "89161234567", "a")+"]")
	status, page := a.ask("GET", "/_sim/", "")
	if status != http.StatusOK || !strings.Contains(page, "call_in") || strings.Contains(page, "<b>Client") {
		t.Errorf("the page is %d: %s", status, page)
	}
	var held kommosim.Holdings
	_, state := a.ask("GET", "/_sim/state.json", "")
	if err := json.Unmarshal([]byte(state), &held); err != nil || len(held.Notes) != 1 || held.Requests != 1 {
		t.Errorf("the state is %s: %v", state, err)
	}
}
