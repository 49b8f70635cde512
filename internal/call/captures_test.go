package call_test

import (
	"testing"

	"ringback/internal/call"
	"ringback/internal/call/expect"
	"ringback/internal/captures"
	"ringback/internal/cel"
	"ringback/internal/dialplan"
)

// capturePlan are the settings that fit the PBX of the captures.
func capturePlan(t testing.TB) *dialplan.Plan {
	t.Helper()
	p, err := dialplan.New(expect.Scenario{}.Plan())
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// rows reads a capture into records, as the sources do.
func rows(t testing.TB, table []byte) []cel.Record {
	t.Helper()
	records, err := captures.Records(table)
	if err != nil {
		t.Fatal(err)
	}
	return records
}

// captureForms are the two forms in which captures are kept.
var captureForms = []struct {
	name  string
	table func(string) ([]byte, error)
	clock expect.Clock
}{
	{"microseconds", captures.CSV, expect.Microseconds},
	{"freepbx", captures.FreePBX, expect.WholeSeconds},
}

// assembled gives the calls of the records as JSON, in order of start.
func assembled(t testing.TB, records []cel.Record) [][]byte {
	t.Helper()
	return assembledBy(t, capturePlan(t), records)
}

func assembledBy(t testing.TB, plan *dialplan.Plan, records []cel.Record) [][]byte {
	t.Helper()
	assembler := call.NewAssembler(call.Settings{PBX: "main", Plan: plan})
	var calls [][]byte
	for _, g := range call.Join(records) {
		if c := assembler.Assemble(g); c != nil {
			calls = append(calls, c.AppendJSON(nil))
		}
	}
	return calls
}
