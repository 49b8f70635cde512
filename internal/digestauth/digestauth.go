// Package digestauth is HTTP digest authentication for servers, by RFC 7616:
// SHA-256 is offered first, MD5 for old clients, always with qop=auth; a
// request cannot be replayed, and passwords cannot be guessed at leisure.
//
// Nonces carry their own proof, so that challenges cost no memory. What is
// remembered, counts of nonces in use and failures by address, is bounded. The
// package knows nothing of where accounts come from or what they may do.
//
// Nonces are good only in the process that made them: behind a balancer,
// requests of one client should go to one process, or cost a round more.
package digestauth

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Account is somebody who logged in.
type Account struct{ Name, Role string }

// Credential is an account with what proves it: the hashes of
// name:realm:password (HA1), in lower-case hexadecimal.
type Credential struct {
	Account
	SHA256 string
	// MD5 may be "": then the account cannot log in with MD5.
	MD5 string
}

// The defaults of Config.
const (
	DefaultNonceLifetime = 5 * time.Minute
	DefaultFreeFailures  = 10
	DefaultFailureEvery  = 30 * time.Second
)

// Config says who may log in, and how. Zero values mean the defaults.
type Config struct {
	// Realm is what the hashes of the credentials were made for.
	Realm       string
	Credentials []Credential
	// NonceLifetime is how long a nonce may be used; after it, clients are
	// told to take a new one, and do so without asking anybody.
	NonceLifetime time.Duration
	// FreeFailures is how many log-ins from one address (IPv6: one /64) may
	// fail before it has to wait; then it may fail once in every FailureEvery.
	FreeFailures int
	FailureEvery time.Duration
	// Now gives the present; nil means time.Now.
	Now func() time.Time
	// ClientAddress gives the address that a request comes from, with or
	// without a port; nil means RemoteAddr. Behind a proxy, where all clients
	// would share that, use BehindProxies.
	ClientAddress func(*http.Request) string
	// Refuse writes the body of a refusal with its status, 401 or 429; the
	// headers that belong to it are set already. nil means plain text.
	Refuse func(w http.ResponseWriter, r *http.Request, status int, detail string)
}

// Authenticator lets requests pass that carry right credentials. It may be
// used by several goroutines.
type Authenticator struct {
	realm       string
	credentials map[string]Credential
	nobody      Credential // stands in for users who do not exist
	offerMD5    bool
	now         func() time.Time
	address     func(*http.Request) string
	refuse      func(w http.ResponseWriter, r *http.Request, status int, detail string)

	mu     sync.Mutex // guards what follows: an attempt is judged and counted in one go
	nonces *nonces
	limit  *limiter
}

// New makes an authenticator. It fails when the configuration makes no sense.
func New(c Config) (*Authenticator, error) {
	if c.Realm == "" || strings.ContainsAny(c.Realm, `"\`) {
		return nil, fmt.Errorf("the realm %q is empty or has quotes in it", c.Realm)
	}
	if c.NonceLifetime < 0 || c.FreeFailures < 0 || c.FailureEvery < 0 {
		return nil, errors.New("a lifetime or limit of digest authentication is negative")
	}
	a := &Authenticator{
		realm: c.Realm, credentials: map[string]Credential{},
		nobody: Credential{SHA256: sha256Algorithm.hash(rand.Text()), MD5: md5Algorithm.hash(rand.Text())},

		now: c.Now, address: c.ClientAddress, refuse: c.Refuse,
	}
	for _, credential := range c.Credentials {
		if err := a.add(credential); err != nil {
			return nil, err
		}
	}
	if a.now == nil {
		a.now = time.Now
	}
	if a.address == nil {
		a.address = func(r *http.Request) string { return r.RemoteAddr }
	}
	if a.refuse == nil {
		a.refuse = func(w http.ResponseWriter, _ *http.Request, status int, detail string) { http.Error(w, detail, status) }
	}
	a.nonces = newNonces(orElse(c.NonceLifetime, DefaultNonceLifetime), maxNonces)
	a.limit = newLimiter(orElse(c.FreeFailures, DefaultFreeFailures), orElse(c.FailureEvery, DefaultFailureEvery), maxAddresses)
	return a, nil
}

func (a *Authenticator) add(c Credential) error {
	if c.Name == "" || strings.Contains(c.Name, ":") {
		return fmt.Errorf("the user name %q is empty or has a colon in it", c.Name)
	}
	if _, twice := a.credentials[c.Name]; twice {
		return fmt.Errorf("the user %s is given twice", c.Name)
	}
	if !isHash(c.SHA256, 64) || c.MD5 != "" && !isHash(c.MD5, 32) {
		return fmt.Errorf("the user %s has a hash that is none", c.Name)
	}
	a.credentials[c.Name] = c
	a.offerMD5 = a.offerMD5 || c.MD5 != ""
	return nil
}

func isHash(s string, length int) bool {
	return len(s) == length && strings.Trim(s, "0123456789abcdef") == ""
}

func orElse[T comparable](given, otherwise T) T {
	var unset T
	if given == unset {
		return otherwise
	}
	return given
}

type accountKey struct{}

// AccountFrom gives the account that a request was let pass for.
func AccountFrom(ctx context.Context) (Account, bool) {
	account, ok := ctx.Value(accountKey{}).(Account)
	return account, ok
}
