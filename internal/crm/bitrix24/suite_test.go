package bitrix24_test

import (
	"net/http"
	"testing"
	"time"

	"ringback/internal/config"
	"ringback/internal/crm"
	"ringback/internal/crm/bitrix24"
	"ringback/internal/crm/bitrix24/bitrixsim"
	"ringback/internal/crm/crmtest"
)

func TestTheTargetPassesTheSuite(t *testing.T) {
	for name, webhook := range map[string]bool{"local application": false, "webhook": true} {
		t.Run(name, func(t *testing.T) {
			crmtest.Exercise(t, func(t *testing.T) crmtest.Subject {
				t.Helper()
				portal := bitrixsim.New(bitrixsim.Options{
					Rate: 1000, Burst: 1000, Costs: map[string]time.Duration{},
					Switches: bitrixsim.Switches{WebhookTelephony: true, OldRefresh: true},
				})
				portal.AddUser(bitrixsim.User{ID: 5, Inner: "1001", Active: true})
				portal.AddWebhook(1, "hookcode")
				_, refresh := portal.Grant(1)
				connect := func(t *testing.T, address string, transport http.RoundTripper, services crm.Services) crm.Target {
					t.Helper()
					s := bitrix24.Settings{DefaultUser: 1, Recordings: true, Enterprise: true, Transport: transport}
					if webhook {
						s.Webhook = config.NewSecret(address + "/rest/1/hookcode/")
					} else {
						s.Portal, s.OAuthURL = address, address
						s.ClientID, s.ClientSecret, s.RefreshToken = "local.app", config.NewSecret("secret"), config.NewSecret(refresh)
					}
					target, err := bitrix24.New(s, services)
					if err != nil {
						t.Fatal(err)
					}
					return target
				}
				return crmtest.Subject{Simulator: portal, Connect: connect, Effects: func() map[string]int {
					counts := make(map[string]int)
					for _, c := range portal.State().Calls {
						counts[c.External]++
					}
					return counts
				}}
			})
		})
	}
}
