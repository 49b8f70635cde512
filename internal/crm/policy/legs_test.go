package policy_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ringback/internal/call"
	"ringback/internal/crm/policy"
)

func TestEachOfOursWhoTalkedWithTheCallerHasACall(t *testing.T) {
	rules := policy.Rules{AnsweredLegs: true}
	once := incoming()
	once.Legs, once.Talks = once.Legs[:1], once.Talks[:1]
	asked := incoming()
	asked.Legs = append(asked.Legs,
		call.Leg{ID: "1.3", Party: ours("202"), Via: call.ViaAttendedTransfer, RangAt: at(20), AnsweredAt: at(20), EndedAt: at(25), Result: call.LegAnswered, Talk: 4},
		call.Leg{ID: "1.4", Party: ours("203"), Via: call.ViaAttendedTransfer, RangAt: at(20), AnsweredAt: at(21), EndedAt: at(25), Result: call.LegAnswered, Talk: 4})
	asked.Talks = append(asked.Talks, call.Talk{From: at(21), Until: at(25), Parties: []string{"202", "203"}})
	mobile := incoming()
	mobile.Legs[1].Party, mobile.Legs[1].Channel, mobile.Legs[1].Via = call.Party{Number: "79035550057"}, "PJSIP/trunk-a-1", call.ViaForward
	mobile.Legs[0].Result, mobile.Legs[0].AnsweredAt = call.LegNoAnswer, call.Time{}
	mobile.Talks = []call.Talk{{From: at(11), Until: at(30), Parties: []string{"89161234567", "79035550057"}}}
	unnamed := incoming()
	unnamed.Talks = nil
	outgoing := incoming()
	outgoing.Direction, outgoing.From, outgoing.To = call.Outgoing, ours("201"), call.Party{Number: "89161234567"}
	back := incoming()
	back.Legs = append(back.Legs, call.Leg{ID: "1.3", Party: ours("201"), Via: call.ViaBlindTransfer, RangAt: at(31), AnsweredAt: at(32), Result: call.LegAnswered})
	back.Talks = append(back.Talks, call.Talk{From: at(32), Until: at(40), Parties: []string{"89161234567", "201"}})
	rang := missed()
	first := `main-1: incoming 89161234567 of "201", answered, talk 7, +0s`
	second := `main-1-leg-1.2: incoming 89161234567 of "202", answered, talk 19, +10s`
	for _, test := range []struct {
		name string
		call *call.Call
		want []string
	}{
		{"the first has the call's start, the next its own", incoming(), []string{first, second}},
		{"one who answered alone has one call", once, []string{first}},
		{"nobody who answered: exactly one missed call", rang, []string{`main-1: incoming 89161234567 of "202", missed, talk 0, +0s`}},
		{"who was only asked by a colleague has none, nor has the asking", asked, []string{first, second}},
		{"a call sent on to a mobile is of whose mobile it is", mobile, []string{`main-1: incoming 89161234567 of "201", answered, talk 19, +0s`}},
		{"who has the caller twice has two calls", back, []string{first, second, `main-1-leg-1.3: incoming 89161234567 of "201", answered, talk 8, +31s`}},
		{"where no talk is told of, the call stays whole", unnamed, []string{`main-1: incoming 89161234567 of "202", answered, talk 31, +0s`}},
		{"a call of ours stays whole", outgoing, []string{`main-1: outgoing 89161234567 of "202", answered, talk 31, +0s`}},
	} {
		t.Run(test.name, func(t *testing.T) {
			parts, _ := rules.Parts(test.call)
			var got []string
			for i := range parts {
				got = append(got, byKey(test.call, &parts[i]))
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("calls (-want +got):\n%s", diff)
			}
		})
	}
}

func TestFurtherOutsidePartiesKeepTheirKeysBesideLegs(t *testing.T) {
	c := incoming()
	c.Legs = append(c.Legs, call.Leg{
		ID: "1.9", Channel: "PJSIP/trunk-b-1", Party: call.Party{Number: "79035550057"}, Via: call.ViaAttendedTransfer,
		RangAt: at(32), AnsweredAt: at(35), Result: call.LegAnswered, Talk: 15,
	})
	want := []string{"main-1", "main-1-leg-1.2", "main-1-2"}
	if diff := cmp.Diff(want, keys(policy.Rules{AnsweredLegs: true}, c)); diff != "" {
		t.Errorf("keys (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"main-1", "main-1-2"}, keys(policy.Rules{}, c)); diff != "" {
		t.Errorf("keys of the whole call (-want +got):\n%s", diff)
	}
}

// A leg that comes to light later, or is left out, changes nothing about others.
func TestTheNumberOfALegHangsOnItsIDAlone(t *testing.T) {
	rules := policy.Rules{AnsweredLegs: true}
	c := incoming()
	before, _ := rules.Parts(c)
	c.Legs = append(c.Legs, call.Leg{ID: "1.15", Party: ours("204"), Via: call.ViaPickup, RangAt: at(9), AnsweredAt: at(9), EndedAt: at(10), Result: call.LegAnswered})
	c.Talks = append(c.Talks, call.Talk{From: at(9), Until: at(10), Parties: []string{"89161234567", "204"}})
	after, _ := rules.Parts(c)
	if len(after) != 3 || after[1].Leg != "1.15" || after[2].Number != before[1].Number || after[2].Leg != "1.2" {
		t.Errorf("before %s\nafter %s", show(c, before, ""), show(c, after, ""))
	}
}

func byKey(c *call.Call, p *policy.Part) string {
	return fmt.Sprintf("%s: %s %s of %q, %s, talk %d, +%.0fs", p.Key(c), p.Direction, p.Client, p.Person, p.Result, p.Talk, p.Start.Sub(c.StartedAt.Time).Seconds())
}

func keys(rules policy.Rules, c *call.Call) []string {
	parts, _ := rules.Parts(c)
	var all []string
	for i := range parts {
		all = append(all, parts[i].Key(c))
	}
	return all
}
