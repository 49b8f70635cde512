package bitrix24_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"ringback/internal/config"
	"ringback/internal/crm"
	"ringback/internal/crm/bitrix24"
	"ringback/internal/crm/bitrix24/bitrixsim"
)

func TestAnExpiredTokenIsRenewedOnceByManyAtOnce(t *testing.T) {
	h := open(t, bitrixsim.Options{}, nil)
	h.must(incoming("1.0", "79161234567"), true)
	before := h.portal.State().Tokens
	h.clock.advance(2 * time.Hour)
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			if _, err := h.target.Check(context.Background()); err != nil && !isThrottled(err) {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if got := h.portal.State().Tokens - before; got != 1 {
		t.Errorf("%d tokens were issued, want 1", got)
	}
}

func isThrottled(err error) bool {
	e, ok := errors.AsType[*crm.Error](err)
	return ok && e.Class == crm.Throttled
}

func TestTokensAreSavedBeforeTheyAreUsed(t *testing.T) {
	h := open(t, bitrixsim.Options{}, nil)
	h.store.fail = errors.New("the disk is full")
	_, err := h.target.Check(t.Context())
	if e, ok := errors.AsType[*crm.Error](err); !ok || e.Class != crm.Unavailable {
		t.Fatalf("outcome %v, want unavailable", err)
	}
	if s := h.portal.State(); s.Requests != 1 {
		t.Errorf("%d requests, want only that for a token", s.Requests)
	}
	h.store.fail = nil
	if _, err := h.target.Check(t.Context()); err != nil {
		t.Errorf("the token that could not be saved is lost: %v", err)
	}
}

func TestTheNewestRefreshTokenSurvivesARestart(t *testing.T) {
	h := open(t, bitrixsim.Options{}, nil)
	for range 3 {
		if _, err := h.target.Check(t.Context()); err != nil {
			t.Fatal(err)
		}
		h.clock.advance(2 * time.Hour)
		h.restart()
	}
}

func TestAnotherProcesssTokenIsTakenOver(t *testing.T) {
	h := open(t, bitrixsim.Options{}, nil)
	other, err := bitrix24.New(h.settings, h.services)
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if _, err := h.target.Check(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := other.Check(t.Context()); err != nil {
			t.Fatal(err)
		}
		h.clock.advance(2 * time.Hour)
	}
	if refused := h.portal.State().Refusals["invalid_grant"]; refused != 0 {
		t.Errorf("%d refresh tokens were dead", refused)
	}
}

// pausing is a store that does something first whenever a value is saved.
type pausing struct {
	*memory

	first func()
}

func (p pausing) Save(ctx context.Context, key string, value []byte, version int64) error {
	p.first()
	return p.memory.Save(ctx, key, value, version)
}

func TestARefreshTokenThatAnotherProcessHasJustUsedDoesNotBlock(t *testing.T) {
	h := open(t, bitrixsim.Options{}, nil)
	other := h.target
	var early error
	h.services.Store = pausing{h.store, sync.OnceFunc(func() { _, early = other.Check(context.Background()) })}
	h.restart()
	if _, err := h.target.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	e, ok := errors.AsType[*crm.Error](early)
	if !ok || e.Class != crm.Unavailable || e.Until.IsZero() {
		t.Fatalf("before the tokens are saved, another process has %v; want unavailable", early)
	}
	if _, err := other.Check(t.Context()); err != nil {
		t.Errorf("once they are saved, it has %v", err)
	}
}

func TestTokensOfAPortalWithoutANameOfItsOwnAreNotOurs(t *testing.T) {
	h := open(t, bitrixsim.Options{}, func(s *bitrix24.Settings) {
		s.RefreshToken = config.Secret{}
		s.Transport = granting(`{"access_token":"a","refresh_token":"r","expires_in":3600,"client_endpoint":"https://evil.example.com/rest/"}`)
	})
	if code := install(h, h.portal.Installation(1, portalHost)); code != http.StatusForbidden {
		t.Errorf("tokens for another portal are answered %d", code)
	}
}

func TestAPortalsNameMayBeWrittenInCapitals(t *testing.T) {
	h := open(t, bitrixsim.Options{}, func(s *bitrix24.Settings) {
		s.RefreshToken, s.Portal = config.Secret{}, "https://Demo.Bitrix24.ru"
	})
	if code := install(h, h.portal.Installation(1, portalHost)); code != http.StatusOK {
		t.Errorf("the installation is answered %d", code)
	}
}

// granting answers every request with the same tokens.
type granting string

func (g granting) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(string(g))), Request: r}, nil
}

func TestADeadRefreshTokenBlocksAndANewOneInTheSettingsOpens(t *testing.T) {
	h := open(t, bitrixsim.Options{}, nil)
	h.must(incoming("1.0", "79161234567"), true)
	h.portal.Revoke()
	err := h.bring(incoming("1.1", "79161234567"), true)[0]
	e, ok := errors.AsType[*crm.Error](err)
	if !ok || e.Class != crm.Blocked || !strings.Contains(e.Hint, "refresh_token") {
		t.Fatalf("outcome %v, want blocked", err)
	}
	_, refresh := h.portal.Grant(1)
	h.settings.RefreshToken = config.NewSecret(refresh)
	h.restart()
	h.must(incoming("1.1", "79161234567"), true)
}

func TestWrongClientSecretIsExplained(t *testing.T) {
	h := open(t, bitrixsim.Options{}, func(s *bitrix24.Settings) { s.ClientSecret = config.NewSecret("not-it") })
	_, err := h.target.Check(t.Context())
	if e, ok := errors.AsType[*crm.Error](err); !ok || e.Class != crm.Blocked || !strings.Contains(e.Hint, "client_secret") {
		t.Errorf("outcome %v", err)
	}
}

func install(h *house, form url.Values) int {
	r := httptest.NewRequest(http.MethodPost, "/targets/portal/install", strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	h.target.Install().ServeHTTP(w, r)
	return w.Code
}

func TestInstallingInThePortalConnects(t *testing.T) {
	h := open(t, bitrixsim.Options{}, func(s *bitrix24.Settings) { s.RefreshToken = config.Secret{} })
	_, err := h.target.Check(t.Context())
	if e, ok := errors.AsType[*crm.Error](err); !ok || e.Class != crm.Blocked || !strings.Contains(e.Hint, "install") {
		t.Fatalf("before it is installed: %v", err)
	}
	form := h.portal.Installation(1, portalHost)
	for name, forge := range map[string]func(url.Values){
		"another portal's address":      func(f url.Values) { f.Set("auth[client_endpoint]", "https://evil.example.com/rest/") },
		"a made-up token":               func(f url.Values) { f.Set("auth[refresh_token]", "made-up") },
		"an event that is not expected": func(f url.Values) { f.Set("event", "ONCRMLEADADD") },
	} {
		forged := url.Values{}
		for k, v := range form {
			forged[k] = append([]string(nil), v...)
		}
		forge(forged)
		if code := install(h, forged); code < 400 {
			t.Errorf("an installation with %s is answered %d", name, code)
		}
	}
	if code := install(h, form); code != http.StatusOK {
		t.Fatalf("installation is answered %d", code)
	}
	h.must(incoming("1.1", "79161234567"), true)
	h.restart()
	h.must(incoming("1.2", "79161234567"), true)

	gone := url.Values{"event": {"ONAPPUNINSTALL"}, "auth[application_token]": {"made-up"}}
	if code := install(h, gone); code != http.StatusForbidden {
		t.Errorf("a made-up application_token is answered %d", code)
	}
	gone.Set("auth[application_token]", form.Get("auth[application_token]"))
	if code := install(h, gone); code != http.StatusOK {
		t.Errorf("taking the application away is answered %d", code)
	}
	if _, err := h.target.Check(t.Context()); err == nil {
		t.Error("the application works after it was taken away")
	}
}

func TestAWebhookThatMayNotRegisterCallsIsExplained(t *testing.T) {
	h := open(t, bitrixsim.Options{}, useWebhook)
	h.portal.AddWebhook(1, "hookcode")
	_, err := h.target.Check(t.Context())
	if e, ok := errors.AsType[*crm.Error](err); !ok || e.Class != crm.Blocked || !strings.Contains(e.Hint, "local application") || !strings.Contains(e.Reason, "WRONG_AUTH_TYPE") {
		t.Errorf("the check says %v", err)
	}
	if code := install(h, url.Values{"event": {"ONAPPINSTALL"}}); code != http.StatusNotFound {
		t.Errorf("installing is answered %d", code)
	}
	h = open(t, bitrixsim.Options{Switches: bitrixsim.Switches{WebhookTelephony: true}}, useWebhook)
	h.portal.AddWebhook(1, "hookcode")
	if _, err := h.target.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	c := incoming("1.1", "79161234567")
	h.must(c, true)
	if s := h.portal.State(); len(s.Calls) != 1 || s.Calls[0].FileSHA256 != hashOf(c) {
		t.Errorf("calls %+v", s.Calls)
	}
}

func TestTheCheckFindsMissingScopesAndThePlan(t *testing.T) {
	h := open(t, bitrixsim.Options{Scope: "crm"}, nil)
	_, err := h.target.Check(t.Context())
	if err == nil || !strings.Contains(err.Error(), "telephony, user_basic") {
		t.Errorf("the check says %v", err)
	}
	h = open(t, bitrixsim.Options{Licence: "ru_ent250"}, nil)
	r, err := h.target.Check(t.Context())
	if err != nil || r.Licence != "ru_ent250" || h.target.Budgets()[0].Units != 5 {
		t.Errorf("report %+v, %v; budgets %v", r, err, h.target.Budgets()[0])
	}
}

func TestARenamedPortalIsFollowedAndRemembered(t *testing.T) {
	for _, webhook := range []bool{false, true} {
		h := open(t, bitrixsim.Options{Switches: bitrixsim.Switches{WebhookTelephony: true}}, func(s *bitrix24.Settings) {
			if webhook {
				useWebhook(s)
			}
		})
		if webhook {
			h.portal.AddWebhook(1, "hookcode")
		}
		h.must(incoming("1.0", "79161234567"), true)
		h.portal.Rename(portalHost, "new.bitrix24.ru")
		h.must(incoming("1.1", "79161234567"), true)
		h.portal.Rename("new.bitrix24.ru", "newer.bitrix24.ru")
		h.must(incoming("1.2", "79161234567"), true)
		h.restart()
		before := h.portal.State().Requests
		h.must(missed("1.3", "79161234567"), true)
		if s := h.portal.State(); len(s.Calls) != 4 || s.Requests-before != 3 {
			t.Errorf("%d calls, %d requests for the last; want 4, and 3: users, register, finish", len(s.Calls), s.Requests-before)
		}
	}
}

func TestARedirectionToElsewhereIsNotFollowed(t *testing.T) {
	for _, location := range []string{"https://evil.example.com/login", "http://" + portalHost + "/rest/1/hookcode/user.get", ""} {
		h := open(t, bitrixsim.Options{}, func(s *bitrix24.Settings) {
			useWebhook(s)
			s.Transport = redirecting(location)
		})
		_, err := h.target.Check(t.Context())
		e, ok := errors.AsType[*crm.Error](err)
		if !ok || e.Class != crm.Blocked && e.Class != crm.Unavailable {
			t.Errorf("a redirection to %q gives %v", location, err)
		}
	}
}

// redirecting sends every request elsewhere.
type redirecting string

func (to redirecting) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusFound, Header: http.Header{"Location": {string(to)}}, Body: http.NoBody, Request: r}, nil
}
