package bitrixsim

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

type accessToken struct {
	user    int64
	expires time.Time
}

type refreshToken struct {
	user int64
	// spent says that a new token was given for it, by is which one.
	spent bool
	by    string
	made  time.Time
}

const (
	memberID         = "a5c1f0f2d3b4"
	applicationToken = "51856fefc120afa4b628cc82d3935cce"
	accessLife       = time.Hour
	refreshLife      = 180 * 24 * time.Hour
)

// Grant gives a user's first tokens, as an installation does.
func (p *Portal) Grant(user int64) (access, refresh string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.issue(user)
}

func (p *Portal) issue(user int64) (access, refresh string) {
	p.issued++
	access, refresh = secret("access", p.issued), secret("refresh", p.issued)
	p.access[access] = &accessToken{user, p.now().Add(accessLife)}
	p.refresh[refresh] = &refreshToken{user: user, made: p.now()}
	return access, refresh
}

func secret(kind string, n int) string {
	sum := sha256.Sum256([]byte(kind + strconv.Itoa(n)))
	return hex.EncodeToString(sum[:20])
}

// Revoke makes every token useless.
func (p *Portal) Revoke() {
	p.mu.Lock()
	defer p.mu.Unlock()
	clear(p.access)
	clear(p.refresh)
}

// serveToken answers the token server's one address.
func (p *Portal) serveToken(r *http.Request, _ Fault) (int, any) {
	q, err := readParams(r)
	if err != nil {
		return 400, map[string]any{"error": "invalid_request", "error_description": err.Error()}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	refused := func(code string) (int, any) {
		p.refusals[code]++
		return 400, map[string]any{"error": code, "error_description": "The token server refuses"}
	}
	if q.text("client_id") != p.opts.ClientID || q.text("client_secret") != p.opts.ClientSecret {
		return refused("invalid_client")
	}
	if q.text("grant_type") != "refresh_token" {
		return refused("invalid_request")
	}
	t := p.refresh[q.text("refresh_token")]
	if t == nil || p.now().Sub(t.made) > refreshLife || t.spent && (!p.opts.OldRefresh || p.refresh[t.by].spent) {
		return refused("invalid_grant")
	}
	access, refresh := p.issue(t.user)
	t.spent, t.by = true, refresh
	return 200, map[string]any{
		"access_token": access, "refresh_token": refresh, "expires": p.now().Add(accessLife).Unix(), "expires_in": int(accessLife.Seconds()),
		"client_endpoint": p.endpoint(r), "server_endpoint": "https://oauth.bitrix24.tech/rest/", "domain": "oauth.bitrix24.tech",
		"member_id": memberID, "scope": p.opts.Scope, "status": "L", "user_id": t.user,
	}
}

// endpoint is where the portal is reached. The token server's own name stands
// for that of the portal demo.bitrix24.ru.
func (p *Portal) endpoint(r *http.Request) string {
	host := r.Host
	if strings.HasPrefix(host, "oauth.") {
		host = "demo.bitrix24.ru"
	}
	for p.renamed[host] != "" {
		host = p.renamed[host]
	}
	return fmt.Sprintf("%s://%s/rest/", schemeOf(r), host)
}

// identify finds out who asks, and for which method.
func (p *Portal) identify(r *http.Request, q params, f Fault) (*caller, string, *failure) {
	p.mu.Lock()
	defer p.mu.Unlock()
	parts := strings.Split(strings.Trim(strings.TrimPrefix(r.URL.Path, "/rest/"), "/"), "/")
	name := strings.TrimSuffix(strings.ToLower(parts[len(parts)-1]), ".json")
	c := &caller{scope: p.opts.Scope, scheme: schemeOf(r), host: r.Host}
	if len(parts) == 3 {
		user, ok := p.webhooks[parts[1]]
		if !ok || strconv.FormatInt(user, 10) != parts[0] {
			return nil, "", fail(401, "NO_AUTH_FOUND", "Wrong authorization data")
		}
		c.app, c.user, c.webhook = "webhook "+parts[1], user, true
		return c, name, nil
	}
	token := q.text("auth")
	if token == "" {
		token = strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	}
	t := p.access[token]
	if t == nil {
		return nil, "", fail(401, "NO_AUTH_FOUND", "Wrong authorization data")
	}
	if f == Expire {
		t.expires = p.now()
	}
	if !p.now().Before(t.expires) {
		return nil, "", fail(401, "expired_token", "The access token provided has expired")
	}
	c.app, c.user, c.token = "app", t.user, token
	return c, name, nil
}
