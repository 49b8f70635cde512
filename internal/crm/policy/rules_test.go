package policy_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ringback/internal/call"
	"ringback/internal/crm/policy"
)

func patterns(p string) []*regexp.Regexp { return []*regexp.Regexp{regexp.MustCompile(p)} }

// missed is a call of a client that rang at 201 and then at 202.
func missed() *call.Call {
	c := incoming()
	c.Result, c.Talk, c.Talks = call.Missed, 0, nil
	for i := range c.Legs {
		c.Legs[i].AnsweredAt, c.Legs[i].Result, c.Legs[i].Via = call.Time{}, call.LegNoAnswer, call.ViaQueue
	}
	return c
}

func TestAContextListsACall(t *testing.T) {
	c := incoming()
	c.Contexts = []string{"from-trunk", "ext-queues"}
	for name, test := range map[string]struct {
		rules policy.Rules
		want  string
	}{
		"it is left out":               {policy.Rules{Leave: policy.Lists{Contexts: patterns("^ext-")}}, "the settings leave out calls of context ext-queues ([target.leave] contexts = '^ext-')"},
		"leave goes before keep":       {policy.Rules{Keep: policy.Lists{Contexts: patterns("^from-trunk$")}, Leave: policy.Lists{Extensions: patterns("^201$")}}, "the settings leave out calls of extension 201 ([target.leave] extensions = '^201$')"},
		"it is kept":                   {policy.Rules{Keep: policy.Lists{Contexts: patterns("^from-trunk$")}}, ""},
		"another context keeps it not": {policy.Rules{Keep: policy.Lists{Contexts: patterns("^from-fax$")}}, "the settings keep only listed calls, and nothing of this one is listed ([target.keep])"},
	} {
		if _, skipped := test.rules.Parts(c); skipped != test.want {
			t.Errorf("%s: for a CRM it is skipped as %q, want %q", name, skipped, test.want)
		}
		if _, skipped := test.rules.Whole(c); skipped != test.want {
			t.Errorf("%s: as a whole it is skipped as %q, want %q", name, skipped, test.want)
		}
	}
}

func TestAWholeCallIsListedByAnyOutsidePartyOfIt(t *testing.T) {
	c := incoming()
	c.Legs = append(c.Legs, call.Leg{
		ID: "1.9", Channel: "PJSIP/trunk-b-1", Party: call.Party{Number: "79035550057"}, Via: call.ViaAttendedTransfer,
		RangAt: at(32), AnsweredAt: at(35), Result: call.LegAnswered, Talk: 15,
	})
	rules := policy.Rules{Leave: policy.Lists{Numbers: patterns("^7903")}}
	if _, skipped := rules.Whole(c); !strings.Contains(skipped, "number 79035550057") {
		t.Errorf("a webhook gets the call of a number that is left out: %q", skipped)
	}
	parts, _ := rules.Parts(c)
	if len(parts) != 1 || parts[0].Number != 0 {
		t.Errorf("a CRM gets %s", show(c, parts, ""))
	}
}

func TestTheRuleThatActedIsSaid(t *testing.T) {
	c := incoming()
	rules := policy.Rules{
		Keep: policy.Lists{Numbers: patterns("^8916")},
		Rewrite: []policy.Rewrite{
			{Match: regexp.MustCompile(`^9`), Replace: "0"},
			{Match: regexp.MustCompile(`^8(?P<rest>\d{10})$`), Replace: "+7${rest}"},
		},
		Trunks: map[string]policy.Trunk{"trunk-a": {Line: "office", Source: "WEB", DefaultUser: 7}, "trunk-b": {Line: "other"}},
		Line:   "all", Source: "CALL",
	}
	parts, _ := rules.Parts(c)
	want := []string{
		"of ours, 202 talked with the client last",
		"kept because of number 89161234567 ([target.keep] numbers = '^8916')",
		`rule 2 for numbers (match = '^8(?P<rest>\d{10})$') made +79161234567 of 89161234567`,
		"line office by [target.trunks.trunk-a]",
		"source WEB by [target.trunks.trunk-a]",
		"default user 7 by [target.trunks.trunk-a]",
	}
	if diff := cmp.Diff(want, parts[0].Why); diff != "" {
		t.Errorf("reasons (-want +got):\n%s", diff)
	}
	rules.Rewrite = slices.Insert(rules.Rewrite, 0, policy.Rewrite{Match: regexp.MustCompile(`^8`), Replace: "8"})
	if parts, _ = rules.Parts(c); !slices.Contains(parts[0].Why, "rule 1 for numbers (match = '^8') leaves 89161234567 as it is") {
		t.Errorf("a rule that shields a number from the others is not named: %q", parts[0].Why)
	}
	rules.Rewrite = []policy.Rewrite{{Match: regexp.MustCompile(`^\d+$`), Replace: ""}}
	if _, skipped := rules.Parts(c); skipped != `the rules for numbers made "" of 89161234567, which nobody could dial` {
		t.Errorf("skipped as %q", skipped)
	}
}

func TestATrunkHasLineSourceAndDefaultUserOfItsOwn(t *testing.T) {
	second := incoming()
	second.Legs = append(second.Legs, call.Leg{
		ID: "1.9", Channel: "PJSIP/trunk-b-00000001", Party: call.Party{Number: "79035550057"}, Via: call.ViaAttendedTransfer,
		RangAt: at(32), AnsweredAt: at(35), Result: call.LegAnswered, Talk: 15,
	})
	rules := policy.Rules{
		Line: "all", Source: "CALL",
		Trunks: map[string]policy.Trunk{"trunk-b": {Line: "b", Source: "B", DefaultUser: 8}},
	}
	parts, _ := rules.Parts(second)
	type preset struct {
		Line, Source string
		DefaultUser  int64
	}
	var got []preset
	for _, p := range parts {
		got = append(got, preset{p.Line, p.Source, p.DefaultUser})
	}
	if diff := cmp.Diff([]preset{{"all", "CALL", 0}, {"b", "B", 8}}, got); diff != "" {
		t.Errorf("the call and its second outside party (-want +got):\n%s", diff)
	}
}

func TestWhoIsResponsibleForAMissedCallIsAsTheSettingsSay(t *testing.T) {
	usual := []policy.Responsible{policy.OfPerson, policy.OfDefault}
	client := []policy.Responsible{policy.OfClient}
	trunk := map[string]policy.Trunk{"trunk-a": {Missed: []policy.Responsible{policy.OfDefault}}}
	outgoing := missed()
	outgoing.Direction, outgoing.Result, outgoing.From, outgoing.To = call.Outgoing, call.NoAnswer, ours("203"), call.Party{Number: "89161234567"}
	for _, test := range []struct {
		name  string
		rules policy.Rules
		call  *call.Call
		want  []policy.Responsible
	}{
		{"the one who rang, then the default user", policy.Rules{}, missed(), usual},
		{"or whom the settings name", policy.Rules{Missed: client}, missed(), client},
		{"or the trunk's", policy.Rules{Missed: client, Trunks: trunk}, missed(), trunk["trunk-a"].Missed},
		{"of an answered call, who answered", policy.Rules{Missed: client, Trunks: trunk}, incoming(), usual},
		{"of one that we made in vain, who called", policy.Rules{Missed: client, Trunks: trunk}, outgoing, usual},
	} {
		parts, _ := test.rules.Parts(test.call)
		if !slices.Equal(parts[0].Responsible, test.want) {
			t.Errorf("%s: %q, want %q", test.name, parts[0].Responsible, test.want)
		}
	}
	if parts, _ := (policy.Rules{Missed: client}).Parts(missed()); parts[0].Person != "202" {
		t.Errorf("whoever is responsible, %q rang last", parts[0].Person)
	}
}
