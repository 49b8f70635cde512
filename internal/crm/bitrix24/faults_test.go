package bitrix24_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"ringback/internal/crm"
	"ringback/internal/crm/bitrix24"
	"ringback/internal/crm/bitrix24/bitrixsim"
)

// once makes the first request of a method fail.
func once(method string, f bitrixsim.Fault) func(bitrixsim.Request) bitrixsim.Fault {
	return times(1, method, f)
}

func times(n int, method string, f bitrixsim.Fault) func(bitrixsim.Request) bitrixsim.Fault {
	return func(r bitrixsim.Request) bitrixsim.Fault {
		if n > 0 && strings.HasSuffix(r.Method, method) {
			n--
			return f
		}
		return bitrixsim.NoFault
	}
}

var faults = map[string]bitrixsim.Fault{
	"dropped before it was done": bitrixsim.DropBefore, "dropped after it was done": bitrixsim.DropAfter,
	"an error before": bitrixsim.ErrorBefore, "an error after": bitrixsim.ErrorAfter,
	"a gateway's page before": bitrixsim.HTMLBefore, "a gateway's page after": bitrixsim.HTMLAfter,
	"a token that has expired": bitrixsim.Expire, "a refused connection": bitrixsim.Refuse,
}

func TestWhateverFailsEachCallArrivesOnce(t *testing.T) {
	for name, fault := range faults {
		for _, method := range []string{".register", ".finish", ".attachrecord", "upload", "user.get", "voximplant.statistic.get"} {
			for switches := range 8 {
				t.Run(fmt.Sprintf("%s/%s/%d", name, method, switches), func(t *testing.T) {
					o := bitrixsim.Options{Fault: once(method, fault), Switches: bitrixsim.Switches{
						DedupFinished: switches&1 != 0, EmptyCode: switches&2 != 0, ListFilters: switches&4 != 0, OldRefresh: switches&4 != 0,
					}}
					h := open(t, o, nil)
					c := incoming("1.1", "79161234567")
					h.must(c, true)
					s := h.portal.State()
					if len(s.Calls) != 1 || s.Unfinished != 0 || s.Calls[0].FileSHA256 != hashOf(c) {
						t.Errorf("%d calls, %d unfinished: %+v", len(s.Calls), s.Unfinished, s.Calls)
					}
				})
			}
		}
	}
}

func TestARegistrationWhoseAnswerWasLostIsRepeatedUnchanged(t *testing.T) {
	h := open(t, bitrixsim.Options{Fault: times(3, ".register", bitrixsim.DropAfter)}, nil)
	h.must(incoming("1.1", "79161234567"), true)
	if s := h.portal.State(); len(s.Calls) != 1 || s.Unfinished != 0 {
		t.Errorf("%d calls, %d unfinished; want 1 and 0", len(s.Calls), s.Unfinished)
	}
}

func TestARegistrationWhoseAnswerWasLostLongAgoIsLookedUp(t *testing.T) {
	h := open(t, bitrixsim.Options{}, nil)
	c := incoming("1.1", "79161234567")
	p, _ := h.target.Parcels(c, true)
	prepared, err := h.target.Do(t.Context(), &p[0], h.target.Next(&p[0], nil), nil)
	if err != nil {
		t.Fatal(err)
	}
	step := h.target.Next(&p[0], prepared)
	if _, done, err := h.target.Look(t.Context(), &p[0], step, prepared); err != nil || done {
		t.Fatalf("an early look says %v, %v; want not done, without asking", done, err)
	}
	if _, err := h.parcel(&p[0], prepared); err != nil { // another process delivers it
		t.Fatal(err)
	}
	h.clock.advance(time.Hour)
	memo, done, err := h.target.Look(t.Context(), &p[0], step, prepared)
	if err != nil || !done {
		t.Fatalf("a late look says %v, %v; want done", done, err)
	}
	if next := h.target.Next(&p[0], memo); next.Name != "record" {
		t.Errorf("the next step is %q, want record", next.Name)
	}
}

func TestALostRegistrationBeginsAnew(t *testing.T) {
	for _, finished := range []bool{false, true} {
		h := open(t, bitrixsim.Options{Switches: bitrixsim.Switches{RegistrationLife: 10 * time.Minute, DedupFinished: finished}}, nil)
		c := incoming("1.1", "79161234567")
		p, _ := h.target.Parcels(c, true)
		memo, err := h.target.Do(t.Context(), &p[0], h.target.Next(&p[0], nil), nil)
		if err != nil {
			t.Fatal(err)
		}
		if memo, err = h.target.Do(t.Context(), &p[0], h.target.Next(&p[0], memo), memo); err != nil {
			t.Fatal(err)
		}
		h.clock.advance(20 * time.Minute) // the portal forgets the call, and its registration still stands in for new ones
		if _, err := h.parcel(&p[0], memo); err != nil {
			t.Fatal(err)
		}
		if s := h.portal.State(); len(s.Calls) != 1 {
			t.Errorf("%d calls, want 1", len(s.Calls))
		}
	}
}

func TestAKilledProcessFinishesWithTheCallIDItHas(t *testing.T) {
	h := open(t, bitrixsim.Options{}, nil)
	p, _ := h.target.Parcels(incoming("1.1", "79161234567"), true)
	var memo crm.Memo
	for {
		step := h.target.Next(&p[0], memo)
		if step.Name == "" {
			break
		}
		if step.Name == "finish" {
			if _, err := h.target.Do(t.Context(), &p[0], step, memo); err != nil { // done, and not written down
				t.Fatal(err)
			}
		}
		h.restart()
		if step.Name == "finish" {
			got, done, err := h.target.Look(t.Context(), &p[0], step, memo)
			if err != nil || !done {
				t.Fatalf("look says %v, %v", done, err)
			}
			memo = got
			continue
		}
		got, err := h.target.Do(t.Context(), &p[0], step, memo)
		if err != nil {
			t.Fatal(err)
		}
		memo = got
	}
	if s := h.portal.State(); len(s.Calls) != 1 || s.Unfinished != 0 {
		t.Errorf("%d calls, %d unfinished; want 1 and 0", len(s.Calls), s.Unfinished)
	}
}

func TestThePortalAnswersEveryErrorAndEachHasItsTreatment(t *testing.T) {
	core := func(text string) string { return `{"error":"ERROR_CORE","error_description":"` + text + `"}` }
	empty := func(text string) string { return `{"error":"","error_description":"` + text + `"}` }
	code := func(c string) string { return `{"error":"` + c + `","error_description":"text"}` }
	for _, test := range []struct {
		status int
		body   string
		want   crm.Class
		hint   string
	}{
		{503, code("QUERY_LIMIT_EXCEEDED"), crm.Throttled, ""},
		{429, code("OPERATION_TIME_LIMIT"), crm.Throttled, ""},
		{503, code("OVERLOAD_LIMIT"), crm.Blocked, "support"},
		{500, code("INTERNAL_SERVER_ERROR"), crm.Uncertain, ""},
		{500, code("ERROR_UNEXPECTED_ANSWER"), crm.Uncertain, ""},
		{500, code("PORTAL_DELETED"), crm.Blocked, "gone"},
		{401, code("NO_AUTH_FOUND"), crm.Blocked, "webhook"},
		{403, code("insufficient_scope"), crm.Blocked, "user_basic"},
		{403, code("INVALID_CREDENTIALS"), crm.Blocked, "administrator"},
		{403, code("user_access_error"), crm.Blocked, "access"},
		{403, code("ACCESS_DENIED"), crm.Blocked, "plan"},
		{403, code("WRONG_AUTH_TYPE"), crm.Blocked, "local application"},
		{400, code("INVALID_REQUEST"), crm.Blocked, "https"},
		{404, code("ERROR_METHOD_NOT_FOUND"), crm.Blocked, "telephony"},
		{405, code("ERROR_BATCH_METHOD_NOT_ALLOWED"), crm.Refused, ""},
		{400, code("ERROR_BATCH_LENGTH_EXCEEDED"), crm.Refused, ""},
		{404, code("ERROR_MANIFEST_IS_NOT_AVAILABLE"), crm.Refused, ""},
		{400, code("INVALID_ARGUMENT"), crm.Refused, ""},
		{400, core("Unsupported phone number format"), crm.Refused, "anonymous_number"},
		{403, empty("Unsupported phone number format"), crm.Refused, "anonymous_number"},
		{400, core("Unknown TYPE"), crm.Refused, ""},
		{400, core("CALL_START_DATE should be in the ISO-8601 format"), crm.Refused, ""},
		{400, core("USER_ID or USER_PHONE_INNER should be set"), crm.Refused, ""},
		{400, core("User is not found or is not active"), crm.Blocked, "default_user"},
		{400, empty("Unexpected database error"), crm.Uncertain, ""},
		{400, core("something new"), crm.Refused, ""},
		{500, core("something new"), crm.Uncertain, ""},
		{502, "<html>Bad Gateway</html>", crm.Uncertain, ""},
		{200, "<html>Welcome</html>", crm.Uncertain, ""},
		{200, "{}", crm.Uncertain, ""},
		{404, "<html>Not here</html>", crm.Blocked, "url"},
		{429, "<html>Slow down</html>", crm.Throttled, ""},
		{400, `{"error":{"code":"X"},"error_description":"an object"}`, crm.Refused, ""},
	} {
		t.Run(fmt.Sprintf("%d %s", test.status, test.body), func(t *testing.T) {
			h := open(t, bitrixsim.Options{}, func(s *bitrix24.Settings) {
				useWebhook(s)
				s.Transport = canned{test.status, test.body}
			})
			memo := crm.Memo(`{"user":1,"since":1}`)
			p, _ := h.target.Parcels(incoming("1.1", "79161234567"), true)
			_, err := h.target.Do(t.Context(), &p[0], h.target.Next(&p[0], memo), memo)
			e, ok := errors.AsType[*crm.Error](err)
			if !ok || e.Class != test.want || !strings.Contains(e.Hint, test.hint) {
				t.Fatalf("outcome %v (%v), want %v with a hint of %q", err, e.Class, test.want, test.hint)
			}
			if e.Class == crm.Throttled && e.Until.IsZero() && !strings.HasPrefix(test.body, "<") {
				t.Error("nobody says until when to wait")
			}
		})
	}
}

// canned answers every request alike.
type canned struct {
	status int
	body   string
}

func (c canned) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: c.status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(c.body)), Request: r}, nil
}
