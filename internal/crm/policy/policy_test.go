package policy_test

import (
	"regexp"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ringback/internal/call"
	"ringback/internal/crm/policy"
)

func at(second int) call.Time {
	return call.Time{Time: time.Date(2026, 9, 21, 10, 0, second, 0, time.UTC)}
}

func ours(extension string) call.Party { return call.Party{Number: extension, Extension: extension} }

// incoming is a call of a client that 201 took and 202 went on with.
func incoming() *call.Call {
	return &call.Call{
		ID: "1", PBX: "main", Direction: call.Incoming, Result: call.Answered, Trunk: "trunk-a",
		From: call.Party{Number: "89161234567"}, To: call.Party{Number: "74950000001"},
		StartedAt: at(0), Talk: 30.5,
		Legs: []call.Leg{
			{ID: "1.1", Channel: "PJSIP/201-1", Party: ours("201"), RangAt: at(1), AnsweredAt: at(2), EndedAt: at(9), Result: call.LegAnswered},
			{ID: "1.2", Channel: "PJSIP/202-1", Party: ours("202"), Via: call.ViaBlindTransfer, RangAt: at(10), AnsweredAt: at(11), EndedAt: at(30), Result: call.LegAnswered},
		},
		Talks: []call.Talk{
			{From: at(2), Until: at(9), Parties: []string{"89161234567", "201"}},
			{From: at(11), Until: at(30), Parties: []string{"89161234567", "202"}},
		},
	}
}

func TestTheRulesSayWhatIsDelivered(t *testing.T) {
	internal := incoming()
	internal.Direction, internal.From, internal.To = call.Internal, ours("203"), ours("201")
	service := incoming()
	service.Result = call.Service
	unknown := incoming()
	unknown.Direction = call.UnknownDirection
	hidden := incoming()
	hidden.From.Number = "anonymous"
	for _, test := range []struct {
		name  string
		rules policy.Rules
		call  *call.Call
		want  string
	}{
		{"the last of ours who talked has the call", policy.Rules{}, incoming(), `0: incoming 89161234567 of "202", answered, talk 31, line 74950000001, +0s`},
		{"a call among ours is left out", policy.Rules{}, internal, "skipped: a call among ours; internal_calls = true delivers them"},
		{"unless it is wanted: then it is outgoing", policy.Rules{Internal: true}, internal, `0: outgoing 201 of "203", answered, talk 31, line trunk-a, +0s`},
		{"a service of the PBX is no call for a CRM", policy.Rules{Internal: true}, service, "skipped: a call to a service of the PBX itself"},
		{"a call of which nothing is known is left out", policy.Rules{}, unknown, "skipped: the records do not say who called whom"},
		{"without a placeholder, a hidden number is left out", policy.Rules{}, hidden, "skipped: the caller shows no number; anonymous_number gives such calls one"},
		{"the line may be set", policy.Rules{Line: "office"}, incoming(), `0: incoming 89161234567 of "202", answered, talk 31, line office, +0s`},
		{"extensions may be left out", policy.Rules{Leave: policy.Lists{Extensions: patterns("^201$")}}, incoming(), "skipped: the settings leave out calls of extension 201 ([target.leave] extensions = '^201$')"},
		{"trunks may be left out", policy.Rules{Leave: policy.Lists{Trunks: patterns("^trunk-a$")}}, incoming(), "skipped: the settings leave out calls of trunk trunk-a ([target.leave] trunks = '^trunk-a$')"},
		{"numbers may be left out", policy.Rules{Leave: policy.Lists{Numbers: patterns("^8916")}}, incoming(), "skipped: the settings leave out calls of number 89161234567 ([target.leave] numbers = '^8916')"},
		{"what is not kept is left out", policy.Rules{Keep: policy.Lists{Extensions: patterns("^3")}}, incoming(), "skipped: the settings keep only listed calls, and nothing of this one is listed ([target.keep])"},
		{"what is kept is delivered", policy.Rules{Keep: policy.Lists{Extensions: patterns("^20")}}, incoming(), `0: incoming 89161234567 of "202", answered, talk 31, line 74950000001, +0s`},
		{
			"the first rule for numbers that matches acts",
			policy.Rules{Rewrite: []policy.Rewrite{
				{Match: regexp.MustCompile(`^7`), Replace: "0"},
				{Match: regexp.MustCompile(`^8(\d{10})$`), Replace: "+7$1"},
				{Match: regexp.MustCompile(`^\+7`), Replace: "1"},
			}},
			incoming(), `0: incoming +79161234567 of "202", answered, talk 31, line 74950000001, +0s`,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			parts, skipped := test.rules.Parts(test.call)
			if diff := cmp.Diff(test.want, show(test.call, parts, skipped)); diff != "" {
				t.Errorf("parts (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAConsultationInVainLeavesTheCallWithWhoTalkedToTheClient(t *testing.T) {
	c := incoming()
	c.Talks = append(c.Talks, call.Talk{From: at(31), Until: at(40), Parties: []string{"202", "203"}})
	c.Legs = append(c.Legs, call.Leg{ID: "1.3", Party: ours("203"), Via: call.ViaAttendedTransfer, RangAt: at(30), AnsweredAt: at(31), Result: call.LegAnswered})
	parts, _ := policy.Rules{}.Parts(c)
	if parts[0].Person != "202" {
		t.Errorf("the call belongs to %s, want 202", parts[0].Person)
	}
}

func TestTheSecondPartyKeepsItsNumberWhenTheFirstIsLeftOut(t *testing.T) {
	c := incoming()
	c.From.Number = ""
	c.Talks = append(c.Talks, call.Talk{From: at(35), Until: at(50), Parties: []string{"79035550057", "202"}})
	c.Legs = append(c.Legs, call.Leg{
		ID: "1.4", Channel: "PJSIP/trunk-b-1", Party: call.Party{Number: "79035550057"}, Via: call.ViaAttendedTransfer,
		RangAt: at(32), AnsweredAt: at(35), Result: call.LegAnswered, Talk: 15,
	})
	part, ok := policy.Rules{}.Part(c, 1)
	if !ok || part.Person != "202" || part.Client != "79035550057" {
		t.Errorf("second part is %+v (%v)", part, ok)
	}
	if _, ok := (policy.Rules{}).Part(c, 0); ok {
		t.Error("the hidden caller is delivered though there is no placeholder")
	}
}

func TestWhatCanBeDialledIsANumber(t *testing.T) {
	for number, want := range map[string]bool{
		"+7 (916) 123-45-67": true, "79161234567": true, "112": true, "0": false, "": false, "anonymous": false,
		"+": false, "sip:alice": false, "123456789012345678901": false, "1234+5678": false,
	} {
		if got := policy.Dialable(number); got != want {
			t.Errorf("Dialable(%q) = %v, want %v", number, got, want)
		}
	}
}
