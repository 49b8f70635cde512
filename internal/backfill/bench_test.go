package backfill

import (
	"context"
	"fmt"
	"runtime"
	"testing"
	"time"

	"ringback/internal/call"
	"ringback/internal/sweep"
)

// benchmarked is how many calls the benchmark runs over.
const benchmarked = 100_000

// BenchmarkRun measures a run that records calls, and a second one that finds
// them all recorded; calls come from memory, so this is the journal's share. The ratio is what counts: machines differ.
func BenchmarkRun(b *testing.B) {
	stream := func(ctx context.Context, _ sweep.PBX, _, _ time.Time, _ sweep.Cursor, yield func(*call.Call, sweep.Reach) error) error {
		made := calls("main", 1)[0]
		for i := range benchmarked {
			c := *made
			at := call.Time{Time: epoch.Add(time.Duration(i) * time.Second)}
			c.ID = fmt.Sprintf("%d.%d", at.Unix(), 2*i)
			c.LinkedIDs, c.StartedAt, c.EndedAt = []string{c.ID}, at, call.Time{Time: at.Add(time.Minute)}
			c.Legs = []call.Leg{{ID: fmt.Sprintf("%d.%d", at.Unix(), 2*i+1), Party: made.Legs[0].Party}}
			if err := yield(&c, sweep.Within); err != nil {
				return err
			}
		}
		return nil
	}
	for b.Loop() {
		s := start(b, b.TempDir(), fakes{"main": {}}, func(c *Config) { c.Period = stream })
		s.batch = batchCalls
		began := time.Now()
		s.process(b, whole())
		recorded := time.Now()
		s.process(b, whole())
		skipped := time.Since(recorded)
		var memory runtime.MemStats
		runtime.ReadMemStats(&memory)
		stats, err := s.journal.Stats(context.Background())
		must(b, err)
		b.ReportMetric(benchmarked/recorded.Sub(began).Seconds(), "recorded/s")
		b.ReportMetric(recorded.Sub(began).Seconds()/skipped.Seconds(), "times-faster-again")
		b.ReportMetric(float64(memory.HeapSys)/(1<<20), "heap-MB")
		b.ReportMetric(float64(stats.Bytes)/benchmarked, "disk-B/call")
	}
}
