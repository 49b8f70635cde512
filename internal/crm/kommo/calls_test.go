package kommo_test

import (
	"fmt"
	"time"

	"ringback/internal/call"
)

// found is a call as the account has it.
type found struct {
	Key, Where, Type, Phone, Link string
	Start, User                   int64
	Duration, Status              string
}

// calls are all calls that the account has, by key; a key twice fails the test.
func (b *bench) calls() map[string]found {
	b.t.Helper()
	h := b.sim.Holdings()
	all := map[string]found{}
	add := func(f found) {
		if _, twice := all[f.Key]; twice {
			b.t.Errorf("the account has call %s twice", f.Key)
		}
		all[f.Key] = f
	}
	for _, n := range h.Notes {
		link, _ := n.Params["link"].(string)
		add(found{
			Key: fmt.Sprint(n.Params["uniq"]), Where: n.Kind, Type: n.Type, Phone: fmt.Sprint(n.Params["phone"]), Link: link,
			Start: n.CreatedAt, User: n.Responsible, Duration: fmt.Sprint(n.Params["duration"]), Status: fmt.Sprint(n.Params["call_status"]),
		})
	}
	for _, e := range h.Unsorted {
		link, _ := e.Metadata["link"].(string)
		add(found{
			Key: e.SourceUID, Where: "unsorted", Phone: fmt.Sprint(e.Metadata["from"]), Link: link, Start: e.CreatedAt,
			Duration: fmt.Sprint(e.Metadata["duration"]),
		})
	}
	return all
}

// incoming and outgoing make a call of a client with 1001.
func incoming(id, number string, start time.Time) *call.Call {
	at := func(s int) call.Time { return call.Time{Time: start.Add(time.Duration(s) * time.Second)} }
	ours := call.Party{Number: "1001", Name: "Alice Adams", Extension: "1001"}
	return &call.Call{
		ID: id, PBX: "main", Direction: call.Incoming, Result: call.Answered, Trunk: "trunk",
		From: call.Party{Number: number}, To: call.Party{Number: "74950000001"},
		StartedAt: at(0), AnsweredAt: at(3), EndedAt: at(63), Talk: 60.4,
		Legs:  []call.Leg{{ID: id + "1", Channel: "PJSIP/1001-1", Party: ours, RangAt: at(1), AnsweredAt: at(3), EndedAt: at(63), Result: call.LegAnswered, Talk: 60.4}},
		Talks: []call.Talk{{From: at(3), Until: at(63), Seconds: 60.4, Parties: []string{number, "1001"}}},
	}
}

func outgoing(id, number string, start time.Time) *call.Call {
	c := incoming(id, number, start)
	c.Direction, c.From, c.To = call.Outgoing, c.Legs[0].Party, call.Party{Number: number}
	c.Legs[0].Party = call.Party{Number: number}
	c.Legs[0].Channel = "PJSIP/trunk-1"
	return c
}

func with(c *call.Call, result call.Result, recordings ...string) *call.Call {
	c.Result, c.Recordings = result, recordings
	if result != call.Answered {
		c.Talks = nil
		c.Talk = 0
	}
	return c
}
