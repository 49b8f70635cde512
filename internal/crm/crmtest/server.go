package crmtest

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

// newServer serves the rig's simulator, save for the nth request, which another
// handler gets. It returns its address.
func newServer(t *testing.T, r *rig, nth int64, other http.Handler) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		if r.requests.Add(1)-1 == nth {
			other.ServeHTTP(w, request)
			return
		}
		r.Simulator.ServeHTTP(w, request)
	}))
	t.Cleanup(server.Close)
	return server.URL
}
