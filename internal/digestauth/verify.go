package digestauth

import (
	"crypto/subtle"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/icholy/digest"
)

// maxHeader bounds the Authorization header, in bytes. It repeats the request's
// target, which may list many ids.
const maxHeader = 64 << 10

// verdict is what became of an attempt to log in.
type verdict int

const (
	failed    verdict = iota // wrong credentials
	challenge                // none came: the first round
	stale                    // right ones, with a nonce that is over or not known
	replayed                 // right ones that were used before
	blocked                  // too many failures: not looked at
	passed
)

// judge looks at a request's credentials, counts, and says how long a blocked
// address has to wait.
func (a *Authenticator) judge(r *http.Request) (Account, verdict, time.Duration) {
	now, from := a.now(), origin(a.address(r))
	a.mu.Lock()
	defer a.mu.Unlock()
	if wait := a.limit.wait(from, now); wait > 0 {
		return Account{}, blocked, wait
	}
	headers := r.Header.Values("Authorization")
	if len(headers) == 0 || len(headers) == 1 && !digest.IsDigest(headers[0]) {
		return Account{}, challenge, 0
	}
	account, v := a.verify(r, headers, now)
	if v == failed {
		a.limit.fail(from, now)
	}
	return account, v, 0
}

// verify judges digest credentials.
func (a *Authenticator) verify(r *http.Request, headers []string, now time.Time) (Account, verdict) {
	if len(headers) != 1 || len(headers[0]) > maxHeader {
		return Account{}, failed
	}
	c, err := digest.ParseCredentials(headers[0])
	if err != nil || c.Nc < 1 || c.Cnonce == "" || c.QOP != "auth" || c.Realm != a.realm || c.Userhash || !names(c.URI, r) {
		return Account{}, failed
	}
	algorithm, ok := algorithmNamed(c.Algorithm)
	if !ok || !a.proves(c, algorithm, r.Method) {
		return Account{}, failed
	}
	serial, current := a.nonces.current(c.Nonce, now)
	switch {
	case !current:
		return Account{}, stale
	case !a.nonces.use(serial, uint64(c.Nc), now):
		return Account{}, replayed
	}
	return a.credentials[c.Username].Account, passed
}

// proves says that the credentials' response was made with the password of the
// user they name (RFC 7616, section 3.4.1). It takes as long for a user who
// does not exist.
func (a *Authenticator) proves(c *digest.Credentials, algorithm algorithm, method string) bool {
	credential, exists := a.credentials[c.Username]
	if !exists || algorithm.of(credential) == "" {
		credential, exists = a.nobody, false
	}
	want := algorithm.join(algorithm.of(credential), c.Nonce, fmt.Sprintf("%08x", c.Nc), c.Cnonce, c.QOP,
		algorithm.join(method, c.URI))
	return subtle.ConstantTimeCompare([]byte(want), []byte(c.Response)) == 1 && exists
}

// names says that uri is the target of the request, byte by byte as it was
// sent: nothing is decoded, so that one form cannot stand for another. A
// request through a proxy has the whole address for its target; clients put
// either that or its path into the credentials.
func names(uri string, r *http.Request) bool {
	if uri == r.RequestURI {
		return uri != ""
	}
	_, rest, absolute := strings.Cut(r.RequestURI, "://")
	if !absolute || strings.HasPrefix(r.RequestURI, "/") {
		return false
	}
	path := "/"
	if end := strings.IndexAny(rest, "/?"); end >= 0 {
		path = "/" + strings.TrimPrefix(rest[end:], "/")
	}
	return uri == path
}

// CheckPassword logs in by name and password, as a form does, under the same
// limits as digest credentials. wait is above zero when the client's address
// has failed too often; the password was not looked at then.
func (a *Authenticator) CheckPassword(r *http.Request, name, password string) (account Account, ok bool, wait time.Duration) {
	now, from := a.now(), origin(a.address(r))
	a.mu.Lock()
	defer a.mu.Unlock()
	if wait := a.limit.wait(from, now); wait > 0 {
		return Account{}, false, wait
	}
	credential, exists := a.credentials[name]
	if !exists {
		credential = a.nobody
	}
	got := sha256Algorithm.join(name, a.realm, password)
	if subtle.ConstantTimeCompare([]byte(got), []byte(credential.SHA256)) != 1 || !exists {
		a.limit.fail(from, now)
		return Account{}, false, 0
	}
	return credential.Account, true, 0
}
