package digestauth_test

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/icholy/digest"
)

func TestWhatIsWrongIsRefused(t *testing.T) {
	for _, c := range []struct {
		about string
		make  func(t *testing.T, g *rig) string
	}{
		{"a wrong password", func(t *testing.T, g *rig) string {
			return answer(t, g.challenge(t, 0), func(o *digest.Options) { o.Password = "wrong" }).String()
		}},
		{"an unknown user", func(t *testing.T, g *rig) string {
			return answer(t, g.challenge(t, 0), func(o *digest.Options) { o.Username = "root" }).String()
		}},
		{"no user", func(t *testing.T, g *rig) string {
			return answer(t, g.challenge(t, 0), func(o *digest.Options) { o.Username = "" }).String()
		}},
		{"an algorithm that the account cannot use", func(t *testing.T, g *rig) string {
			return answer(t, g.challenge(t, 1), func(o *digest.Options) { o.Username = "modern" }).String()
		}},
		{"another method", func(t *testing.T, g *rig) string {
			return answer(t, g.challenge(t, 0), func(o *digest.Options) { o.Method = "POST" }).String()
		}},
		{"another target", func(t *testing.T, g *rig) string {
			return answer(t, g.challenge(t, 0), func(o *digest.Options) { o.URI = "/other" }).String()
		}},
		{"a target that was changed afterwards", func(t *testing.T, g *rig) string {
			credentials := answer(t, g.challenge(t, 0), func(o *digest.Options) { o.URI = "/other" })
			credentials.URI = "/"
			return credentials.String()
		}},
		{"an algorithm other than that of the response", func(t *testing.T, g *rig) string {
			credentials := answer(t, g.challenge(t, 0), nil)
			credentials.Algorithm = "MD5"
			return credentials.String()
		}},
		{"an algorithm that was not offered", func(t *testing.T, g *rig) string {
			c := g.challenge(t, 0)
			c.Algorithm = "SHA-512-256"
			return answer(t, c, nil).String()
		}},
		{"another realm", func(t *testing.T, g *rig) string {
			c := g.challenge(t, 0)
			c.Realm = "other"
			return answer(t, c, nil).String()
		}},
		{"no qop, as of old", func(t *testing.T, g *rig) string {
			c := g.challenge(t, 0)
			c.QOP = nil
			return answer(t, c, nil).String()
		}},
		{"a qop that was not offered", func(t *testing.T, g *rig) string {
			c := g.challenge(t, 0)
			c.QOP = []string{"auth-int"}
			return answer(t, c, nil).String()
		}},
		{"a hashed user name, which was not offered", func(t *testing.T, g *rig) string {
			c := g.challenge(t, 0)
			c.Userhash = true
			return answer(t, c, nil).String()
		}},
		{"a count of nought", func(t *testing.T, g *rig) string {
			credentials := answer(t, g.challenge(t, 0), nil)
			credentials.Nc = 0
			return credentials.String()
		}},
		{"another count", func(t *testing.T, g *rig) string {
			credentials := answer(t, g.challenge(t, 0), nil)
			credentials.Nc++
			return credentials.String()
		}},
		{"another nonce of the server's", func(t *testing.T, g *rig) string {
			credentials := answer(t, g.challenge(t, 0), nil)
			credentials.Nonce = g.challenge(t, 0).Nonce
			return credentials.String()
		}},
		{"no client nonce", func(t *testing.T, g *rig) string {
			credentials := answer(t, g.challenge(t, 0), nil)
			credentials.Cnonce = ""
			return credentials.String()
		}},
		{"a response cut short", func(t *testing.T, g *rig) string {
			credentials := answer(t, g.challenge(t, 0), nil)
			credentials.Response = credentials.Response[:63]
			return credentials.String()
		}},
		{"an empty response", func(t *testing.T, g *rig) string {
			credentials := answer(t, g.challenge(t, 0), nil)
			credentials.Response = ""
			return credentials.String()
		}},
		{"a huge header", func(t *testing.T, g *rig) string {
			return answer(t, g.challenge(t, 0), nil).String() + `, more="` + strings.Repeat("x", 1<<20) + `"`
		}},
		{"a header that cannot be read", func(*testing.T, *rig) string { return `Digest username="admin` }},
		{"a negative count", func(t *testing.T, g *rig) string {
			return strings.Replace(answer(t, g.challenge(t, 0), nil).String(), "nc=00000001", "nc=-0000001", 1)
		}},
		{"nothing but the scheme", func(*testing.T, *rig) string { return "Digest " }},
		{"another scheme", func(*testing.T, *rig) string { return "Basic YWRtaW46c2VjcmV0" }},
	} {
		t.Run(c.about, func(t *testing.T) {
			g := newRig(t)
			w := g.send("GET", "/", c.make(t, g), from)
			expect(t, w, 401)
			if isStale(w) || w.Body.Len() == 0 {
				t.Errorf("got %q, %q", w.Header(), w.Body)
			}
		})
	}
}

func TestTwoHeadersOfCredentialsAreRefused(t *testing.T) {
	g := newRig(t)
	c := g.challenge(t, 0)
	r := httptest.NewRequest("GET", "/", nil)
	r.Header["Authorization"] = []string{answer(t, c, count(1)).String(), answer(t, c, count(2)).String()}
	w := httptest.NewRecorder()
	g.ServeHTTP(w, r)
	expect(t, w, 401)
}

func TestTheTargetIsComparedAsItWasSent(t *testing.T) {
	for _, c := range []struct {
		target, uri string
		status      int
	}{
		{"/pbx/read_call?start_date=2021-05-25%2010:30:00", "/pbx/read_call?start_date=2021-05-25%2010:30:00", 200},
		{"/pbx/read_call?start_date=2021-05-25%2010:30:00", "/pbx/read_call?start_date=2021-05-25+10:30:00", 401},
		{"/pbx/read_call?start_date=2021-05-25%2010:30:00", "/pbx/read_call?start_date=2021-05-25 10:30:00", 401},
		{"/pbx/read_call?id=1.1", "/pbx/read_call", 401},
		{"/pbx/read_call", "/pbx/read_call?id=1.1", 401},
		{"/pbx/read_call", "/pbx/", 401},
		{"/a%2fb", "/a%2fb", 200},
		{"/a%2fb", "/a%2Fb", 401},
		{"/a%2fb", "/a/b", 401},
		{"/a/../b", "/a/../b", 200},
		{"/a/../b", "/b", 401},
		{"/?", "/?", 200},
		{"/?", "/", 401},
		{"http://example.com/a?b=c", "/a?b=c", 200},
		{"http://example.com/a?b=c", "http://example.com/a?b=c", 200},
		{"http://example.com/a?b=c", "/a", 401},
		{"http://example.com/a", "http://example.org/a", 401},
		{"http://example.com", "/", 200},
		{"http://example.com?b=c", "/?b=c", 200},
		{"/a", "http://example.com/a", 401},
		{"/a?b=http://c/a", "/a", 401},
	} {
		t.Run(c.target+" "+c.uri, func(t *testing.T) {
			g := newRig(t)
			authorization := answer(t, g.challenge(t, 0), func(o *digest.Options) { o.URI = c.uri }).String()
			expect(t, g.send("GET", c.target, authorization, from), c.status)
		})
	}
}
