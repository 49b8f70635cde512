package call_test

import (
	"slices"
	"testing"

	"ringback/internal/call"
	"ringback/internal/cel"
	"ringback/internal/dialplan"
)

func TestEveryCallSaysWhyItIsAsItIs(t *testing.T) {
	sayWhy(t, capturePlan(t), allCaptures(t))
	for _, file := range caseFiles(t) {
		c := readCase(t, file)
		plan, err := dialplan.New(c.Settings)
		if err != nil {
			t.Fatal(err)
		}
		sayWhy(t, plan, c.Records)
	}
}

// sayWhy wants a reason for each fact that is decided for every call.
func sayWhy(t *testing.T, plan *dialplan.Plan, records []cel.Record) {
	t.Helper()
	a := call.NewAssembler(call.Settings{Plan: plan})
	for _, g := range call.Join(records) {
		c, why := a.AssembleExplained(g)
		if c == nil {
			continue
		}
		facts := []string{"from", "direction", "result"}
		if c.Complete {
			facts = append(facts, "ended_by")
		}
		for _, fact := range facts {
			if !slices.ContainsFunc(why.Reasons, func(r call.Reason) bool { return r.Fact == fact }) {
				t.Errorf("%s %s, ended by %q: no reason for %s", printedCall(c), c.Result, c.EndedBy, fact)
			}
		}
	}
}
