package kommo_test

import (
	"fmt"
	"net/http"
	"net/url"
	"testing"
	"time"

	"ringback/internal/call"
	"ringback/internal/config"
	"ringback/internal/crm"
	"ringback/internal/crm/crmtest"
	"ringback/internal/crm/kommo"
	"ringback/internal/crm/kommo/kommosim"
)

// hurried is a target whose CRM takes more requests a second than the real one,
// so that the suite need not wait.
type hurried struct{ *kommo.Target }

func (hurried) Budgets() []crm.Budget {
	return []crm.Budget{{Name: "requests", Units: 500, Window: time.Second, Burst: 1}}
}

func TestTheTargetPassesTheSuiteOfAllTargets(t *testing.T) {
	for _, test := range []struct {
		name   string
		known  bool
		policy config.UnknownCallers
		oauth  bool
	}{
		{"clients", true, config.Skip, false},
		{"strangers among the unsorted", false, config.Unsorted, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()

			crmtest.Exercise(t, func(t *testing.T) crmtest.Subject {
				t.Helper()
				o := kommosim.Options{Token: "long-lived-secret", Now: time.Now, PerSecond: 1000}
				settings := kommo.Settings{Token: config.NewSecret(o.Token), UnknownCallers: test.policy}
				if test.oauth {
					o.Token, o.ClientID, o.ClientSecret, o.RedirectURI, o.Code = "", oauthAccount.ClientID, oauthAccount.ClientSecret, oauthAccount.RedirectURI, ""
					o.RefreshToken = "refresh-secret" // a code is good once, whatever becomes of the answer
					oauth(&settings)
					settings.Code, settings.RefreshToken = config.Secret{}, config.NewSecret(o.RefreshToken)
				}
				sim := kommosim.New(o)
				if test.known {
					for n := range 25 {
						sim.AddClient("contacts", "Client", fmt.Sprintf("8916%07d", n))
					}
				}
				return crmtest.Subject{
					Simulator: sim,
					Connect: func(t *testing.T, address string, transport http.RoundTripper, services crm.Services) crm.Target {
						t.Helper()
						u, err := url.Parse(address)
						if err != nil {
							t.Fatal(err)
						}
						s := settings
						s.URL, s.Transport = u, transport
						target, err := kommo.New(s, services)
						if err != nil {
							t.Fatal(err)
						}
						return hurried{target}
					},
					Call: func(n int) *call.Call {
						at := time.Now().Truncate(time.Second).Add(time.Duration(n-3600) * time.Second)
						return incoming(fmt.Sprintf("%d.%d", at.Unix(), n), fmt.Sprintf("916%07d", n), at)
					},
					Effects: func() map[string]int {
						effects := map[string]int{}
						h := sim.Holdings()
						for _, n := range h.Notes {
							effects[fmt.Sprint(n.Params["uniq"])]++
						}
						for _, e := range h.Unsorted {
							effects[e.SourceUID]++
						}
						return effects
					},
				}
			})
		})
	}
}
