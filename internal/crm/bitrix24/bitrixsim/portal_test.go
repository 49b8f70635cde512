package bitrixsim_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ringback/internal/crm/bitrix24/bitrixsim"
)

// hook is a portal behind an incoming webhook that may register calls.
type hook struct {
	*testing.T

	portal *bitrixsim.Portal
	client *http.Client
	now    time.Time
}

func open(t *testing.T, o bitrixsim.Options) *hook {
	t.Helper()
	h := &hook{T: t, now: time.Date(2026, 9, 21, 12, 0, 0, 0, time.UTC)}
	o.Now = func() time.Time { return h.now }
	o.WebhookTelephony = true
	h.portal = bitrixsim.New(o)
	h.portal.AddWebhook(1, "code")
	h.client = &http.Client{Transport: h.portal.Transport()}
	return h
}

// call posts a form, or JSON where the body begins with a brace, and returns
// the status and the answer as JSON without its time.
func (h *hook) call(method, body string) (int, string) {
	h.Helper()
	kind := "application/x-www-form-urlencoded"
	if strings.HasPrefix(body, "{") {
		kind = "application/json"
	}
	resp, err := h.client.Post("https://demo.bitrix24.ru/rest/1/code/"+method, kind, strings.NewReader(body))
	if err != nil {
		h.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		h.Fatal(err)
	}
	var answer map[string]any
	if err := json.Unmarshal(b, &answer); err != nil {
		h.Fatal(err)
	}
	delete(answer, "time")
	if result, ok := answer["result"].(map[string]any); ok {
		delete(result, "result_time")
	}
	b, err = json.Marshal(answer)
	if err != nil {
		h.Fatal(err)
	}
	return resp.StatusCode, string(b)
}

// register registers a call and returns its CALL_ID.
func (h *hook) register(more string) string {
	h.Helper()
	_, answer := h.call("telephony.externalCall.register.json", "USER_ID=1&PHONE_NUMBER=79161234567&TYPE=2&"+more)
	var got struct {
		Result struct {
			CallID string `json:"CALL_ID"`
		} `json:"result"`
	}
	if err := json.Unmarshal([]byte(answer), &got); err != nil || got.Result.CallID == "" {
		h.Fatalf("registering gives %s", answer)
	}
	return got.Result.CallID
}

func (h *hook) expect(method, body string, status int, part string) {
	h.Helper()
	if code, answer := h.call(method, body); code != status || !strings.Contains(answer, part) {
		h.Errorf("%s %s gives %d %s, want %d and %s", method, body, code, answer, status, part)
	}
}

func TestTheSimulatorRefusesWhatThePortalRefuses(t *testing.T) {
	h := open(t, bitrixsim.Options{Rate: 100, Burst: 1000})
	const register = "telephony.externalcall.register"
	h.expect(register, "PHONE_NUMBER=1234&TYPE=1", 400, "USER_ID or USER_PHONE_INNER should be set")
	h.expect(register, "USER_ID=7&PHONE_NUMBER=1234&TYPE=1", 400, "User is not found or is not active")
	h.expect(register, "USER_ID=1&PHONE_NUMBER=1234&TYPE=9", 400, "Unknown TYPE")
	h.expect(register, "USER_ID=1&PHONE_NUMBER=anonymous&TYPE=1", 400, "Unsupported phone number format")
	h.expect(register, "USER_ID=1&PHONE_NUMBER=1234&TYPE=1&CALL_START_DATE=2026-09-21T10:00:00Z", 400, "ISO-8601")
	h.expect("telephony.externalcall.finish", `{"CALL_ID":5,"USER_ID":1}`, 400, "CALL_ID must be a string")
	h.expect("telephony.externalcall.finish", "CALL_ID=none&USER_ID=1", 400, "Call is not found (call should be registered prior to finishing")
	h.expect("telephony.externalcall.attachRecord", "CALL_ID=none", 400, "Required parameters are not set")
	h.expect("telephony.externalcall.attachRecord", "CALL_ID=none&FILENAME=a.wav", 400, "not found in the statistic table")
	h.expect("no.such.method", "", 404, "ERROR_METHOD_NOT_FOUND")
	id := h.register("EXTERNAL_CALL_ID=a")
	h.expect("telephony.externalcall.attachRecord", url.Values{"CALL_ID": {id}, "FILENAME": {"a.wav"}}.Encode(), 400, "not finished yet")
	h.expect("voximplant.statistic.get", "", 200, `"result":[],"total":0`)
	h.expect("telephony.externalcall.finish", url.Values{"CALL_ID": {id}, "USER_ID": {"1"}, "DURATION": {"5"}}.Encode(), 200, `"CALL_FAILED_CODE":"200"`)
	h.expect("telephony.externalcall.finish", url.Values{"CALL_ID": {id}, "USER_ID": {"1"}}.Encode(), 400, "Call is not found")
	for file, want := range map[string]string{
		"FILENAME=a.ogg": "Wrong file extension", "FILENAME=a.wav&FILE_CONTENT=": "File content is empty",
		"FILENAME=a.wav&FILE_CONTENT=***": "not properly encoded",
	} {
		h.expect("telephony.externalcall.attachRecord", "CALL_ID="+url.QueryEscape(id)+"&"+file, 400, want)
	}
	h.expect("telephony.externalcall.attachRecord", "CALL_ID="+url.QueryEscape(id)+"&FILENAME=a.wav&FILE_CONTENT=UklGRg%3D%3D", 200, "FILE_ID")
	if got := h.portal.State().Calls; len(got) != 1 || got[0].FileName != "a.wav" {
		t.Errorf("calls %+v", got)
	}
}

func TestRegistrationsWithinHalfAnHourAreTheSame(t *testing.T) {
	for _, finished := range []bool{false, true} {
		h := open(t, bitrixsim.Options{Switches: bitrixsim.Switches{DedupFinished: finished}})
		first := h.register("EXTERNAL_CALL_ID=a")
		if again := h.register("EXTERNAL_CALL_ID=a&CALL_START_DATE=2020-01-01T10%3A00%3A00%2B03%3A00"); again != first {
			t.Error("the time of the call is no part of what makes two the same")
		}
		if other := h.register("EXTERNAL_CALL_ID=b"); other == first {
			t.Error("another external id is the same call")
		}
		h.call("telephony.externalcall.finish", url.Values{"CALL_ID": {first}, "USER_ID": {"1"}}.Encode())
		if again := h.register("EXTERNAL_CALL_ID=a"); (again == first) != finished {
			t.Errorf("a finished call is found: %v, want %v", again == first, finished)
		}
		h.now = h.now.Add(31 * time.Minute)
		if late := h.register("EXTERNAL_CALL_ID=a"); late == first {
			t.Error("after half an hour it is still the same")
		}
	}
}

func TestBatches(t *testing.T) {
	h := open(t, bitrixsim.Options{})
	h.expect("batch", `{"cmd":{}}`, 200, `{"result":{"result":[],"result_error":[],"result_next":[],"result_total":[]}}`)
	h.expect("batch", `{"halt":1,"cmd":{"a":"telephony.externalcall.register?USER_ID=1&PHONE_NUMBER=%2B79161234567&TYPE=2",
		"b":"telephony.externalcall.finish?CALL_ID=$result[a][CALL_ID]&USER_ID=1&DURATION=3"}}`, 200, `"CALL_DURATION":3`)
	h.expect("batch", `{"halt":1,"cmd":{"a":"telephony.externalcall.finish?CALL_ID=$result[x][CALL_ID]&USER_ID=1","b":"scope"}}`, 200,
		`{"result":{"result":[],"result_error":{"a":{"error":"ERROR_CORE"`)
	h.expect("batch", `{"cmd":["batch"]}`, 200, "ERROR_BATCH_METHOD_NOT_ALLOWED")
	h.expect("batch", "cmd[0]=scope", 200, `"0":["crm","telephony","user_basic","task"]`)
	many := `{"cmd":["scope"` + strings.Repeat(`,"scope"`, 50) + `]}`
	h.expect("batch", many, 200, `"50":{"error":"ERROR_BATCH_LENGTH_EXCEEDED"`)
}

func TestFiltersOfStatistics(t *testing.T) {
	h := open(t, bitrixsim.Options{Rate: 1000, Burst: 10000, Operating: -1})
	for i := range 60 {
		start := time.Date(2026, 9, 1, 10, 0, i, 0, time.UTC).Format("2006-01-02T15:04:05-07:00")
		id := h.register(url.Values{"EXTERNAL_CALL_ID": {"c" + string(rune('a'+i))}, "CALL_START_DATE": {start}}.Encode())
		h.call("telephony.externalcall.finish", url.Values{"CALL_ID": {id}, "USER_ID": {"1"}}.Encode())
	}
	for query, want := range map[string]string{
		"": `"next":50`, "start=50": `"total":60`, "FILTER[>ID]=58&SORT=ID&ORDER=DESC": `"total":2`,
		"FILTER[EXTERNAL_CALL_ID]=cb": `"total":1`, "FILTER[!EXTERNAL_CALL_ID]=cb": `"total":59`, "FILTER[ID][0]=1&FILTER[ID][1]=2": `"total":2`,
		"FILTER[><CALL_START_DATE][0]=2026-09-01T10:00:05%2B00:00&FILTER[><CALL_START_DATE][1]=2026-09-01T13:00:06%2B03:00": `"total":2`,
		"FILTER[%25PHONE_NUMBER]=1234": `"total":60`, "FILTER[<%3DID]=3": `"total":3`, "FILTER[NO_SUCH]=3": `"total":60`,
	} {
		h.expect("voximplant.statistic.get", query, 200, want)
	}
	h.expect("voximplant.statistic.get", "FILTER[EXTERNAL_CALL_ID][0]=cb", 400, "list")
	h.expect("voximplant.statistic.get", "SORT=CALL_TYPE", 400, "CALL_TYPE")
	if _, answer := h.call("voximplant.statistic.get", "start=-1"); strings.Contains(answer, "total") {
		t.Error("start=-1 counts")
	}
}

func TestLimitsAreThoseOfTheDocuments(t *testing.T) {
	h := open(t, bitrixsim.Options{})
	for range 51 {
		h.expect("server.time", "", 200, "result")
	}
	h.expect("server.time", "", 503, "QUERY_LIMIT_EXCEEDED")
	h.now = h.now.Add(time.Second)
	h.expect("server.time", "", 200, "result")

	h = open(t, bitrixsim.Options{Rate: 1000, Burst: 10000, Costs: map[string]time.Duration{"user.get": 100 * time.Second}})
	for range 5 {
		h.expect("user.get", "", 200, "result")
		h.now = h.now.Add(time.Minute)
	}
	h.expect("user.get", "", 429, "OPERATION_TIME_LIMIT")
	h.expect("batch", `{"cmd":["user.get","scope"]}`, 200, `"0":{"error":"OPERATION_TIME_LIMIT"`)
	h.now = h.now.Add(5 * time.Minute)
	h.expect("user.get", "", 200, "result")
}

func TestCallsAreToldInTheChatUnlessBothRequestsSayNot(t *testing.T) {
	for _, silently := range []bool{false, true} {
		h := open(t, bitrixsim.Options{Switches: bitrixsim.Switches{FinishSilently: silently}})
		for i, more := range []string{"", "&ADD_TO_CHAT=0", "&ADD_TO_CHAT=1"} {
			id := h.register("ADD_TO_CHAT=0&EXTERNAL_CALL_ID=" + strconv.Itoa(i))
			h.expect("telephony.externalcall.finish", "CALL_ID="+url.QueryEscape(id)+"&USER_ID=1"+more, 200, "CRM_ACTIVITY_ID")
		}
		want := []int{1, 0, 1}
		if silently {
			want[0] = 0
		}
		for i, c := range h.portal.State().Calls {
			if c.Chats != want[i] {
				t.Errorf("silently %v: call %d has %d notices, want %d", silently, i, c.Chats, want[i])
			}
		}
	}
}

func TestLeadsOfUnknownClients(t *testing.T) {
	h := open(t, bitrixsim.Options{})
	h.portal.AddClient(bitrixsim.Client{Type: "CONTACT", ID: 12, Phone: "+7 916 123-45-67"})
	h.expect("telephony.externalcall.register", "USER_ID=1&PHONE_NUMBER=%2B79161234567&TYPE=2&CRM_CREATE=1", 200, `"CRM_ENTITY_ID":12`)
	h.expect("telephony.externalcall.register", "USER_ID=1&PHONE_NUMBER=79990000000&TYPE=2&CRM_CREATE=1", 200, `"CRM_CREATED_LEAD":601`)
	h.expect("telephony.externalcall.searchCrmEntities", "PHONE_NUMBER=79990000000", 200, `"CRM_ENTITY_TYPE":"LEAD"`)
	h.expect("telephony.externalLine.add", "NUMBER=line-1", 200, `"ID":1`)
	h.expect("telephony.externalcall.register", "USER_ID=1&PHONE_NUMBER=79990000001&TYPE=1&LINE_NUMBER=line-1", 200, `"CRM_CREATED_LEAD":602`)
}

func TestEventsReachTheirHandlerOverANetwork(t *testing.T) {
	o := bitrixsim.Options{}
	portal := bitrixsim.New(o)
	server := httptest.NewServer(portal)
	defer server.Close()
	access, _ := portal.Grant(1)
	var got []string
	handler := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = append(got, r.FormValue("event")) }))
	defer handler.Close()
	resp, err := server.Client().PostForm(server.URL+"/rest/event.bind", url.Values{"auth": {access}, "event": {"onExternalCallStart"}, "handler": {handler.URL}})
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if err := portal.Emit(t.Context(), handler.Client(), "ONEXTERNALCALLSTART", url.Values{"data[CALL_ID]": {"x"}}, 2); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"ONEXTERNALCALLSTART", "ONEXTERNALCALLSTART"}, got); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	page, err := server.Client().Get(server.URL + "/")
	if err != nil {
		t.Fatal(err)
	}
	defer page.Body.Close()
	if b, err := io.ReadAll(page.Body); err != nil || !strings.Contains(string(b), "Simulated Bitrix24") {
		t.Errorf("page %s, %v", b, err)
	}
}
