package deliver

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// BenchmarkDeliveries measures a run to a receiver on this machine that answers at
// once: walk, deliveries, outcomes, everything.
func BenchmarkDeliveries(b *testing.B) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }))
	defer server.Close()
	bench := open(b, b.TempDir(), hook(b, "warehouse", server.URL, "s3cret"))
	bench.set(someCalls(b.N, b.N)...)
	bench.begin()
	defer bench.end()
	began := time.Now()
	b.ResetTimer()
	for run := bench.request(); !run.State.Over(); {
		run = bench.wait(run.ID)
	}
	b.ReportMetric(float64(b.N)/time.Since(began).Seconds(), "deliveries/s")
	b.StopTimer()
	began = time.Now()
	for run := bench.request(); !run.State.Over(); {
		run = bench.wait(run.ID)
	}
	b.ReportMetric(float64(b.N)/time.Since(began).Seconds(), "skipped/s")
}
