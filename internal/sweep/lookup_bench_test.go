package sweep_test

import (
	"testing"
	"time"

	"ringback/internal/call"
	"ringback/internal/cel/source"
	"ringback/internal/cel/source/open"
	"ringback/internal/celgen"
	"ringback/internal/dbtest"
	"ringback/internal/sweep"
)

// BenchmarkOnePass reads the calls of one day out of ninety from FreePBX's table
// twice: by one pass over the day's rows, and by a look-up for each call, as
// one would who listed linkedids first. Both times are of the same run.
func BenchmarkOnePass(b *testing.B) {
	place := dbtest.MariaDB(b).Database(b)
	start := time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC)
	config := celgen.Config{Calls: 20_000, Start: start, Days: 90, Seed: 1}
	if err := celgen.LoadFreePBX(b.Context(), dbtest.Driver(b, place.URL), celgen.Records(config), time.UTC); err != nil {
		b.Fatal(err)
	}
	src, err := open.Open(b.Context(), place.URL, source.Options{Location: time.UTC})
	if err != nil {
		b.Fatal(err)
	}
	defer src.Close()
	p := sweep.PBX{Source: src, Location: time.UTC}
	from := start.AddDate(0, 0, 30)
	var pass, lookups time.Duration
	calls := 0
	for b.Loop() {
		var ids []string
		began := time.Now()
		if err := sweep.Period(b.Context(), p, from, from.AddDate(0, 0, 1), sweep.Cursor{}, func(c *call.Call) error {
			ids = append(ids, c.ID)
			return nil
		}); err != nil {
			b.Fatal(err)
		}
		pass += time.Since(began)
		began = time.Now()
		for _, id := range ids {
			if _, err := sweep.IDs(b.Context(), p, []string{id}, func(*call.Call) error { return nil }); err != nil {
				b.Fatal(err)
			}
		}
		lookups += time.Since(began)
		calls = len(ids)
	}
	b.ReportMetric(float64(calls), "calls")
	b.ReportMetric(lookups.Seconds()/pass.Seconds(), "look-ups/pass-time")
}
