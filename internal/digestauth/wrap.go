package digestauth

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/icholy/digest"
)

// Wrap lets requests with right credentials through to next, with the account
// in their context, and answers the others with 401 and a challenge, or with
// 429 when their address has failed too often.
func (a *Authenticator) Wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		account, v, wait := a.judge(r)
		switch v {
		case passed:
			next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), accountKey{}, account)))
		case blocked:
			w.Header().Set("Retry-After", RetryAfter(wait))
			a.refuse(w, r, http.StatusTooManyRequests, "too many log-ins failed from this address; try again in "+RetryAfter(wait)+" seconds")
		default:
			a.challenge(w, v == stale)
			a.refuse(w, r, http.StatusUnauthorized, v.detail())
		}
	})
}

// detail says to the client why it was refused.
func (v verdict) detail() string {
	switch v {
	case challenge:
		return "log in with a name and password, by HTTP digest authentication"
	case stale:
		return "the log-in is too old; log in anew"
	case replayed:
		return "this very log-in was used before; log in anew"
	default:
		return "the name or the password is wrong"
	}
}

// challenge sets the headers that ask for credentials, the best algorithm
// first.
func (a *Authenticator) challenge(w http.ResponseWriter, stale bool) {
	a.mu.Lock()
	nonce := a.nonces.issue(a.now())
	a.mu.Unlock()
	offers := []algorithm{sha256Algorithm}
	if a.offerMD5 {
		offers = append(offers, md5Algorithm)
	}
	for _, offer := range offers {
		c := digest.Challenge{
			Realm: a.realm, Nonce: nonce, Algorithm: offer.name, QOP: []string{"auth"}, Charset: "UTF-8", Stale: stale,
		}
		w.Header().Add("WWW-Authenticate", c.String())
	}
}

// RetryAfter writes a wait as the header Retry-After has it: in whole seconds,
// rounded up.
func RetryAfter(wait time.Duration) string {
	return strconv.FormatInt(int64((wait+time.Second-1)/time.Second), 10)
}
