package webhook_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"ringback/internal/crm"
	"ringback/internal/crm/crmtest"
	"ringback/internal/crm/webhook"
	"ringback/internal/crm/webhook/webhooktest"
)

func subject(receiver *webhooktest.Receiver) crmtest.Subject {
	return crmtest.Subject{
		Simulator: receiver, Repeats: !receiver.Idempotent,
		Connect: func(t *testing.T, address string, transport http.RoundTripper, services crm.Services) crm.Target {
			u, err := url.Parse(address)
			if err != nil {
				t.Fatal(err)
			}
			target, err := webhook.New(webhook.Settings{URL: u, Secret: receiver.Secret, Transport: transport}, services)
			if err != nil {
				t.Fatal(err)
			}
			return target
		},
		Effects: func() map[string]int {
			effects := map[string]int{}
			for key, n := range receiver.Effects() {
				effects[strings.TrimSuffix(key, "-1")] = n
			}
			return effects
		},
	}
}

func TestAReceiverThatHonoursKeys(t *testing.T) {
	crmtest.Exercise(t, func(*testing.T) crmtest.Subject {
		return subject(&webhooktest.Receiver{Secret: "s3cret", Idempotent: true})
	})
}

func TestAReceiverThatDoesNot(t *testing.T) {
	crmtest.Exercise(t, func(*testing.T) crmtest.Subject { return subject(&webhooktest.Receiver{}) })
}
