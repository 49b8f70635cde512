package app

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"

	"ringback/internal/api"
	"ringback/internal/config"
	"ringback/internal/digestauth"
)

func TestOneClientOfAProxyThatGuessesDoesNotShutOutTheOthers(t *testing.T) {
	h := newHouse(t)
	h.settings.Config.Server.TrustedProxies = []config.Network{{Prefix: netip.MustParsePrefix("192.0.2.1/32")}}
	settings, err := h.open(t).serverConfig()
	if err != nil {
		t.Fatal(err)
	}
	handler := api.NewServer(settings).Handler()
	guess := func(client string) int {
		r := httptest.NewRequest(http.MethodGet, "/status", nil) // from 192.0.2.1
		r.Header.Set("X-Forwarded-For", client)
		r.Header.Set("Authorization", `Digest username="admin"`)
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		return w.Code
	}
	for range digestauth.DefaultFreeFailures {
		guess("203.0.113.7")
	}
	if got := guess("203.0.113.7"); got != http.StatusTooManyRequests {
		t.Errorf("one who guesses is answered %d", got)
	}
	if got := guess("203.0.113.8"); got != http.StatusUnauthorized {
		t.Errorf("another behind the same proxy is answered %d", got)
	}
}
