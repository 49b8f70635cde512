package digestauth_test

import (
	"net/http"

	"ringback/internal/digestauth"
)

// expiring lets all nonces expire after each request that passed.
type expiring struct{ *rig }

func (e expiring) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	noted := &noting{ResponseWriter: w, status: http.StatusOK}
	e.rig.ServeHTTP(noted, r)
	if noted.status == http.StatusOK {
		e.clock.pass(digestauth.DefaultNonceLifetime)
	}
}

type noting struct {
	http.ResponseWriter
	status int
}

func (n *noting) WriteHeader(status int) {
	n.status = status
	n.ResponseWriter.WriteHeader(status)
}
