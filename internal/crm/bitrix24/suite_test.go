package bitrix24_test

import (
	"fmt"
	"maps"
	"net/http"
	"strconv"
	"testing"
	"time"

	"ringback/internal/call"
	"ringback/internal/config"
	"ringback/internal/crm"
	"ringback/internal/crm/bitrix24"
	"ringback/internal/crm/bitrix24/bitrixsim"
	"ringback/internal/crm/crmtest"
)

func TestTheTargetPassesTheSuite(t *testing.T) {
	for name, change := range map[string]func(*bitrix24.Settings, string){"local application": nil, "webhook": throughWebhook} {
		t.Run(name, func(t *testing.T) {
			crmtest.Exercise(t, func(t *testing.T) crmtest.Subject {
				t.Helper()
				return subject(t, change)
			})
		})
	}
}

// TestTheTargetPassesTheSuiteWithMissedCallsThatBecomeTasks counts a call as
// there once only when its task is there once, too.
func TestTheTargetPassesTheSuiteWithMissedCallsThatBecomeTasks(t *testing.T) {
	crmtest.Exercise(t, func(t *testing.T) crmtest.Subject {
		t.Helper()
		s := subject(t, func(s *bitrix24.Settings, _ string) { withTasks(s) })
		portal, calls := s.Simulator.(*bitrixsim.Portal), s.Effects
		s.Call = func(n int) *call.Call {
			c := missed(strconv.Itoa(n)+".1", fmt.Sprintf("7916%07d", n))
			c.Complete, c.LinkedIDs = true, []string{c.ID}
			return c
		}
		s.Effects = func() map[string]int {
			tasks, counts := make(map[string]int), make(map[string]int)
			for _, task := range portal.State().Tasks {
				tasks[task.XMLID]++
			}
			for key, n := range calls() {
				counts[key] = n * tasks[key]
				delete(tasks, key)
			}
			maps.Copy(counts, tasks)
			return counts
		}
		return s
	})
}

// throughWebhook connects through an incoming webhook.
func throughWebhook(s *bitrix24.Settings, address string) {
	useWebhook(s)
	s.Webhook = config.NewSecret(address + "/rest/1/hookcode/")
}

// subject is a portal with a target that is connected through a local
// application, unless the settings are changed.
func subject(t *testing.T, change func(s *bitrix24.Settings, address string)) crmtest.Subject {
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
		s := bitrix24.Settings{
			DefaultUser: 1, Recordings: true, Enterprise: true, Transport: transport, Portal: address, OAuthURL: address,
			ClientID: "local.app", ClientSecret: config.NewSecret("secret"), RefreshToken: config.NewSecret(refresh),
		}
		if change != nil {
			change(&s, address)
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
}
