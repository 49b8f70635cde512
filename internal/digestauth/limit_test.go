package digestauth_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
	"time"

	"github.com/icholy/digest"

	"ringback/internal/digestauth"
)

func (g *rig) guess(t testing.TB, remote string) *httptest.ResponseRecorder {
	t.Helper()
	wrong := answer(t, g.challenge(t, 0), func(o *digest.Options) { o.Password = "wrong" })
	return g.send("GET", "/", wrong.String(), remote)
}

func (g *rig) logIn(t testing.TB, remote string) *httptest.ResponseRecorder {
	t.Helper()
	return g.send("GET", "/", answer(t, g.challenge(t, 0), nil).String(), remote)
}

// guessUntilBlocked gives how many guesses were answered with 401.
func (g *rig) guessUntilBlocked(t testing.TB, remote string) int {
	t.Helper()
	for n := range 100 {
		switch w := g.guess(t, remote); w.Code {
		case 401:
		case 429:
			return n
		default:
			t.Fatalf("got %d", w.Code)
		}
	}
	t.Fatal("guessing goes on for ever")
	return 0
}

func TestGuessingIsStoppedAfterAFewFailures(t *testing.T) {
	g := newRig(t)
	if n := g.guessUntilBlocked(t, from); n < 3 || n >= 20 {
		t.Errorf("blocked after %d failures", n)
	}
	w := g.logIn(t, from)
	expect(t, w, 429)
	if got := w.Header().Get("Retry-After"); got != "30" || len(w.Header().Values("WWW-Authenticate")) != 0 {
		t.Errorf("got %q", w.Header())
	}
	expect(t, g.send("GET", "/", "", from), 429)
	expect(t, g.logIn(t, "192.0.2.2:40000"), 200)
}

func TestAfterTheWaitOneMoreAttemptIsFree(t *testing.T) {
	g := newRig(t)
	g.guessUntilBlocked(t, from)
	wait, err := strconv.Atoi(g.guess(t, from).Header().Get("Retry-After"))
	if err != nil {
		t.Fatal(err)
	}
	g.clock.pass(time.Duration(wait) * time.Second)
	expect(t, g.logIn(t, from), 200)
	expect(t, g.guess(t, from), 401)
	expect(t, g.guess(t, from), 429)
	g.clock.pass(24 * time.Hour)
	if n := g.guessUntilBlocked(t, from); n != digestauth.DefaultFreeFailures {
		t.Errorf("after a day, blocked after %d failures", n)
	}
}

func TestOnlyWrongCredentialsCountAsFailures(t *testing.T) {
	g := newRig(t)
	old := g.challenge(t, 0)
	g.clock.pass(time.Hour)
	replay := answer(t, g.challenge(t, 0), nil).String()
	expect(t, g.send("GET", "/", replay, from), 200)
	for range 50 {
		expect(t, g.send("GET", "/", "", from), 401)
		expect(t, g.send("GET", "/", answer(t, old, nil).String(), from), 401)
		expect(t, g.send("GET", "/", replay, from), 401)
		expect(t, g.logIn(t, from), 200)
	}
}

func TestAddressesAreCountedByCustomer(t *testing.T) {
	for _, c := range []struct {
		guesser, other string
		status         int
	}{
		{"192.0.2.1:1", "192.0.2.1:2", 429},
		{"192.0.2.1:1", "192.0.2.2:1", 200},
		{"192.0.2.1:1", "[::ffff:192.0.2.1]:1", 429},
		{"[2001:db8:1:2::1]:1", "[2001:db8:1:2:3:4:5:6]:1", 429},
		{"[2001:db8:1:2::1]:1", "[2001:db8:1:3::1]:1", 200},
		{"[fe80::1%eth0]:1", "[fe80::1%eth1]:1", 429},
		{"@", "@", 429},
		{"@", "192.0.2.1:1", 200},
		{"192.0.2.1", "192.0.2.1:5", 429},
	} {
		g := newRig(t)
		g.guessUntilBlocked(t, c.guesser)
		if w := g.logIn(t, c.other); w.Code != c.status {
			t.Errorf("%s guesses, %s gets %d, want %d", c.guesser, c.other, w.Code, c.status)
		}
	}
}

func TestTheAddressMayBeTakenFromElsewhere(t *testing.T) {
	a, err := digestauth.New(digestauth.Config{
		Realm: realm, FreeFailures: 1,
		ClientAddress: func(r *http.Request) string { return r.Header.Get("X-Client") },
		Refuse: func(w http.ResponseWriter, _ *http.Request, status int, detail string) {
			w.Header().Set("Content-Type", "application/problem+json")
			w.WriteHeader(status)
			fmt.Fprintf(w, "%d %s", status, detail)
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	send := func(client, authorization string) *httptest.ResponseRecorder {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("X-Client", client)
		r.Header.Set("Authorization", authorization)
		w := httptest.NewRecorder()
		a.Wrap(http.NotFoundHandler()).ServeHTTP(w, r)
		return w
	}
	expect(t, send("192.0.2.1", "Digest nothing"), 401)
	w := send("192.0.2.1", "Digest nothing")
	expect(t, w, 429)
	if want := "429 too many log-ins failed from this address; try again in 30 seconds"; w.Body.String() != want ||
		w.Header().Get("Content-Type") != "application/problem+json" {
		t.Errorf("got %q, %q", w.Body, w.Header())
	}
	expect(t, send("192.0.2.2", "Digest nothing"), 401)
}

func TestAFormLogsInUnderTheSameLimits(t *testing.T) {
	g := newRig(t)
	r := httptest.NewRequest("POST", "/login", nil)
	r.RemoteAddr = from
	account, ok, wait := g.CheckPassword(r, "admin", "secret")
	if !ok || account.Role != "admin" || wait != 0 {
		t.Errorf("got %v, %v, %v", account, ok, wait)
	}
	for n := range digestauth.DefaultFreeFailures {
		name := []string{"admin", "root", ""}[n%3]
		if account, ok, wait = g.CheckPassword(r, name, "wrong"); ok || wait != 0 || account.Name != "" {
			t.Errorf("%d: got %v, %v, %v", n, account, ok, wait)
		}
	}
	if _, ok, wait = g.CheckPassword(r, "admin", "secret"); ok || digestauth.RetryAfter(wait) != "30" {
		t.Errorf("got %v, %v", ok, wait)
	}
	expect(t, g.logIn(t, from), 429)
}
