package deliver

import (
	"net/http"
	"net/url"
	"regexp"
	"testing"
	"time"

	"ringback/internal/backfill"
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

// ruled is a CRM that gets parts of calls by rules.
type ruled struct {
	*fake

	rules policy.Rules
}

func (r ruled) Parcels(c *call.Call, past bool) ([]crm.Parcel, string) {
	parts, skipped := r.rules.Parts(c)
	var parcels []crm.Parcel
	for i := range parts {
		parcels = append(parcels, crm.Parcel{Key: parts[i].Key(c), Part: parts[i].Number, Past: past, Number: parts[i].Client, Call: c})
	}
	return parcels, skipped
}

func TestACallThatWasDeliveredWholeIsNotThereTwiceByItsLegs(t *testing.T) {
	dir, portal := t.TempDir(), newFake()
	portal.update = true
	c := someCalls(1, 1)[0]
	at := func(s int) call.Time { return call.Time{Time: c.StartedAt.Add(time.Duration(s) * time.Second)} }
	c.Legs, c.Talks = nil, nil
	for i, extension := range []string{"201", "202"} {
		from, until := at(10*i), at(10*i+8)
		c.Legs = append(c.Legs, call.Leg{
			ID: c.ID + "-" + extension, Party: call.Party{Number: extension, Extension: extension},
			RangAt: from, AnsweredAt: from, EndedAt: until, Result: call.LegAnswered,
		})
		c.Talks = append(c.Talks, call.Talk{From: from, Until: until, Parties: []string{c.From.Number, extension}})
	}
	life := func(rules policy.Rules, change ...func(*backfill.Request)) *backfill.Run {
		b := open(t, dir, Target{Name: "portal", Target: ruled{portal, rules}})
		b.set(c)
		b.begin()
		defer b.end()
		return b.process(change...)
	}
	key, leg := "main-"+c.ID, "main-"+c.ID+"-leg-"+c.ID+"-202"
	same(t, "whole", life(policy.Rules{}).Calls, tally(1, 1, 0, 0))
	same(t, "by legs", life(policy.Rules{AnsweredLegs: true}).Calls, tally(1, 0, 1, 0))
	same(t, "entries", portal.entries(), map[string]int64{key: 1})
	same(t, "forced by legs", life(policy.Rules{AnsweredLegs: true}, forced).Calls, tally(1, 1, 0, 0))
	same(t, "entries with legs", portal.entries(), map[string]int64{key: 1, leg: 1})
	same(t, "whole again", life(policy.Rules{}).Calls, tally(1, 0, 1, 0))
	same(t, "entries at last", portal.entries(), map[string]int64{key: 1, leg: 1})
	same(t, "doubles", portal.dups, 0)
}
