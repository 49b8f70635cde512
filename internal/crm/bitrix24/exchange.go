package bitrix24

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"ringback/internal/crm"
)

// grant is an answer of the token server.
type grant struct {
	Access   string `json:"access_token"`
	Refresh  string `json:"refresh_token"`
	Expires  number `json:"expires"`
	Lifetime number `json:"expires_in"`
	Endpoint string `json:"client_endpoint"`
	Member   string `json:"member_id"`
	User     number `json:"user_id"`
	Error    string `json:"error"`
	Text     string `json:"error_description"`
}

// exchange gets new tokens for a refresh token. The server takes its parameters
// in the query, too; in the body, no log shows them.
func (o *oauth) exchange(ctx context.Context, refresh string) (tokens, error) {
	form := url.Values{
		"grant_type": {"refresh_token"}, "client_id": {o.settings.ClientID},
		"client_secret": {o.settings.ClientSecret.Reveal()}, "refresh_token": {refresh},
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, o.server+"/oauth/token/", strings.NewReader(form.Encode()))
	if err != nil {
		return tokens{}, &crm.Error{Class: crm.Blocked, Reason: "the token server's address cannot be used", Hint: "check oauth_url"}
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := o.http.Do(req)
	if err != nil {
		return tokens{}, &crm.Error{Class: crm.Unavailable, Reason: "the token server cannot be reached", Hint: "check oauth_url and the network", Err: bare(err)}
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
	if err != nil {
		return tokens{}, &crm.Error{Class: crm.Unavailable, Reason: "the token server's answer was cut off", Err: bare(err)}
	}
	var g grant
	if json.Unmarshal(b, &g) != nil || g.Error == "" && g.Access == "" {
		return tokens{}, &crm.Error{Class: crm.Unavailable, Reason: fmt.Sprintf("the token server's answer (HTTP %d) is none of Bitrix24", resp.StatusCode), Hint: "check oauth_url"}
	}
	if g.Error != "" {
		return tokens{}, refusedGrant(g.Error, resp.StatusCode)
	}
	return o.tokensOf(g)
}

// tokensOf takes tokens from an answer: they must be for our portal, which may
// have got another name since.
func (o *oauth) tokensOf(g grant) (tokens, error) {
	endpoint, err := url.Parse(g.Endpoint)
	if err != nil || endpoint.Host == "" {
		endpoint = o.portal.JoinPath("rest/")
	}
	if endpoint.Scheme != o.portal.Scheme {
		return tokens{}, &crm.Error{Class: crm.Blocked, Reason: "the token server names a portal that is not reached like the configured one", Hint: "check url: https:// or http://?"}
	}
	if !strings.HasSuffix(endpoint.Path, "/") {
		endpoint.Path += "/"
	}
	expires := int64(g.Expires)
	if expires == 0 {
		expires = o.now().Unix() + int64(g.Lifetime)
	}
	return tokens{
		Access: g.Access, Refresh: g.Refresh, Expires: expires,
		Endpoint: endpoint.String(), Member: g.Member, User: int64(g.User),
	}, nil
}

// errDead says that a refresh token is no longer good.
var errDead = errors.New("the refresh token is dead")

// refusedGrant is what an error of the token server means.
func refusedGrant(code string, status int) error {
	hints := map[string]string{
		"invalid_grant":      "the refresh token is dead (they live 180 days); install the application again, or give a new refresh_token",
		"invalid_client":     "check client_id and client_secret",
		"wrong_client":       "check client_id and client_secret",
		"invalid_request":    "check client_id, client_secret and oauth_url",
		"invalid_scope":      scopes,
		"insufficient_scope": scopes,
		"payment_required":   "the portal's plan does not include REST, or is not paid",
	}
	known := strings.ToLower(code)
	hint, ok := hints[known]
	if !ok && status >= 500 {
		return &crm.Error{Class: crm.Unavailable, Reason: fmt.Sprintf("the token server is away (HTTP %d)", status)}
	}
	if !ok {
		known, hint = "an error that is not known here", "install the application again"
	}
	e := &crm.Error{Class: crm.Blocked, Reason: "the token server refuses a new token: " + known, Hint: hint}
	if known == "invalid_grant" {
		e.Err = errDead
	}
	return e
}
