package bitrix24_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"ringback/internal/config"
	"ringback/internal/crm/bitrix24"
	"ringback/internal/crm/bitrix24/bitrixsim"
)

// leaky fails with all that it knows of a request, as networks and portals do.
type leaky struct{ echo bool }

func (l leaky) RoundTrip(r *http.Request) (*http.Response, error) {
	if !l.echo {
		return nil, fmt.Errorf("proxy: cannot fetch %s", r.URL)
	}
	body := make([]byte, r.ContentLength)
	_, _ = r.Body.Read(body)
	text := strings.NewReplacer(`"`, "'", "\n", " ").Replace(r.URL.String() + " " + string(body))
	return canned{400, `{"error":"ERROR_CORE","error_description":"wrong request ` + text + `"}`}.RoundTrip(r)
}

func TestNoErrorHoldsASecret(t *testing.T) {
	for _, echo := range []bool{false, true} {
		for _, webhook := range []bool{false, true} {
			h := open(t, bitrixsim.Options{}, func(s *bitrix24.Settings) {
				s.ClientSecret, s.RefreshToken = config.NewSecret("client-secret"), config.NewSecret("refresh-secret")
				if webhook {
					useWebhook(s)
				}
				s.Transport = leaky{echo}
			})
			h.store.values["oauth"] = []byte(`{"access":"access-secret","refresh":"later-secret","endpoint":"https://demo.bitrix24.ru/rest/"}`)
			if !webhook {
				h.settings.RefreshToken = config.Secret{}
			}
			h.store.versions["oauth"] = 1
			h.restart()
			_, err := h.target.Check(t.Context())
			if err == nil {
				t.Fatal("no error")
			}
			for text := err; text != nil; text = errors.Unwrap(text) {
				for _, secret := range []string{"client-secret", "access-secret", "later-secret", "refresh-secret", "hookcode"} {
					if strings.Contains(fmt.Sprintf("%v %+v", text, text), secret) {
						t.Errorf("webhook %v: %v", webhook, text)
					}
				}
			}
		}
	}
}

func TestSettingsOfAWrongWebhookDoNotShowIt(t *testing.T) {
	for _, address := range []string{"https://demo.bitrix24.ru/rest/hookcode/", "https://demo.bitrix24.ru/rest/x/hookcode/", "://hookcode", "https://demo.bitrix24.ru/a/1/hookcode/"} {
		h := open(t, bitrixsim.Options{}, nil)
		s := bitrix24.Settings{Webhook: config.NewSecret(address)}
		_, err := bitrix24.New(s, h.services)
		if err == nil || strings.Contains(err.Error(), "hookcode") {
			t.Errorf("%v for %v", err, url.PathEscape(address))
		}
	}
}
