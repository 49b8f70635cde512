package digestauth_test

import (
	"context"
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

func TestBothAlgorithmsAreOfferedTheBetterFirst(t *testing.T) {
	w := newRig(t).send("GET", "/", "", from)
	expect(t, w, 401)
	if got := w.Header().Values("WWW-Authenticate"); len(got) != 2 {
		t.Fatalf("got %q", got)
	}
	for n, algorithm := range []string{"SHA-256", "MD5"} {
		c := challengeOf(t, w, n)
		if c.Algorithm != algorithm || c.Realm != realm || len(c.QOP) != 1 || c.QOP[0] != "auth" || c.Stale || c.Nonce == "" {
			t.Errorf("got %+v", c)
		}
	}
}

func TestMD5IsNotOfferedWhereNobodyCanUseIt(t *testing.T) {
	modern := credential("admin", "admin", "secret")
	modern.MD5 = ""
	a, err := digestauth.New(digestauth.Config{Realm: realm, Credentials: []digestauth.Credential{modern}})
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	a.Wrap(http.NotFoundHandler()).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	if got := w.Header().Values("WWW-Authenticate"); len(got) != 1 || !strings.Contains(got[0], "SHA-256") {
		t.Errorf("got %q", got)
	}
}

func TestRightCredentialsPassWithEitherAlgorithm(t *testing.T) {
	for n, algorithm := range []string{"SHA-256", "MD5"} {
		t.Run(algorithm, func(t *testing.T) {
			g := newRig(t)
			w := g.send("GET", "/", answer(t, g.challenge(t, n), nil).String(), from)
			expect(t, w, 200)
			if got := strings.TrimSpace(w.Body.String()); got != "admin admin GET /" {
				t.Errorf("got %q", got)
			}
		})
	}
}

func TestWithoutAnAlgorithmItIsMD5(t *testing.T) {
	g := newRig(t)
	c := g.challenge(t, 1)
	c.Algorithm = ""
	expect(t, g.send("GET", "/", answer(t, c, nil).String(), from), 200)
}

func TestAClientLogsInOverTheNetwork(t *testing.T) {
	server := httptest.NewServer(newRig(t))
	defer server.Close()
	for _, user := range []struct{ name, password, want string }{
		{"admin", "secret", "admin admin"}, {"зритель", "пароль с пробелами", "зритель viewer"},
	} {
		client := &http.Client{Transport: &digest.Transport{Username: user.name, Password: user.password}}
		for range 3 { // the same nonce again, counted up
			response, err := client.Post(server.URL+"/pbx/read_call?start_date=-7", "application/json", strings.NewReader(`{"id":["1.1"]}`))
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(response.Body)
			if want := user.want + ` POST /pbx/read_call?start_date=-7 {"id":["1.1"]}`; err != nil || string(body) != want {
				t.Errorf("got %q, %v, want %q", body, err, want)
			}
			_ = response.Body.Close()
		}
	}
}

func TestOneNonceServesRequestsThatOvertakeEachOther(t *testing.T) {
	g := newRig(t)
	c := g.challenge(t, 0)
	var all sync.WaitGroup
	for n := 1; n <= 64; n++ {
		authorization := answer(t, c, count(n)).String()
		all.Go(func() {
			if w := g.send("GET", "/", authorization, from); w.Code != 200 {
				t.Errorf("count %d: got %d", n, w.Code)
			}
		})
	}
	all.Wait()
	for n := 1; n <= 64; n++ {
		if w := g.send("GET", "/", answer(t, c, count(n)).String(), from); w.Code != 401 || isStale(w) {
			t.Errorf("count %d again: got %d", n, w.Code)
		}
	}
}

func TestAReplayIsRefusedAndNotCalledStale(t *testing.T) {
	g := newRig(t)
	authorization := answer(t, g.challenge(t, 0), nil).String()
	expect(t, g.send("GET", "/", authorization, from), 200)
	w := g.send("GET", "/", authorization, from)
	expect(t, w, 401)
	if isStale(w) {
		t.Error("a replay is called stale")
	}
	// Another client nonce with the same count is no other use.
	again := answer(t, challengeOf(t, w, 0), nil)
	expect(t, g.send("GET", "/", again.String(), from), 200)
	c := &digest.Challenge{Realm: realm, Nonce: again.Nonce, Algorithm: "SHA-256", QOP: []string{"auth"}}
	expect(t, g.send("GET", "/", answer(t, c, func(o *digest.Options) { o.Cnonce = "another" }).String(), from), 401)
}

func TestAReplayWithTheOtherAlgorithmIsRefused(t *testing.T) {
	g := newRig(t)
	c := g.challenge(t, 0)
	expect(t, g.send("GET", "/", answer(t, c, nil).String(), from), 200)
	c.Algorithm = "MD5"
	expect(t, g.send("GET", "/", answer(t, c, nil).String(), from), 401)
}

func TestACountFarBehindIsRefused(t *testing.T) {
	g := newRig(t)
	c := g.challenge(t, 0)
	expect(t, g.send("GET", "/", answer(t, c, count(1000)).String(), from), 200)
	expect(t, g.send("GET", "/", answer(t, c, count(937)).String(), from), 200)
	expect(t, g.send("GET", "/", answer(t, c, count(936)).String(), from), 401)
	expect(t, g.send("GET", "/", answer(t, c, count(1)).String(), from), 401)
}

func TestAnOldOrForeignNonceIsStale(t *testing.T) {
	g := newRig(t)
	old := g.challenge(t, 0)
	g.clock.pass(digestauth.DefaultNonceLifetime - time.Nanosecond)
	expect(t, g.send("GET", "/", answer(t, old, count(1)).String(), from), 200)
	g.clock.pass(time.Nanosecond)
	foreign := newRig(t).challenge(t, 0) // made before a restart
	forged := *foreign
	forged.Nonce = "bm90IG91cnM"
	cut := *old
	cut.Nonce = cut.Nonce[:len(cut.Nonce)-1]
	for about, c := range map[string]*digest.Challenge{"old": old, "foreign": foreign, "forged": &forged, "cut": &cut} {
		w := g.send("GET", "/", answer(t, c, count(2)).String(), from)
		if w.Code != 401 || !isStale(w) {
			t.Errorf("%s: got %d, %q", about, w.Code, w.Header())
		}
		w = g.send("GET", "/", answer(t, challengeOf(t, w, 0), nil).String(), from)
		if w.Code != 200 {
			t.Errorf("%s: the new nonce gets %d", about, w.Code)
		}
		w = g.send("GET", "/", answer(t, c, func(o *digest.Options) { o.Password = "wrong" }).String(), from)
		if w.Code != 401 || isStale(w) {
			t.Errorf("%s, with a wrong password: got %d, %q", about, w.Code, w.Header())
		}
	}
}

func TestConfigurationsThatMakeNoSenseAreRefused(t *testing.T) {
	right := credential("admin", "admin", "secret")
	for _, c := range []struct {
		config digestauth.Config
		want   string
	}{
		{digestauth.Config{}, "the realm"},
		{digestauth.Config{Realm: `a"b`}, "the realm"},
		{digestauth.Config{Realm: realm, NonceLifetime: -1}, "negative"},
		{digestauth.Config{Realm: realm, FreeFailures: -1}, "negative"},
		{digestauth.Config{Realm: realm, Credentials: []digestauth.Credential{right, right}}, "twice"},
		{digestauth.Config{Realm: realm, Credentials: []digestauth.Credential{{SHA256: right.SHA256}}}, "empty"},
		{digestauth.Config{Realm: realm, Credentials: []digestauth.Credential{{Account: digestauth.Account{Name: "a:b"}}}}, "colon"},
		{digestauth.Config{Realm: realm, Credentials: []digestauth.Credential{{Account: right.Account, SHA256: "secret"}}}, "a hash that is none"},
		{digestauth.Config{Realm: realm, Credentials: []digestauth.Credential{{Account: right.Account, SHA256: right.SHA256, MD5: "x"}}}, "a hash that is none"},
	} {
		_, err := digestauth.New(c.config)
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("got %v, want %s", err, c.want)
		}
	}
}

func TestOnlyARequestThatPassedHasAnAccount(t *testing.T) {
	if account, ok := digestauth.AccountFrom(context.Background()); ok {
		t.Errorf("got %v", account)
	}
}
