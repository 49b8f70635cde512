package digestauth_test

import (
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/icholy/digest"

	"ringback/internal/digestauth"
)

const realm = "ringback"

func credential(name, role, password string) digestauth.Credential {
	a1 := []byte(name + ":" + realm + ":" + password)
	s, m := sha256.Sum256(a1), md5.Sum(a1)
	return digestauth.Credential{
		Account: digestauth.Account{Name: name, Role: role},
		SHA256:  hex.EncodeToString(s[:]), MD5: hex.EncodeToString(m[:]),
	}
}

// clock is the present of a test.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// rig is an authenticator with a handler behind it that says who came, and with
// what.
type rig struct {
	*digestauth.Authenticator
	clock *clock
	http.Handler
}

func newRig(t testing.TB) *rig {
	t.Helper()
	c := &clock{at: time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)}
	a, err := digestauth.New(digestauth.Config{
		Realm: realm,
		Credentials: []digestauth.Credential{
			credential("admin", "admin", "secret"), credential("зритель", "viewer", "пароль с пробелами"),
			{Account: digestauth.Account{Name: "modern"}, SHA256: credential("modern", "", "secret").SHA256},
		},
		Now: c.now,
	})
	if err != nil {
		t.Fatal(err)
	}
	return &rig{a, c, a.Wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		account, ok := digestauth.AccountFrom(r.Context())
		body, err := io.ReadAll(r.Body)
		if !ok || err != nil {
			t.Errorf("got %v, %v", account, err)
		}
		_, _ = io.WriteString(w, account.Name+" "+account.Role+" "+r.Method+" "+r.RequestURI+" "+string(body))
	}))}
}

// from is the address that attempts come from unless a test says otherwise.
const from = "192.0.2.1:40000"

func (g *rig) send(method, target, authorization, remote string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, nil)
	r.RemoteAddr = remote
	if authorization != "" {
		r.Header.Set("Authorization", authorization)
	}
	w := httptest.NewRecorder()
	g.ServeHTTP(w, r)
	return w
}

// challenge takes a challenge, the n-th that is offered.
func (g *rig) challenge(t testing.TB, n int) *digest.Challenge {
	t.Helper()
	w := g.send("GET", "/", "", "198.51.100.1:1")
	return challengeOf(t, w, n)
}

func challengeOf(t testing.TB, w *httptest.ResponseRecorder, n int) *digest.Challenge {
	t.Helper()
	c, err := digest.ParseChallenge(w.Header().Values("WWW-Authenticate")[n])
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// answer makes the Authorization header for GET /; change alters what it is
// made from.
func answer(t testing.TB, c *digest.Challenge, change func(*digest.Options)) *digest.Credentials {
	t.Helper()
	o := digest.Options{Method: "GET", URI: "/", Count: 1, Username: "admin", Password: "secret"}
	if change != nil {
		change(&o)
	}
	credentials, err := digest.Digest(c, o)
	if err != nil {
		t.Fatal(err)
	}
	return credentials
}

func count(n int) func(*digest.Options) { return func(o *digest.Options) { o.Count = n } }

func expect(t testing.TB, w *httptest.ResponseRecorder, status int) {
	t.Helper()
	if w.Code != status {
		t.Fatalf("got %d %s, want %d", w.Code, strings.TrimSpace(w.Body.String()), status)
	}
}

func isStale(w *httptest.ResponseRecorder) bool {
	for _, header := range w.Header().Values("WWW-Authenticate") {
		if c, err := digest.ParseChallenge(header); err != nil || !c.Stale {
			return false
		}
	}
	return len(w.Header().Values("WWW-Authenticate")) > 0
}
