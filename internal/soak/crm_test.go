package soak

import (
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"ringback/internal/crm/webhook/webhooktest"
	"ringback/internal/faultnet"
)

const secret = "s3cret"

// receiver is a CRM that honours keys, behind a bad line.
type receiver struct {
	webhooktest.Receiver
	url string
	// bad: some requests go wrong; away: all do.
	bad, away atomic.Bool
	// requests are all that came, faults those that went wrong.
	requests, faults atomic.Int64
}

func newReceiver(t *testing.T) *receiver {
	t.Helper()
	r := &receiver{Receiver: webhooktest.Receiver{Secret: secret, Idempotent: true}}
	r.bad.Store(true)
	server := httptest.NewServer(faultnet.Wrap(&r.Receiver, func(int64, *http.Request) faultnet.Fault {
		r.requests.Add(1)
		f := r.fault()
		if f.Kind != faultnet.None {
			r.faults.Add(1)
		}
		return f
	}))
	t.Cleanup(server.Close)
	r.url = server.URL
	return r
}

// fault is what becomes of a request: about one in six goes wrong.
func (r *receiver) fault() faultnet.Fault {
	switch {
	case r.away.Load():
		return faultnet.Fault{Kind: faultnet.LoseBefore}
	case !r.bad.Load():
		return faultnet.Fault{}
	}
	switch rand.N(50) {
	case 0, 1:
		return faultnet.Fault{Kind: faultnet.LoseBefore}
	case 2, 3:
		return faultnet.Fault{Kind: faultnet.LoseAfter}
	case 4:
		return faultnet.Fault{Kind: faultnet.CutOff}
	case 5:
		return faultnet.Fault{Kind: faultnet.Answer, Status: http.StatusTooManyRequests, Header: map[string]string{"Retry-After": "1"}}
	case 6:
		return faultnet.Fault{Kind: faultnet.Answer, Status: http.StatusServiceUnavailable, Body: "<html>away for a moment</html>"}
	case 7:
		return faultnet.Fault{Kind: faultnet.AnswerAfter, Status: http.StatusBadGateway, Body: "<html>bad gateway</html>"}
	case 8:
		return faultnet.Fault{Kind: faultnet.Slow, Delay: rand.N(3 * time.Second)}
	}
	return faultnet.Fault{}
}
