package sweep_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"ringback/internal/call"
	"ringback/internal/celgen"
	"ringback/internal/sweep"
)

// BenchmarkPeriod reads generated calls from memory: what grouping and
// assembly cost besides the database.
func BenchmarkPeriod(b *testing.B) {
	records := slices.Collect(celgen.Records(celgen.Config{Calls: 10_000, Days: 10, Seed: 1, Start: time.Unix(1_790_000_000, 0)}))
	src := &memory{records: records, batch: 1000}
	p := sweep.PBX{Source: src, Location: time.UTC}
	b.ReportAllocs()
	for b.Loop() {
		calls := 0
		if err := sweep.Period(context.Background(), p, time.Time{}, time.Time{}, sweep.Cursor{}, func(*call.Call) error {
			calls++
			return nil
		}); err != nil {
			b.Fatal(err)
		}
		if calls == 0 {
			b.Fatal("no calls")
		}
	}
	b.ReportMetric(float64(b.N*len(records))/b.Elapsed().Seconds(), "records/s")
}
