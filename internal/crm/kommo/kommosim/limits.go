package kommosim

import (
	"net"
	"net/http"
	"slices"
	"time"
)

const (
	// perSecond is how many requests an integration, or an address, may send, as
	// both documents say.
	perSecond = 7
	// accountPerSecond is how many all of amoCRM's integrations may send.
	accountPerSecond = 50
	// retryAfter is what Kommo asks a refused client to wait, in seconds.
	retryAfter = 5
)

// limit refuses a request that is one too many; nil lets it in.
func (s *Sim) limit(r *http.Request) *answer {
	if s.locked {
		if s.options.Switches.HTML429 {
			return page(http.StatusForbidden, "<html>403 Forbidden</html>")
		}
		return problem(http.StatusForbidden, "The account is locked")
	}
	most := s.options.PerSecond
	windows := map[string]int{"account": max(most, accountPerSecond), "integration": most}
	if s.options.Kommo {
		host, _, err := net.SplitHostPort(r.RemoteAddr)
		if err != nil {
			host = r.RemoteAddr
		}
		windows = map[string]int{"address " + host: most}
	}
	now := s.options.Now()
	for name, limit := range windows {
		s.windows[name] = slices.DeleteFunc(s.windows[name], func(at time.Time) bool { return now.Sub(at) >= time.Second })
		if len(s.windows[name]) >= limit {
			return s.refuse()
		}
	}
	for name := range windows {
		s.windows[name] = append(s.windows[name], now)
	}
	return nil
}

func (s *Sim) refuse() *answer {
	s.refused++
	s.locked = s.options.LockAfter > 0 && s.refused >= s.options.LockAfter
	const detail = "You have sent too many requests in a given amount of time. Please try again later."
	a := problem(http.StatusTooManyRequests, detail)
	if s.options.Kommo {
		a = reply(http.StatusTooManyRequests, object{
			"title": "Too Many Requests", "type": "https://httpstatus.es/429", "status": 429, "detail": detail, "retry_after": retryAfter,
		})
	}
	if s.options.Switches.HTML429 {
		a = page(http.StatusTooManyRequests, "<html><body>Too Many Requests</body></html>")
	}
	if s.options.Switches.RetryAfter {
		a.header.Set("Retry-After", "5")
	}
	return a
}

// Refused is how many requests the limits refused.
func (s *Sim) Refused() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.refused
}

// Lock locks the account, as after too many refusals.
func (s *Sim) Lock(locked bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.locked = locked
}

// Requests are all that came, in order.
func (s *Sim) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests)
}
