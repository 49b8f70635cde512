package kommo_test

import (
	"testing"
	"time"

	"ringback/internal/call"
	"ringback/internal/config"
	"ringback/internal/crm/kommo"
	"ringback/internal/crm/kommo/kommosim"
	"ringback/internal/crm/policy"
)

// usersOf are the users 504141 (1001), 504142 and the dismissed 13.
func usersOf(b *bench) {
	b.sim.AddUser(504141, "Alice", true)
	b.sim.AddUser(504142, "Bob", true)
	b.sim.AddUser(504143, "Carol", true)
	b.sim.AddUser(13, "Dave", false)
}

func tries(ladder ...policy.Responsible) func(*kommo.Settings) {
	return func(s *kommo.Settings) {
		s.Rules.Missed, s.DefaultUser, s.UnknownCallers = ladder, 504143, config.Contact
	}
}

func TestWhoHasAMissedCallIsTriedInOrder(t *testing.T) {
	missed := func() *call.Call { return with(incoming("1.1", "79161234567", start), call.Missed) }
	byTrunk := func(s *kommo.Settings) {
		tries(policy.OfPerson)(s)
		s.Rules.Trunks = map[string]policy.Trunk{missed().Trunk: {DefaultUser: 504142, Missed: []policy.Responsible{policy.OfDefault}}}
	}
	for _, test := range []struct {
		name   string
		call   *call.Call
		change func(*kommo.Settings)
		// owner is who has the client, 0 when the client is not known.
		owner, want int64
	}{
		{"usually the one who rang last has it, whoever has the client", missed(), tries(), 504142, 504141},
		{"whoever has the client, where that comes first", missed(), tries(policy.OfClient, policy.OfPerson), 504142, 504142},
		{"who rang comes before, where that is said", missed(), tries(policy.OfPerson, policy.OfClient), 504142, 504141},
		{"of a client whose user was dismissed, the next in order", missed(), tries(policy.OfClient, policy.OfPerson), 13, 504141},
		{"of a stranger, the next in order", missed(), tries(policy.OfClient, policy.OfPerson), 0, 504141},
		{"the default user, when nobody else is left", missed(), tries(policy.OfClient), 0, 504143},
		{"the default user alone", missed(), tries(policy.OfDefault), 504142, 504143},
		{"an answered call is of who answered", incoming("1.1", "79161234567", start), tries(policy.OfClient), 504142, 504141},
		{"a trunk has its own order and default user", missed(), byTrunk, 0, 504142},
	} {
		for _, past := range []bool{true, false} {
			t.Run(test.name, func(t *testing.T) {
				b := newBench(t, kommosim.Options{}, test.change)
				usersOf(b)
				if test.owner != 0 {
					b.sim.Assign("contacts", b.sim.AddClient("contacts", "Client", "+7 916 123-45-67"), test.owner)
				}
				b.mustDeliver(past, test.call)
				if got := b.calls()["main-1.1"].User; got != test.want {
					t.Errorf("user %d has the call, want %d (past %v)", got, test.want, past)
				}
			})
		}
	}
}

// Nobody is asked again for a client who was found a moment ago.
func TestTheOwnerOfAClientIsRemembered(t *testing.T) {
	b := newBench(t, kommosim.Options{}, tries(policy.OfClient))
	usersOf(b)
	b.sim.Assign("contacts", b.sim.AddClient("contacts", "Client", "79161234567"), 504142)
	b.mustDeliver(true, with(incoming("1.1", "79161234567", start), call.Missed))
	before := len(b.sim.Requests())
	b.mustDeliver(true, with(incoming("1.2", "79161234567", start.Add(time.Minute)), call.Missed))
	if n := len(b.sim.Requests()) - before; n != 1 {
		t.Errorf("the second call of a client took %d requests", n)
	}
	if got := b.calls()["main-1.2"].User; got != 504142 {
		t.Errorf("user %d has the second call", got)
	}
}

func TestEachAnsweredLegIsACallOfItsOwn(t *testing.T) {
	b := newBench(t, kommosim.Options{}, func(s *kommo.Settings) {
		s.Rules.AnsweredLegs, s.Users = true, map[string]int64{"1001": 504141, "1002": 504142}
	})
	usersOf(b)
	b.sim.AddClient("contacts", "Client", "79161234567")
	c := with(incoming("1.1", "79161234567", start), call.Answered, "a.wav")
	on := call.Time{Time: start.Add(40 * time.Second)}
	c.Legs[0].EndedAt, c.Talks[0].Until = on, on
	c.Legs = append(c.Legs, call.Leg{
		ID: "1.7", Party: call.Party{Number: "1002", Extension: "1002"}, Via: call.ViaBlindTransfer, RangAt: on, AnsweredAt: on,
		EndedAt: c.EndedAt, Result: call.LegAnswered,
	})
	c.Talks = append(c.Talks, call.Talk{From: on, Until: c.EndedAt, Parties: []string{"79161234567", "1002"}})
	b.mustDeliver(true, c)
	calls := b.calls()
	first, second := calls["main-1.1"], calls["main-1.1-leg-1.7"]
	if len(calls) != 2 || first.User != 504141 || second.User != 504142 {
		t.Fatalf("the account has %+v", calls)
	}
	if first.Start != start.Unix() || second.Start != on.Unix() || first.Link == "" || second.Link != "" {
		t.Errorf("the first is %+v, the second %+v", first, second)
	}
}
