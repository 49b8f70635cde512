package kommo_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"testing"
	"time"

	"ringback/internal/call"
	"ringback/internal/config"
	"ringback/internal/crm"
	"ringback/internal/crm/kommo"
	"ringback/internal/crm/kommo/kommosim"
)

// history is a few hundred calls of clients and strangers of all kinds.
func history(n int) []*call.Call {
	var all []*call.Call
	results := []call.Result{call.Answered, call.Missed, call.Voicemail, call.Busy, call.NoAnswer, call.Cancelled}
	for i := range n {
		at := start.Add(time.Duration(i) * 37 * time.Second)
		id := fmt.Sprintf("%d.%d", at.Unix(), i)
		number := fmt.Sprintf("7916%07d", i%220)
		c := incoming(id, number, at)
		if i%3 == 1 {
			c = outgoing(id, "8"+number[1:], at)
		}
		c.Talk = call.Seconds(i%300) + 0.3
		result := results[i%len(results)]
		if c.Direction == call.Incoming && result != call.Answered && result != call.Voicemail {
			result = call.Missed
		}
		with(c, result)
		if result == call.Answered && i%2 == 0 {
			c.Recordings = []string{id + ".wav"}
		}
		all = append(all, c)
	}
	return all
}

// storm breaks one request in eight, in every way.
func storm(seed uint64) func(*http.Request) kommosim.Fault {
	random := rand.New(rand.NewPCG(seed, 1))
	faults := []kommosim.Fault{
		{Drop: true}, {Drop: true, After: true}, {Status: 500}, {Status: 500, After: true}, {Status: 502}, {Status: 504, After: true}, {Status: 503},
	}
	return func(*http.Request) kommosim.Fault {
		if random.IntN(8) > 0 {
			return kommosim.Fault{}
		}
		return faults[random.IntN(len(faults))]
	}
}

// A history with lost answers, expired tokens, restarts, and live calls between
// is delivered once each, right, within the limit and nearly at it.
func TestAHistoryArrivesOnceAndAtTheSpeedOfTheLimit(t *testing.T) {
	for name, s := range switches {
		t.Run(name, func(t *testing.T) {
			o := oauthAccount
			o.Switches, o.LockAfter, o.Kommo = s, 3, s.RetryAfter
			b := newBench(t, o, func(settings *kommo.Settings) {
				oauth(settings)
				settings.UnknownCallers = config.Unsorted
			})
			for i := range 220 {
				if i%3 > 0 {
					b.sim.AddClient([]string{"contacts", "companies"}[i%2], "Client", fmt.Sprintf("+7916%07d", i))
				}
			}
			if !s.WholeNumbers {
				// With this switch, the company would have to be written otherwise to be found.
				b.sim.AddClient("contacts", "Twin", "+79160000001")
			}
			b.sim.Break(storm(7))
			n := 160
			if s == (kommosim.Switches{}) {
				n = 620
			}
			calls := history(n)
			all := b.parcels(true, calls...)
			from := b.Now()
			for part := range slices.Chunk(all, n/4) {
				b.deliver(part...)
				b.sim.Expire()
				b.restart()
			}
			b.checkHistory(calls)
			for _, d := range all {
				if d.failure != nil && (d.failure.Class == crm.Refused || d.failure.Class == crm.Blocked) {
					t.Errorf("%s has failed: %v", d.parcel.Key, d.failure)
				}
			}
			sent, busy := len(b.sim.Requests()), b.Now().Sub(from)-b.idle
			used := float64(sent) / busy.Seconds() / 7
			t.Logf("%d calls, %d requests in %v and %v without work: %.1f %% of the limit; %d refused", len(calls), sent, busy, b.idle, 100*used, b.sim.Refused())
			if used < 0.95 || b.sim.Refused() > 0 {
				t.Errorf("%.1f %% of the limit is used and %d requests are refused", 100*used, b.sim.Refused())
			}
		})
	}
}

func (b *bench) checkHistory(calls []*call.Call) {
	b.t.Helper()
	got := b.calls()
	if len(got) != len(calls) {
		b.t.Errorf("the account has %d calls of %d", len(got), len(calls))
	}
	status := map[call.Result]string{call.Answered: "4", call.Voicemail: "1", call.Busy: "7"}
	for _, c := range calls {
		g, wantStatus, wantType := got["main-"+c.ID], "6", "call_in"
		if s := status[c.Result]; s != "" {
			wantStatus = s
		}
		if c.Direction == call.Outgoing {
			wantType = "call_out"
		}
		if g.Where == "unsorted" {
			wantStatus, wantType, g.User = "", "", 504141
		}
		wantDuration := "0"
		if c.Result == call.Answered {
			wantDuration = fmt.Sprintf("%.0f", float64(c.Talk))
		}
		if g.Start != c.StartedAt.Unix() || g.Status != wantStatus || g.Type != wantType || g.Duration != wantDuration || g.User != 504141 || (g.Link != "") != (len(c.Recordings) > 0) {
			b.t.Errorf("call %s of %s (%s) is %+v", c.ID, c.StartedAt, c.Result, g)
		}
	}
}
