package deliver

import (
	"net/http"
	"net/url"
	"regexp"
	"testing"
	"time"

	"ringback/internal/call"
	"ringback/internal/crm"
	"ringback/internal/crm/policy"
	"ringback/internal/crm/webhook"
	"ringback/internal/crm/webhook/webhooktest"
	"ringback/internal/faultnet"
	"ringback/internal/journal"
)

// listing is a webhook target with lists.
func listing(t *testing.T, address string, rules policy.Rules) Target {
	t.Helper()
	u, err := url.Parse(address)
	must(t, err)
	made, err := webhook.New(webhook.Settings{URL: u, Rules: rules}, crm.Services{Now: time.Now})
	must(t, err)
	return Target{Name: "warehouse", Type: "webhook", Target: made}
}

// settled waits until a call's delivery is over.
func (b *bench) settled(c *call.Call) journal.Delivery {
	b.tb.Helper()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for {
		if d := b.of(c); !d.Open() {
			return d
		}
		<-tick.C
	}
}

// What is carried out after a restart is decided on by the journal alone: the records
// are not read again.
func TestListsOfContextsHoldForCallsOfBeforeARestart(t *testing.T) {
	receiver := &webhooktest.Receiver{}
	dir := t.TempDir()
	away := serve(t, faultnet.Wrap(receiver, func(int64, *http.Request) faultnet.Fault {
		return faultnet.Fault{Kind: faultnet.Answer, Status: http.StatusServiceUnavailable}
	}))
	before := open(t, dir, listing(t, away, policy.Rules{}))
	list := someCalls(3, 3)
	list[0].Contexts = []string{"from-trunk", "ext-queues"}
	list[1].Contexts = []string{"from-trunk", "from-fax"}
	for _, c := range list {
		before.live(c)
	}
	must(t, before.journal.Close())

	contexts := func(p string) policy.Lists { return policy.Lists{Contexts: []*regexp.Regexp{regexp.MustCompile(p)}} }
	after := open(t, dir, listing(t, serve(t, receiver), policy.Rules{Keep: contexts("^from-trunk$"), Leave: contexts("fax")}))
	after.set()
	after.begin()
	defer after.end()
	reasons := make(map[string]string)
	for _, c := range list {
		reasons[c.ID] = after.settled(c).Reason
	}
	same(t, "effects", receiver.Effects(), map[string]int{"main-" + list[0].ID + "-1": 1})
	same(t, "reasons", reasons, map[string]string{
		list[0].ID: "",
		list[1].ID: "the settings leave out calls of context from-fax ([target.leave] contexts = 'fax')",
		list[2].ID: "the settings keep only listed calls, and nothing of this one is listed ([target.keep])",
	})
}

func TestListedCallsCountAsSkippedWithTheReason(t *testing.T) {
	receiver := &webhooktest.Receiver{}
	b := start(t, listing(t, serve(t, receiver), policy.Rules{Leave: policy.Lists{Numbers: []*regexp.Regexp{regexp.MustCompile(`0$`)}}}))
	list := someCalls(2, 2)
	b.set(list...)
	run := b.process()
	same(t, "run", run.Calls, tally(2, 1, 1, 0))
	outcomes, err := b.runs.Outcomes(t.Context(), run.ID, "skipped", "", 10)
	must(t, err)
	same(t, "reason", outcomes[0].Reason, "the settings leave out calls of number "+list[0].From.Number+" ([target.leave] numbers = '0$')")
}
