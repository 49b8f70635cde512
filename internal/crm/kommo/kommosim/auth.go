package kommosim

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"
)

const (
	accessLife  = 24 * time.Hour
	refreshLife = 90 * 24 * time.Hour
)

// grants are the tokens that were given.
type grants struct {
	n    int
	code string
	live []*grant
}

// grant is a pair of tokens. The pair before it, which its refresh token came
// from, dies when it is first used.
type grant struct {
	access, refresh string
	expires, until  time.Time
	before          *grant
}

func newGrants(o *Options) grants {
	g := grants{code: o.Code}
	if o.RefreshToken != "" {
		g.live = []*grant{{refresh: o.RefreshToken, until: o.Now().Add(refreshLife)}}
	}
	return g
}

// grant answers a request for a pair of tokens.
func (s *Sim) grant(r *http.Request) *answer {
	var in map[string]string
	if r.Method != http.MethodPost || json.NewDecoder(r.Body).Decode(&in) != nil {
		return problem(http.StatusBadRequest, "The request is no JSON")
	}
	o := &s.options
	if o.ClientID == "" || in["client_id"] != o.ClientID || in["client_secret"] != o.ClientSecret || in["redirect_uri"] != o.RedirectURI {
		return problem(http.StatusBadRequest, "Client authentication failed")
	}
	now := s.options.Now()
	switch in["grant_type"] {
	case "authorization_code":
		if in["code"] == "" || in["code"] != s.grants.code {
			return problem(http.StatusBadRequest, "Authorization code has been revoked")
		}
		s.grants.code = ""
		return s.issue(now, nil)
	case "refresh_token":
		for _, g := range s.grants.live {
			if g.refresh == in["refresh_token"] && now.Before(g.until) {
				return s.issue(now, g)
			}
		}
		return problem(http.StatusUnauthorized, "Token has been revoked")
	}
	return problem(http.StatusBadRequest, "Unknown grant type")
}

func (s *Sim) issue(now time.Time, before *grant) *answer {
	s.grants.n++
	g := &grant{
		access: fmt.Sprintf("access-%d", s.grants.n), refresh: fmt.Sprintf("refresh-%d", s.grants.n),
		expires: now.Add(accessLife), until: now.Add(refreshLife), before: before,
	}
	s.grants.live = append(s.grants.live, g)
	return reply(http.StatusOK, object{
		"token_type": "Bearer", "expires_in": int(accessLife.Seconds()), "access_token": g.access, "refresh_token": g.refresh,
	})
}

// authorise refuses a request without a good token.
func (s *Sim) authorise(r *http.Request) *answer {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if ok && token != "" && token == s.options.Token {
		return nil
	}
	now := s.options.Now()
	for _, g := range s.grants.live {
		if ok && g.access == token && now.Before(g.expires) {
			if g.before != nil {
				g.before.until, g.before.expires, g.before = now, now, nil
			}
			return nil
		}
	}
	return problem(http.StatusUnauthorized, "Wrong or expired access token")
}

// Expire ends all access tokens before their time; refresh tokens stay good.
func (s *Sim) Expire() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, g := range s.grants.live {
		g.expires = s.options.Now()
	}
}

// Revoke ends every token, the long-lived one too.
func (s *Sim) Revoke() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.grants.live, s.options.Token = nil, ""
}

// Grants is how many pairs were given.
func (s *Sim) Grants() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.grants.n
}
