package bitrix24_test

import (
	"slices"
	"testing"

	"ringback/internal/call"
	"ringback/internal/crm"
	"ringback/internal/crm/bitrix24"
	"ringback/internal/crm/bitrix24/bitrixsim"
	"ringback/internal/crm/policy"
)

// tries sets who has a missed call.
func tries(ladder ...policy.Responsible) func(*bitrix24.Settings) {
	return func(s *bitrix24.Settings) { s.Rules.Missed = ladder }
}

func TestWhoHasAMissedCallIsTriedInOrder(t *testing.T) {
	menu := missed("1.9", "79161234567")
	menu.Legs = nil
	const known, unknown, ofDismissed = "79161234567", "79160000000", "79162222222"
	byTrunk := func(s *bitrix24.Settings) {
		s.Rules.Trunks = map[string]policy.Trunk{"trunk-a": {DefaultUser: 8, Missed: []policy.Responsible{policy.OfClient, policy.OfDefault}}}
	}
	for _, test := range []struct {
		name   string
		call   *call.Call
		change func(*bitrix24.Settings)
		want   int64
	}{
		{"usually the one who rang last has it, whoever has the client", missed("1.1", known), nil, 6},
		{"whoever has the client, where that comes first", missed("1.2", known), tries(policy.OfClient, policy.OfPerson), 7},
		{"who rang comes before, where that is said", missed("1.3", known), tries(policy.OfPerson, policy.OfClient), 6},
		{"when nobody rang, whoever has the client", menu, tries(policy.OfPerson, policy.OfClient), 7},
		{"of a stranger, the next in order", missed("1.4", unknown), tries(policy.OfClient, policy.OfPerson), 6},
		{"of a client whose user was dismissed, the next in order", missed("1.5", ofDismissed), tries(policy.OfClient, policy.OfPerson), 6},
		{"the default user, when nobody else is left", missed("1.6", unknown), tries(policy.OfClient), 1},
		{"the default user alone", missed("1.7", known), tries(policy.OfDefault), 1},
		{"an answered call is of who answered", incoming("1.8", known), tries(policy.OfClient), 5},
		{"a trunk has its own order", missed("2.1", known), byTrunk, 7},
		{"and its own default user", missed("2.2", unknown), byTrunk, 8},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := open(t, bitrixsim.Options{}, test.change)
			h.portal.AddUser(bitrixsim.User{ID: 7, Active: true})
			h.portal.AddUser(bitrixsim.User{ID: 8, Active: true})
			h.portal.AddUser(bitrixsim.User{ID: 9})
			h.portal.AddClient(bitrixsim.Client{Type: "CONTACT", ID: 1, Phone: known, Responsible: 7})
			h.portal.AddClient(bitrixsim.Client{Type: "CONTACT", ID: 2, Phone: ofDismissed, Responsible: 9})
			h.must(test.call, false)
			if got := h.portal.State().Calls[0]; got.User != test.want || got.FinishedUser != test.want {
				t.Errorf("the call is registered for %d and finished for %d, want %d", got.User, got.FinishedUser, test.want)
			}
		})
	}
}

func TestADismissedDefaultUserOfATrunkGivesWayToTheTargets(t *testing.T) {
	h := open(t, bitrixsim.Options{}, func(s *bitrix24.Settings) {
		s.Rules.Trunks = map[string]policy.Trunk{"trunk-a": {DefaultUser: 9}}
	})
	h.portal.AddUser(bitrixsim.User{ID: 9})
	c := missed("1.1", "79161234567")
	c.Legs = nil
	h.must(c, false)
	if got := h.portal.State().Calls[0].User; got != 1 {
		t.Errorf("the call is of user %d, want the target's default user 1", got)
	}
}

func TestToAskWhoseAClientIsTakesOfTheLimits(t *testing.T) {
	charges := func(h *house, c *call.Call) []string {
		parcels, _ := h.target.Parcels(c, true)
		var names []string
		for _, charge := range h.target.Next(&parcels[0], nil).Charges {
			names = append(names, charge.Budget)
		}
		return names
	}
	hidden := missed("1.3", "anonymous")
	asks := open(t, bitrixsim.Options{}, tries(policy.OfClient))
	for name, got := range map[string][]string{
		"a missed call":                       charges(asks, missed("1.1", "79161234567")),
		"an answered one":                     charges(asks, incoming("1.2", "79161234567")),
		"one of a hidden number":              charges(asks, hidden),
		"a missed one, where nobody is asked": charges(open(t, bitrixsim.Options{}, nil), missed("1.1", "79161234567")),
	} {
		var want []string
		if name == "a missed call" {
			want = []string{"requests", "past search"}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s takes of %q, want %q", name, got, want)
		}
	}
	if !slices.ContainsFunc(asks.target.Budgets(), func(b crm.Budget) bool { return b.Name == "past search" }) {
		t.Error("there is no such budget")
	}
}

// handedOn is a call that 201 took and 202 went on with.
func handedOn(id string) *call.Call {
	c := incoming(id, "79161234567")
	c.Legs[0].EndedAt, c.Talks[0].Until = at(12), at(12)
	c.Legs = append(c.Legs, call.Leg{ID: id + ".7", Party: ours("202"), Via: call.ViaBlindTransfer, RangAt: at(12), AnsweredAt: at(15), EndedAt: at(32), Result: call.LegAnswered})
	c.Talks = append(c.Talks, call.Talk{From: at(15), Until: at(32), Parties: []string{"79161234567", "202"}})
	return c
}

func TestEachAnsweredLegIsACallOfItsOwn(t *testing.T) {
	h := open(t, bitrixsim.Options{}, func(s *bitrix24.Settings) { s.Rules.AnsweredLegs = true })
	c := handedOn("1.1")
	h.must(c, true)
	first := bitrixsim.Call{
		External: "main-1.1", User: 5, FinishedUser: 5, Phone: "79161234567", Type: 2, Line: "74950000001",
		Start: "2026-09-21T10:00:00+03:00", Duration: 10, Status: "200", FileName: "main-1.1.wav", FileSHA256: hashOf(c),
	}
	second := bitrixsim.Call{
		External: "main-1.1-leg-1.1.7", User: 6, FinishedUser: 6, Phone: "79161234567", Type: 2, Line: "74950000001",
		Start: "2026-09-21T10:00:12+03:00", Duration: 17, Status: "200",
	}
	h.expect(first, second)
}
