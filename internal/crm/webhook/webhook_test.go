package webhook_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ringback/internal/call"
	"ringback/internal/crm"
	"ringback/internal/crm/webhook"
)

var now = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func parcel() *crm.Parcel {
	return &crm.Parcel{Key: "main-1795410855.21", Revision: 2, Past: true, Call: &call.Call{ID: "1795410855.21", PBX: "main", LinkedIDs: []string{"1795410855.21"}}}
}

func target(t *testing.T, address string, change ...func(*webhook.Settings)) *webhook.Target {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	s := webhook.Settings{URL: u, Secret: "s3cret", AnswerTime: 5 * time.Second}
	for _, f := range change {
		f(&s)
	}
	made, err := webhook.New(s, crm.Services{Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// do brings a parcel to an address.
func do(t *testing.T, address string, change ...func(*webhook.Settings)) (crm.Memo, *crm.Error) {
	t.Helper()
	memo, err := target(t, address, change...).Do(t.Context(), parcel(), crm.Step{Name: "post"}, nil)
	if err == nil {
		return memo, nil
	}
	told, ok := errors.AsType[*crm.Error](err)
	if !ok {
		t.Fatalf("no outcome but %v", err)
	}
	return nil, told
}

func TestARequestIsAsTheContractSays(t *testing.T) {
	var got *http.Request
	var body []byte
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		got = r
		body, _ = io.ReadAll(r.Body)
	}))
	defer server.Close()
	memo, failure := do(t, server.URL+"/calls?token=x")
	if failure != nil {
		t.Fatal(failure)
	}
	var sent struct {
		Mode, PBX string
		Revision  int
		Call      struct{ ID string }
	}
	if err := json.Unmarshal(body, &sent); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"POST", "/calls?token=x", "application/json", "main-1795410855.21-2",
		webhook.Sign([]byte("s3cret"), now, body), "past", "main", "1795410855.21", `{"revision":2}`,
	}
	if diff := cmp.Diff(want, []string{
		got.Method, got.RequestURI, got.Header.Get("Content-Type"), got.Header.Get("Idempotency-Key"),
		got.Header.Get("Ringback-Signature"), sent.Mode, sent.PBX, sent.Call.ID, string(memo),
	}); diff != "" {
		t.Error(diff)
	}
	if !strings.HasPrefix(string(body), `{"mode":"past","pbx":"main","revision":2,"call":{"id":"1795410855.21",`) {
		t.Errorf("the body is %s", body)
	}
	if _, failure := do(t, server.URL, func(s *webhook.Settings) { s.Secret = "" }); failure != nil || got.Header.Get("Ringback-Signature") != "" {
		t.Errorf("without a secret the signature is %q (%v)", got.Header.Get("Ringback-Signature"), failure)
	}
}

// The signature is that of the example in docs/webhook.md.
func TestASignatureIsHMACOfMomentAndBody(t *testing.T) {
	got := webhook.Sign([]byte("s3cret"), time.Unix(1795410900, 0), []byte(`{"mode":"live"}`))
	if want := "t=1795410900,v1=968651f2aa23683df11d57e7e7213912010b41ede5556b8570120a4726acf457"; got != want {
		t.Errorf("it is %s, not %s", got, want)
	}
}

func TestEachAnswerHasItsMeaning(t *testing.T) {
	for _, test := range []struct {
		name   string
		status int
		header map[string]string
		body   string
		class  crm.Class
		until  time.Time
		reason string // "" means delivered
	}{
		{name: "204 is delivered", status: 204},
		{name: "409 is delivered", status: 409, body: "known"},
		{"408 is tried again", 408, nil, "", crm.Unavailable, time.Time{}, "answered 408"},
		{"425 is tried again", 425, nil, "", crm.Unavailable, time.Time{}, "answered 425"},
		{"429 with seconds waits", 429, map[string]string{"Retry-After": "120"}, "", crm.Throttled, now.Add(2 * time.Minute), "answered 429"},
		{"429 with a date waits", 429, map[string]string{"Retry-After": "Mon, 23 Nov 2026 12:05:00 GMT"}, "", crm.Throttled, now.Add(5 * time.Minute), "answered 429"},
		{"429 with nonsense is throttled", 429, map[string]string{"Retry-After": "soon"}, "", crm.Throttled, time.Time{}, "answered 429"},
		{"a year is not believed", 503, map[string]string{"Retry-After": "31536000"}, "", crm.Unavailable, now.Add(24 * time.Hour), "answered 503"},
		{"500 may have had its effect", 500, nil, "<html>\n oops \x00</html>", crm.Uncertain, time.Time{}, "answered 500: <html> oops </html>"},
		{"400 is for good", 400, nil, "no such field", crm.Refused, time.Time{}, "answered 400: no such field"},
		{"401 is for good", 401, nil, "", crm.Refused, time.Time{}, "answered 401; see that the receiver knows the target's secret"},
		{"a redirect is not followed", 302, map[string]string{"Location": "https://elsewhere.example.com/login"}, "", crm.Refused, time.Time{}, "perhaps a page of elsewhere.example.com"},
	} {
		t.Run(test.name, func(t *testing.T) {
			requests := 0
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				requests++
				for name, value := range test.header {
					w.Header().Set(name, value)
				}
				w.WriteHeader(test.status)
				_, _ = io.WriteString(w, test.body)
			}))
			defer server.Close()
			_, failure := do(t, server.URL)
			switch {
			case requests != 1:
				t.Errorf("it took %d requests", requests)
			case test.reason == "" && failure != nil, test.reason != "" && failure == nil:
				t.Errorf("the outcome is %v", failure)
			case failure == nil:
			case failure.Class != test.class || !failure.Until.Equal(test.until) || !strings.Contains(failure.Error(), test.reason):
				t.Errorf("the outcome is %v until %v: %v", failure.Class, failure.Until, failure)
			}
		})
	}
}

func TestAnAnswerIsReadUpToABound(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for block := strings.Repeat("x", 1<<16); ; { // more than anybody would read
			if _, err := io.WriteString(w, block); err != nil || r.Context().Err() != nil {
				return
			}
		}
	}))
	defer server.Close()
	if _, failure := do(t, server.URL); failure != nil {
		t.Error(failure)
	}
}

func TestWhatKeepsARequestFromItsReceiverIsSaidWithAHint(t *testing.T) {
	secure := httptest.NewTLSServer(http.NotFoundHandler())
	defer secure.Close()
	hanging := make(chan struct{})
	silent := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-hanging }))
	defer silent.Close()
	defer close(hanging)
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	through := func(err error) func(*webhook.Settings) {
		return func(s *webhook.Settings) { s.Transport = broken{err} }
	}
	for _, test := range []struct {
		name, address string
		change        func(*webhook.Settings)
		class         crm.Class
		want          string
	}{
		{"an unknown authority", secure.URL, func(*webhook.Settings) {}, crm.Blocked, "signed by nobody whom this machine trusts"},
		{"a certificate of another name", "https://crm.example.com", through(&tls.CertificateVerificationError{Err: x509.HostnameError{Certificate: &x509.Certificate{}, Host: "crm.example.com"}}), crm.Blocked, "its certificate is for another name"},
		{"an unknown name", "https://crm.example.com/secret", through(&net.DNSError{Err: "no such host", Name: "crm.example.com"}), crm.Unavailable, "see that the name in url is right"},
		{"nobody listens", "http://" + closed.Addr().String(), func(*webhook.Settings) {}, crm.Unavailable, "see that the receiver runs"},
		{"no TLS there", strings.Replace(plain.URL, "http:", "https:", 1), func(*webhook.Settings) {}, crm.Unavailable, "does not speak TLS"},
		{"no answer", silent.URL, func(s *webhook.Settings) { s.AnswerTime = 50 * time.Millisecond }, crm.Uncertain, "did not answer in time"},
		{"the connection breaks", "http://crm.example.com/secret", through(io.ErrUnexpectedEOF), crm.Uncertain, "the answer of crm.example.com was lost"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, failure := do(t, test.address, test.change)
			if failure == nil || failure.Class != test.class || !strings.Contains(failure.Error(), test.want) {
				t.Errorf("the outcome is %v", failure)
			}
			if failure != nil && strings.Contains(failure.Error(), "secret") {
				t.Errorf("the outcome shows the path: %v", failure)
			}
		})
	}
}

// broken is a way on which every request is lost.
type broken struct{ err error }

func (b broken) RoundTrip(*http.Request) (*http.Response, error) { return nil, b.err }

func TestEveryRevisionIsAStepAndNoneWhenTheReceiverHasIt(t *testing.T) {
	made := target(t, "https://crm.example.com")
	for memo, want := range map[string]string{"": "post", `{"revision":1}`: "post", `{"revision":2}`: "", `nonsense`: "post"} {
		step := made.Next(parcel(), crm.Memo(memo))
		if step.Name != want || want != "" && !step.Repeatable {
			t.Errorf("after %q the next step is %+v", memo, step)
		}
	}
	parcels, _ := made.Parcels(&call.Call{ID: "1.1", PBX: "main", Direction: call.Internal}, false)
	if len(parcels) != 1 || parcels[0].Key != "main-1.1" {
		t.Errorf("parcels of a call among ours are %+v", parcels)
	}
	if _, _, err := made.Look(context.Background(), parcel(), crm.Step{}, nil); err == nil {
		t.Error("a receiver can be asked")
	}
	if _, err := webhook.New(webhook.Settings{}, crm.Services{}); err == nil {
		t.Error("a webhook needs no address")
	}
}
