package kommo_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"ringback/internal/config"
	"ringback/internal/crm"
	"ringback/internal/crm/kommo"
	"ringback/internal/crm/kommo/kommosim"
)

func oauth(s *kommo.Settings) {
	s.Token = config.Secret{}
	s.ClientID, s.ClientSecret, s.RedirectURI, s.Code = "id", config.NewSecret("client-secret"), "https://pbx.example/amo", config.NewSecret("code-secret")
}

var oauthAccount = kommosim.Options{ClientID: "id", ClientSecret: "client-secret", RedirectURI: "https://pbx.example/amo", Code: "code-secret"}

func TestTokensAreRenewedAndKept(t *testing.T) {
	b := newBench(t, oauthAccount, oauth)
	b.sim.AddClient("contacts", "Client", "79161234567")
	b.mustDeliver(true, incoming("1.1", "79161234567", start))
	b.restart()
	b.mustDeliver(true, incoming("2.1", "79161234567", start))
	if n := b.sim.Grants(); n != 1 {
		t.Errorf("%d pairs of tokens were given, want 1: the code is good once", n)
	}
	b.to(b.Now().Add(25 * time.Hour))
	b.mustDeliver(true, incoming("3.1", "79161234567", start))
	b.sim.Expire() // before the time that the CRM named
	b.mustDeliver(true, incoming("4.1", "79161234567", start))
	if n := b.sim.Grants(); n != 3 || len(b.calls()) != 4 {
		t.Errorf("%d pairs of tokens were given, want 3; calls: %v", n, b.calls())
	}
}

func TestALostPairOfTokensIsAskedForAgain(t *testing.T) {
	for name, f := range allFaults {
		o := oauthAccount
		b := newBench(t, o, oauth)
		b.sim.AddClient("contacts", "Client", "79161234567")
		b.mustDeliver(true, incoming("1.1", "79161234567", start))
		b.sim.Expire()
		b.sim.Break(broken("POST", "/access_token", f))
		b.mustDeliver(true, incoming("2.1", "79161234567", start))
		if len(b.calls()) != 2 {
			t.Errorf("%s: the account has %v", name, b.calls())
		}
	}
}

func TestATokenThatCannotBeKeptIsNotUsed(t *testing.T) {
	b := newBench(t, oauthAccount, oauth)
	b.store.broken = true
	d := b.parcels(true, incoming("1.1", "79161234567", start))[0]
	b.advance(d)
	if d.failure == nil || d.failure.Class != crm.Unavailable || b.sim.Grants() != 0 {
		t.Errorf("with a full disk: %v, and %d pairs are given", d.failure, b.sim.Grants())
	}
}

func TestDeadTokensBlock(t *testing.T) {
	b := newBench(t, oauthAccount, oauth)
	b.sim.AddClient("contacts", "Client", "79161234567")
	b.mustDeliver(true, incoming("1.1", "79161234567", start))
	b.sim.Revoke()
	d := b.parcels(true, incoming("2.1", "79161234567", start))[0]
	b.deliver(d)
	if d.failure == nil || d.failure.Class != crm.Blocked || !strings.Contains(d.failure.Hint, "new code") {
		t.Errorf("a revoked refresh token: %v", d.failure)
	}
}

// Many goroutines and two processes find the token dead at once; it is renewed
// once.
func TestOneOfManyRenewsTheToken(t *testing.T) {
	b := newBench(t, oauthAccount, oauth)
	b.sim.AddClient("contacts", "Client", "79161234567")
	b.mustDeliver(true, incoming("1.1", "79161234567", start))
	b.sim.Expire()
	first := b.target
	b.restart()
	var work sync.WaitGroup
	for i, target := range []*kommo.Target{first, b.target, first, b.target, first, b.target} {
		work.Go(func() {
			parcels, _ := target.Parcels(incoming(fmt.Sprintf("9.%d", i), "79161234567", start), true)
			for range 3 {
				_, err := target.Do(t.Context(), &parcels[0], crm.Step{Name: "find", Charges: []crm.Charge{{Budget: "requests", Units: 1}}}, nil)
				if err == nil {
					return
				}
			}
		})
	}
	work.Wait()
	if n := b.sim.Grants(); n != 2 {
		t.Errorf("%d pairs of tokens were given, want 2", n)
	}
}

// A restarted process knows its tokens from the store only.
func TestNoErrorOfARenewalHoldsAStoredToken(t *testing.T) {
	b := newBench(t, oauthAccount, oauth)
	b.sim.AddClient("contacts", "Client", "79161234567")
	b.mustDeliver(true, incoming("1.1", "79161234567", start))
	b.to(b.Now().Add(25 * time.Hour))
	b.settings.Transport = canned{403, nil, `{"detail":"not for refresh-1"}`}
	b.restart()
	d := b.parcels(true, incoming("2.1", "79161234567", start))[0]
	b.advance(d)
	if d.failure == nil || !strings.Contains(d.failure.Error(), "not for") || strings.Contains(d.failure.Error(), "refresh-1") {
		t.Errorf("the failure is %v", d.failure)
	}
}
