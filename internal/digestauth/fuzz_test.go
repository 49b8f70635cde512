package digestauth_test

import (
	"net/http/httptest"
	"testing"
	"time"

	"github.com/icholy/digest"
)

func FuzzAuthorization(f *testing.F) {
	g := newRig(f)
	right := answer(f, g.challenge(f, 0), nil).String()
	for _, seed := range []string{
		right, answer(f, g.challenge(f, 1), nil).String(), "", "Digest", "Digest ", "digest a=b", "Basic YWRtaW46c2VjcmV0",
		`Digest username="admin`, `Digest username="\"`, `Digest ,,,`, `Digest nc=ffffffff`, `Digest nc=00000000, qop=auth`,
		`Digest username*=UTF-8''admin`, "Digest \x00\xff",
	} {
		f.Add(seed, "/", "GET")
	}
	f.Fuzz(func(t *testing.T, authorization, uri, method string) {
		r := httptest.NewRequest("GET", "/", nil)
		r.RequestURI, r.Method, r.RemoteAddr = uri, method, from
		r.Header.Set("Authorization", authorization)
		w := httptest.NewRecorder()
		g.clock.pass(time.Minute) // so that failures are forgiven
		g.ServeHTTP(w, r)
		switch w.Code {
		case 401:
			for n := range 2 {
				if c := challengeOf(t, w, n); c.Nonce == "" {
					t.Fatalf("got %q", w.Header())
				}
			}
		case 200:
			c, err := digest.ParseCredentials(authorization)
			if err != nil || c.Username != "admin" && c.Username != "зритель" {
				t.Fatalf("%q passes", authorization)
			}
		default:
			t.Fatalf("got %d", w.Code)
		}
	})
}
