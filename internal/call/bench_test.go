package call_test

import (
	"slices"
	"testing"
	"time"

	"ringback/internal/call"
	"ringback/internal/cel"
	"ringback/internal/celgen"
)

// BenchmarkAssemble works out generated calls from records in memory, on one
// core.
func BenchmarkAssemble(b *testing.B) {
	records := slices.Collect(celgen.Records(celgen.Config{Calls: 2000, Days: 2, Seed: 1, Start: time.Unix(1_790_000_000, 0)}))
	groups := call.Join(records)
	a := call.NewAssembler(call.Settings{})
	scratch := make([]cel.Record, 0, 4096)
	b.ReportAllocs()
	for b.Loop() {
		for _, g := range groups {
			scratch = append(scratch[:0], g.Records...)
			c := a.Assemble(call.Group{Records: scratch})
			if c == nil {
				b.Fatal("no call")
			}
		}
	}
	b.ReportMetric(float64(b.N*len(records))/b.Elapsed().Seconds(), "records/s")
}

// BenchmarkAppendJSON prints calls.
func BenchmarkAppendJSON(b *testing.B) {
	records := slices.Collect(celgen.Records(celgen.Config{Calls: 2000, Days: 2, Seed: 1, Start: time.Unix(1_790_000_000, 0)}))
	a := call.NewAssembler(call.Settings{})
	var calls []*call.Call
	for _, g := range call.Join(records) {
		calls = append(calls, a.Assemble(g))
	}
	var out []byte
	size := 0
	b.ReportAllocs()
	for b.Loop() {
		size = 0
		for _, c := range calls {
			out = c.AppendJSON(out[:0])
			size += len(out)
		}
	}
	b.SetBytes(int64(size))
	b.ReportMetric(float64(b.N*len(calls))/b.Elapsed().Seconds(), "calls/s")
}
