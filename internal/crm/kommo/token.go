package kommo

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"ringback/internal/crm"
)

const (
	tokenKey = "kommo/token"
	// early is how long before its end an access token is renewed.
	early = 5 * time.Minute
	// renewing is how long one process has to renew a token before another may.
	// The tokens before stay good until the new ones are used, so that a renewal
	// that was lost can be repeated.
	renewing = 2 * time.Minute
)

// pair is what the store keeps of an authorisation.
type pair struct {
	Access  string    `json:"access"`
	Refresh string    `json:"refresh"`
	Expires time.Time `json:"expires"`
	// Seed tells which code or refresh token of the configuration it grew from: a
	// new one there replaces it.
	Seed string `json:"seed"`
	// Claimed is until when a process renews it, and nobody else does.
	Claimed time.Time `json:"claimed,omitzero"`
}

// tokens gives the bearer token: one that lives long, or a pair that is renewed
// by one goroutine of one process at a time.
type tokens struct {
	settings *Settings
	store    crm.Store
	now      func() time.Time
	// post sends the request for a pair.
	post func(ctx context.Context, body any) (*answer, error)

	// turn is held by the one goroutine that renews.
	turn    chan struct{}
	current atomic.Pointer[pair]
	// issued is the token that was just given and not yet taken.
	issued atomic.Pointer[string]
	// stale is the token that the CRM refused last.
	stale atomic.Pointer[string]
}

func newTokens(s *Settings, store crm.Store, now func() time.Time) *tokens {
	t := &tokens{settings: s, store: store, now: now, turn: make(chan struct{}, 1)}
	t.current.Store(&pair{})
	return t
}

// errSendAgain says that a request had no effect and may follow as soon as the limit
// lets it.
var errSendAgain = errors.New("the request follows")

// renewed says that the request that was paid for has renewed the token.
func (t *tokens) renewed() error {
	return &crm.Error{
		Class: crm.Throttled, Again: true, Budget: requests, Reason: "the access token has been renewed; the request follows", Err: errSendAgain,
	}
}

// bearer is the token to send. An error may say that it has just been renewed.
func (t *tokens) bearer(ctx context.Context) (string, error) {
	if t.settings.Token.IsSet() {
		return t.settings.Token.Reveal(), nil
	}
	if p := t.current.Load(); t.fresh(p) {
		return p.Access, nil
	}
	if err := t.renew(ctx); err != nil {
		return "", err
	}
	return t.current.Load().Access, nil
}

// accepted notes that the CRM has taken a token.
func (t *tokens) accepted(token string) {
	if issued := t.issued.Load(); issued != nil && *issued == token {
		t.issued.CompareAndSwap(issued, nil)
	}
}

// refused says what a 401 means: a pair is renewed once, by the next request; a
// token that lives long is dead.
func (t *tokens) refused(token string) error {
	if t.settings.Token.IsSet() {
		return &crm.Error{
			Class: crm.Blocked, Reason: "the CRM does not take the long-lived token (401)",
			Hint: "it has run out or was revoked: make a new one in the integration's settings and put it into the configuration as token",
		}
	}
	t.stale.Store(&token)
	if issued := t.issued.Load(); issued != nil && *issued == token {
		t.issued.CompareAndSwap(issued, nil)
		return &crm.Error{
			Class: crm.Blocked, Reason: "the CRM does not take the access token that it has just given (401)",
			Hint: "see that the integration is installed in this account and that its owner is an administrator",
		}
	}
	return &crm.Error{
		Class: crm.Throttled, Again: true, Budget: requests, Reason: "the access token must be renewed before its time", Err: errSendAgain,
	}
}

func (t *tokens) fresh(p *pair) bool {
	stale := t.stale.Load()
	return (stale == nil || *stale != p.Access) && p.Access != "" && p.Seed == t.seed() && t.now().Before(p.Expires)
}

// renew brings current up to date: from the store, where somebody else was
// first, else from the CRM. The token that the CRM refused is not taken again.
func (t *tokens) renew(ctx context.Context) error {
	select {
	case t.turn <- struct{}{}:
		defer func() { <-t.turn }()
	case <-ctx.Done():
		return &crm.Error{Class: crm.Unavailable, Reason: "the access token could not be renewed in time", Err: ctx.Err()}
	}
	stored, version, err := t.load(ctx)
	if err != nil {
		return err
	}
	// Also where it is no longer good: no error may show it.
	t.current.Store(&stored)
	if t.fresh(&stored) {
		return nil
	}
	if t.now().Before(stored.Claimed) {
		return t.elsewhere(nil)
	}
	body, err := t.grant(stored)
	if err != nil {
		return err
	}
	if version, err = t.claim(ctx, stored, version); err != nil {
		return err
	}
	issued, err := t.exchange(ctx, body)
	// Whatever comes of it is written down, even when the caller has gone: an
	// old pair without its claim, or a new one before it is used, since the old
	// one dies with the first use of the new.
	keep := context.WithoutCancel(ctx)
	if err != nil {
		if failed := t.save(keep, stored, version); failed != nil {
			return failed
		}
		return err
	}
	if err := t.save(keep, issued, version); err != nil {
		return err
	}
	t.current.Store(&issued)
	t.issued.Store(&issued.Access)
	return t.renewed()
}

// claim keeps other processes from renewing; it returns the version to save
// over.
func (t *tokens) claim(ctx context.Context, stored pair, version int64) (int64, error) {
	stored.Claimed = t.now().Add(renewing)
	if err := t.save(ctx, stored, version); err != nil {
		return 0, err
	}
	claimed, version, err := t.load(ctx)
	if err == nil && !claimed.Claimed.Equal(stored.Claimed) {
		err = t.elsewhere(nil)
	}
	return version, err
}

func (t *tokens) elsewhere(err error) error {
	return &crm.Error{
		Class: crm.Throttled, Budget: requests, Until: t.now().Add(time.Second),
		Reason: "another process is renewing the access token", Err: err,
	}
}

func (t *tokens) load(ctx context.Context) (pair, int64, error) {
	value, version, err := t.store.Load(ctx, tokenKey)
	if err != nil {
		return pair{}, 0, &crm.Error{Class: crm.Unavailable, Reason: "the store of tokens cannot be read", Err: err}
	}
	var stored pair
	if version > 0 && json.Unmarshal(value, &stored) != nil {
		stored = pair{}
	}
	return stored, version, nil
}

func (t *tokens) save(ctx context.Context, p pair, version int64) error {
	value, err := json.Marshal(p)
	if err == nil {
		err = t.store.Save(ctx, tokenKey, value, version)
	}
	switch {
	case errors.Is(err, crm.ErrConflict):
		return t.elsewhere(err)
	case err != nil:
		return &crm.Error{Class: crm.Unavailable, Reason: "the access token cannot be stored", Err: err}
	}
	return nil
}

// seed is what the configuration gives to begin with, as a fingerprint.
func (t *tokens) seed() string {
	sum := sha256.Sum256([]byte(t.settings.ClientID + "\n" + t.settings.Code.Reveal() + "\n" + t.settings.RefreshToken.Reveal()))
	return hex.EncodeToString(sum[:8])
}

// grant is the body of the request for a pair: by the refresh token of the
// stored one, else by what the configuration gives.
func (t *tokens) grant(stored pair) (map[string]string, error) {
	body := map[string]string{
		"client_id": t.settings.ClientID, "client_secret": t.settings.ClientSecret.Reveal(), "redirect_uri": t.settings.RedirectURI,
	}
	refresh := t.settings.RefreshToken.Reveal()
	if stored.Refresh != "" && stored.Seed == t.seed() {
		refresh = stored.Refresh
	}
	switch {
	case refresh != "":
		body["grant_type"], body["refresh_token"] = "refresh_token", refresh
	case t.settings.Code.IsSet():
		body["grant_type"], body["code"] = "authorization_code", t.settings.Code.Reveal()
	default:
		return nil, &crm.Error{
			Class: crm.Blocked, Reason: "there is neither an access token nor a code to get one with",
			Hint: "put the integration's authorisation code into the configuration as code; it lives for 20 minutes",
		}
	}
	return body, nil
}

// exchange asks for a pair.
func (t *tokens) exchange(ctx context.Context, body map[string]string) (pair, error) {
	a, err := t.post(ctx, body)
	if err != nil {
		return pair{}, err
	}
	if s := a.status; s == http.StatusBadRequest || s == http.StatusUnauthorized {
		return pair{}, &crm.Error{
			Class: crm.Blocked, Reason: fmt.Sprintf("the CRM gives no access token (%d)", s),
			Hint: "the code (20 minutes, once) or the refresh token (3 months) is no longer good, or client_id, client_secret or redirect_uri are not those of the integration: put a new code into the configuration",
		}
	}
	var issued struct {
		Access  string `json:"access_token"`
		Refresh string `json:"refresh_token"`
		Expires int64  `json:"expires_in"`
	}
	if err := json.Unmarshal(a.body, &issued); err != nil || issued.Access == "" || issued.Refresh == "" {
		return pair{}, &crm.Error{Class: crm.Unavailable, Reason: "the CRM answered the request for an access token with something else"}
	}
	life := time.Duration(issued.Expires) * time.Second
	return pair{
		Access: issued.Access, Refresh: issued.Refresh, Seed: t.seed(),
		Expires: t.now().Add(max(life-early, life/2)),
	}, nil
}

// scrub takes secrets out of text that the CRM wrote.
func (t *tokens) scrub(text string) string {
	p, s := t.current.Load(), t.settings
	secrets := []string{p.Access, p.Refresh}
	secrets = append(secrets, s.Token.Reveal(), s.ClientSecret.Reveal(), s.Code.Reveal(), s.RefreshToken.Reveal())
	for _, secret := range secrets {
		if secret != "" {
			text = strings.ReplaceAll(text, secret, "…")
		}
	}
	return text
}
