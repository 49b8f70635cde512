package digestauth_test

import (
	"net/http/httptest"
	"net/netip"
	"testing"

	"ringback/internal/digestauth"
)

func TestOnlyTrustedProxiesAreBelieved(t *testing.T) {
	clientAddress := digestauth.BehindProxies([]netip.Prefix{netip.MustParsePrefix("127.0.0.1/32"), netip.MustParsePrefix("10.0.0.0/8")})
	for _, c := range []struct {
		about, remote string
		forwarded     []string
		want          string
	}{
		{"no proxy", "192.0.2.1:5", nil, "192.0.2.1:5"},
		{"a client that claims to be another", "192.0.2.1:5", []string{"198.51.100.1"}, "192.0.2.1:5"},
		{"a proxy", "127.0.0.1:5", []string{"192.0.2.1"}, "192.0.2.1"},
		{"a proxy, by its address in IPv6", "[::ffff:127.0.0.1]:5", []string{"192.0.2.1"}, "192.0.2.1"},
		{"a proxy that says nothing", "127.0.0.1:5", nil, "127.0.0.1:5"},
		{"a client that put something before", "127.0.0.1:5", []string{"198.51.100.1, 192.0.2.1"}, "192.0.2.1"},
		{"two proxies", "127.0.0.1:5", []string{"198.51.100.1, 192.0.2.1, 10.1.2.3"}, "192.0.2.1"},
		{"two proxies, two headers", "127.0.0.1:5", []string{"198.51.100.1, 192.0.2.1", "10.1.2.3"}, "192.0.2.1"},
		{"nothing but proxies", "127.0.0.1:5", []string{"10.1.2.3"}, "10.1.2.3"},
		{"no address", "127.0.0.1:5", []string{"192.0.2.1, unknown"}, "127.0.0.1:5"},
		{"a client with a port", "127.0.0.1:5", []string{"[2001:db8::1]:7"}, "[2001:db8::1]:7"},
		{"a socket", "@", []string{"192.0.2.1"}, "@"},
	} {
		t.Run(c.about, func(t *testing.T) {
			r := httptest.NewRequest("GET", "/", nil)
			r.RemoteAddr = c.remote
			for _, f := range c.forwarded {
				r.Header.Add("X-Forwarded-For", f)
			}
			if got := clientAddress(r); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}
