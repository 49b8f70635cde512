package bitrix24

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"sync"
	"time"

	"ringback/internal/crm"
)

// oauth is a local application. Its access token lives an hour, its refresh
// token 180 days, and each refresh brings a new one: it is saved before the
// access token that came with it is used.
type oauth struct {
	settings Settings
	portal   *url.URL
	server   string
	store    crm.Store
	now      func() time.Time
	http     *http.Client

	// turn is held by the one who loads, refreshes or saves.
	turn chan struct{}
	// dead is the refresh token that was refused last, since when it was first.
	dead  string
	since time.Time

	mu      sync.Mutex // for what follows
	held    tokens
	version int64
	loaded  bool
	// unsaved says that the held tokens are not in the store yet.
	unsaved bool
}

// tokens are kept in the store.
type tokens struct {
	Access   string `json:"access"`
	Refresh  string `json:"refresh"`
	Expires  int64  `json:"expires"`
	Endpoint string `json:"endpoint"`
	Member   string `json:"member,omitempty"`
	User     int64  `json:"user,omitempty"`
	// Application is the application_token that events bring along.
	Application string `json:"application,omitempty"`
	// Seed tells by which configured refresh token these began: another one in
	// the settings means that somebody wants to begin anew.
	Seed string `json:"seed,omitempty"`
}

const tokensKey = "oauth"

func notInstalled() error {
	return &crm.Error{
		Class: crm.Blocked, Reason: "the application is not connected to the portal",
		Hint: "install it from the portal (its install address is /targets/<name>/install here), or give refresh_token",
	}
}

func (o *oauth) credential(ctx context.Context) (base, token string, err error) {
	if t, ok := o.ready(); ok {
		return t.Endpoint, t.Access, nil
	}
	if err := o.take(ctx); err != nil {
		return "", "", err
	}
	defer o.release()
	if t, ok := o.ready(); ok {
		return t.Endpoint, t.Access, nil
	}
	if err := o.begin(ctx); err != nil {
		return "", "", err
	}
	t, _ := o.ready()
	return t.Endpoint, t.Access, nil
}

// ready returns the tokens, once they are there and saved.
func (o *oauth) ready() (tokens, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.held, o.loaded && !o.unsaved && o.held.Access != ""
}

// begin finds tokens: those not yet saved, those in the store, or new ones for
// the configured refresh token.
func (o *oauth) begin(ctx context.Context) error {
	if o.unsaved {
		return o.save(ctx, o.held)
	}
	if err := o.load(ctx); err != nil {
		return err
	}
	if o.held.Access != "" && o.held.Seed == o.seed() {
		return nil
	}
	if !o.settings.RefreshToken.IsSet() {
		if o.held.Access != "" {
			return nil
		}
		return notInstalled()
	}
	return o.refresh(ctx, o.settings.RefreshToken.Reveal())
}

// renew is called with the access token that was refused.
func (o *oauth) renew(ctx context.Context, refused string) (bool, error) {
	if err := o.take(ctx); err != nil {
		return true, err
	}
	defer o.release()
	if t, ok := o.ready(); ok && t.Access != refused {
		return true, nil // another request was first
	}
	if err := o.load(ctx); err != nil {
		return true, err
	}
	if o.held.Access != refused && o.held.Access != "" {
		return true, nil // another process was first
	}
	if o.held.Refresh == "" {
		return true, notInstalled()
	}
	return true, o.refresh(ctx, o.held.Refresh)
}

// grace is how long a refresh may still take after its caller gave up.
const grace = 3 * time.Second

// refresh gets new tokens and saves them. It goes on for a moment when its
// caller gives up: an answer that is lost takes the refresh token along.
func (o *oauth) refresh(caller context.Context, with string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(caller), answerTime)
	defer cancel()
	defer context.AfterFunc(caller, func() { time.AfterFunc(grace, cancel) })()
	got, err := o.exchange(ctx, with)
	if err == nil {
		got.Application = o.held.Application
		return o.save(ctx, got)
	}
	e, ok := asError(err)
	if !ok || e.Class != crm.Blocked {
		return err
	}
	before := o.held.Access
	if loading := o.load(ctx); loading != nil {
		return loading
	}
	if o.held.Access != before {
		return nil // another process used the refresh token first
	}
	return o.refused(with, e)
}

// saving is how long another process may take to save what it got for a refresh
// token, which is dead from then on.
const saving = 10 * time.Second

// refused gives another process, which may have used a dead refresh token, time
// to save its new one before a person is called for.
func (o *oauth) refused(with string, e *crm.Error) error {
	if !errors.Is(e, errDead) {
		return e
	}
	now := o.now()
	if o.dead != with {
		o.dead, o.since = with, now
	}
	if until := o.since.Add(saving); now.Before(until) {
		e.Class, e.Until = crm.Unavailable, until
	}
	return e
}

// load reads the tokens from the store.
func (o *oauth) load(ctx context.Context) error {
	b, version, err := o.store.Load(ctx, tokensKey)
	if err != nil {
		return unsaved("load the portal's tokens", err)
	}
	var t tokens
	if version > 0 {
		if err := json.Unmarshal(b, &t); err != nil {
			return unsaved("read the portal's tokens", err)
		}
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.held, o.version, o.loaded = t, version, true
	return nil
}

// save writes tokens to the store. Where another process has written in the
// meantime, those that live longer stay.
func (o *oauth) save(ctx context.Context, t tokens) error {
	t.Seed = o.seed()
	b, err := json.Marshal(t)
	if err != nil {
		return unsaved("write the portal's tokens", err)
	}
	o.mu.Lock()
	o.held, o.loaded, o.unsaved = t, true, true
	version := o.version
	o.mu.Unlock()
	for {
		err := o.store.Save(ctx, tokensKey, b, version)
		if err == nil {
			o.mu.Lock()
			defer o.mu.Unlock()
			o.version, o.unsaved = version+1, false
			return nil
		}
		if !errors.Is(err, crm.ErrConflict) {
			return unsaved("save the portal's tokens", err)
		}
		if err := o.load(ctx); err != nil {
			return err
		}
		o.mu.Lock()
		version = o.version
		stays := o.held.Expires > t.Expires && o.held.Seed == t.Seed
		if !stays {
			o.held = t
		}
		o.unsaved = !stays
		o.mu.Unlock()
		if stays {
			return nil
		}
	}
}

func (o *oauth) seed() string {
	if !o.settings.RefreshToken.IsSet() {
		return ""
	}
	sum := sha256.Sum256([]byte(o.settings.RefreshToken.Reveal()))
	return hex.EncodeToString(sum[:8])
}

func (o *oauth) take(ctx context.Context) error {
	select {
	case o.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return &crm.Error{Class: crm.Unavailable, Reason: "given up before the token was there", Err: ctx.Err()}
	}
}

func (o *oauth) release() { <-o.turn }

func (o *oauth) secrets() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return []string{
		o.held.Access, o.held.Refresh, o.held.Application,
		o.settings.ClientSecret.Reveal(), o.settings.RefreshToken.Reveal(),
	}
}

// user is the one who installed the application.
func (o *oauth) user(ctx context.Context) int64 {
	if _, _, err := o.credential(ctx); err != nil {
		return 0
	}
	t, _ := o.ready()
	return t.User
}
