package policy_test

import (
	"math"
	"slices"
	"testing"

	"ringback/internal/call"
	"ringback/internal/call/expect"
	"ringback/internal/captures"
	"ringback/internal/crm/policy"
	"ringback/internal/dialplan"
)

// captured are the calls of every capture, by its name, from rows in one of the
// forms that are kept.
func captured(t *testing.T, table func(string) ([]byte, error)) map[string][]*call.Call {
	t.Helper()
	plan, err := dialplan.New(expect.Scenario{}.Plan())
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][]*call.Call{}
	for _, name := range captures.Names() {
		b, err := table(name)
		if err != nil {
			t.Fatal(err)
		}
		records, err := captures.Records(b)
		if err != nil {
			t.Fatal(err)
		}
		assembler := call.NewAssembler(call.Settings{PBX: "main", Plan: plan})
		for _, g := range call.Join(records) {
			if c := assembler.Assemble(g); c != nil {
				all[name] = append(all[name], c)
			}
		}
	}
	return all
}

var (
	byWhole = policy.Rules{Internal: true, Anonymous: "70000000000"}
	byLegs  = policy.Rules{Internal: true, Anonymous: "70000000000", AnsweredLegs: true}
)

// keysOf are the keys of a call's parts by its answered legs.
func keysOf(c *call.Call) []string {
	parts, _ := byLegs.Parts(c)
	var keys []string
	for i := range parts {
		keys = append(keys, parts[i].Key(c))
	}
	return keys
}

func TestPartsByAnsweredLegsAreTheWholeCallDivided(t *testing.T) {
	several := 0
	for name, calls := range captured(t, captures.CSV) {
		for _, c := range calls {
			whole, wholeSkipped := byWhole.Parts(c)
			legs, skipped := byLegs.Parts(c)
			if len(whole) == 0 || len(legs) == 0 {
				if len(whole) != len(legs) || wholeSkipped != skipped {
					t.Errorf("%s: %s: %d parts as a whole (%s) and %d by legs (%s)", name, c.ID, len(whole), wholeSkipped, len(legs), skipped)
				}
				continue
			}
			first, talk, own, further := legs[0], 0, 0, 0
			for _, p := range legs {
				if p.Number == 0 || p.Leg != "" {
					talk += p.Talk
					own++
				} else {
					further++
				}
				if (p.Leg != "") != (p.Number >= 1<<30) {
					t.Errorf("%s: leg %q has number %d", name, p.Leg, p.Number)
				}
			}
			if own > 1 {
				several++
			}
			if c.Direction != call.Incoming || c.Result != call.Answered {
				if own != 1 {
					t.Errorf("%s: %s: an %s call, %s, is %d calls", name, c.ID, c.Direction, c.Result, own)
				}
			}
			if key := first.Key(c); key != whole[0].Key(c) || !first.Start.Equal(whole[0].Start) || first.Client != whole[0].Client || first.Result != whole[0].Result {
				t.Errorf("%s: the first leg is %s, the whole call %s", name, show(c, legs[:1], ""), show(c, whole[:1], ""))
			}
			// Each length is rounded. What a further outside party talked with the client is in its part alone.
			if off := float64(talk - whole[0].Talk); off > float64(own)/2+0.5 || further == 0 && math.Abs(off) > float64(own)/2+0.5 {
				t.Errorf("%s: the legs talk for %d s, the whole call for %d s", name, talk, whole[0].Talk)
			}
			keys := keysOf(c)
			slices.Sort(keys)
			if len(slices.Compact(keys)) != len(legs) {
				t.Errorf("%s: keys are not unique: %q", name, keys)
			}
		}
	}
	if several < 10 {
		t.Errorf("only %d calls have several answered legs: the captures should have more", several)
	}
}

func TestKeysOfLegsDoNotHangOnHowFinelyThePBXTellsTime(t *testing.T) {
	seconds := captured(t, captures.FreePBX)
	for name, calls := range captured(t, captures.CSV) {
		for i, c := range calls {
			a, b := keysOf(c), keysOf(seconds[name][i])
			slices.Sort(a)
			slices.Sort(b)
			if !slices.Equal(a, b) {
				t.Errorf("%s: keys are %q by microseconds, %q by seconds", name, a, b)
			}
		}
	}
}
