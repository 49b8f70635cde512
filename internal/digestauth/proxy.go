package digestauth

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// BehindProxies makes a Config.ClientAddress that believes X-Forwarded-For as
// far as it was written by trusted proxies: the client is the last address in
// the chain that is none of them.
func BehindProxies(trusted []netip.Prefix) func(*http.Request) string {
	isTrusted := func(address string) bool {
		return slices.ContainsFunc(trusted, func(p netip.Prefix) bool { return p.Contains(hostOf(address)) })
	}
	return func(r *http.Request) string {
		address := r.RemoteAddr
		chain := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
		for i := len(chain) - 1; i >= 0 && isTrusted(address); i-- {
			before := strings.TrimSpace(chain[i])
			if !hostOf(before).IsValid() {
				break
			}
			address = before
		}
		return address
	}
}
