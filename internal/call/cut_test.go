package call_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ringback/internal/call"
	"ringback/internal/captures"
	"ringback/internal/cel"
)

// people is what must not change however much of an event's extra was cut off:
// who was rung, why, and who talked with whom.
type people struct {
	Direction call.Direction
	Result    call.Result
	EndedBy   call.EndedBy
	Legs      []call.Leg
	Talks     []call.Talk
	Queues    []call.QueueStay
	Talk      call.Seconds
}

func peopleOf(c *call.Call) people {
	return people{c.Direction, c.Result, c.EndedBy, c.Legs, c.Talks, c.Queues, c.Talk}
}

func TestATransferWhoseExtraIsCutAnywhereKeepsLegsAndTalks(t *testing.T) {
	for _, form := range captureForms {
		for _, name := range captures.Names() {
			t.Run(form.name+"/"+name, func(t *testing.T) {
				_, records := scenario(t, name, form.table)
				a := call.NewAssembler(call.Settings{Plan: capturePlan(t)})
				for _, g := range call.Join(records) {
					cutAnywhere(t, a, g)
				}
			})
		}
	}
}

// cutAnywhere compares a call with what it is when the extra of its transfers
// ends after so many characters, for every such length.
func cutAnywhere(t *testing.T, a *call.Assembler, g call.Group) {
	t.Helper()
	longest := 0
	for i := range g.Records {
		if transfers(&g.Records[i]) {
			longest = max(longest, len(g.Records[i].Extra))
		}
	}
	whole := a.Assemble(call.Group{Records: slices.Clone(g.Records), Companions: slices.Clone(g.Companions)})
	for length := range longest {
		records := slices.Clone(g.Records)
		for i := range records {
			if transfers(&records[i]) {
				records[i].Extra = records[i].Extra[:min(length, len(records[i].Extra))]
			}
		}
		got := a.Assemble(call.Group{Records: records, Companions: slices.Clone(g.Companions)})
		if diff := cmp.Diff(peopleOf(whole), peopleOf(got)); diff != "" {
			t.Errorf("%s, extra cut after %d characters (-whole +cut):\n%s", whole.ID, length, diff)
			return
		}
	}
}

func transfers(r *cel.Record) bool {
	return r.Type == cel.BlindTransfer || r.Type == cel.AttendedTransfer
}
