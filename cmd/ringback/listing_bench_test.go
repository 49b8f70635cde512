package main

import (
	"database/sql"
	"io"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"testing"
	"time"

	"ringback/internal/celgen"
	"ringback/internal/dbtest"
)

// benchCalls names the variable that says how many calls the table of
// BenchmarkListing has; a hundred thousand when it is not set.
const benchCalls = "RINGBACK_BENCH_CALLS"

// BenchmarkListing reads FreePBX's table from MariaDB twice: the driver alone
// drains every row, and the program lists every call as JSON lines, in a
// process of its own, whose greatest memory is measured. Both times are of the
// same run, so that their ratio says something on a noisy machine.
func BenchmarkListing(b *testing.B) {
	address, db := freePBX(b, benchmarkCalls(b))
	var drained, listed time.Duration
	var rows int
	var peak int64
	for b.Loop() {
		began := time.Now()
		rows = dbtest.Drain(b, db, everyRow)
		drained += time.Since(began)
		began = time.Now()
		peak = max(peak, list(b, address))
		listed += time.Since(began)
	}
	b.ReportMetric(float64(rows), "rows")
	b.ReportMetric(float64(b.N*rows)/drained.Seconds(), "driver-rows/s")
	b.ReportMetric(float64(b.N*rows)/listed.Seconds(), "listing-rows/s")
	b.ReportMetric(listed.Seconds()/drained.Seconds(), "listing/driver-time")
	b.ReportMetric(float64(peak)/(1<<20), "peak-MiB")
}

// everyRow is what the driver alone drains.
const everyRow = "SELECT * FROM cel"

// benchStart is when the first call of freePBX's table began.
var benchStart = time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC)

// freePBX is a MariaDB of its own with FreePBX's table of so many calls, over ninety
// days.
func freePBX(b *testing.B, calls int) (address string, db *sql.DB) {
	b.Helper()
	place := dbtest.StartMariaDB(b).Database(b)
	db = dbtest.Driver(b, place.URL)
	config := celgen.Config{Calls: calls, Start: benchStart, Days: 90, Seed: 1}
	if err := celgen.LoadFreePBX(b.Context(), db, celgen.Records(config), time.UTC); err != nil {
		b.Fatal(err)
	}
	return place.URL, db
}

func benchmarkCalls(b *testing.B) int {
	b.Helper()
	text := os.Getenv(benchCalls)
	if text == "" {
		return 100_000
	}
	calls, err := strconv.Atoi(text)
	if err != nil {
		b.Fatal(err)
	}
	return calls
}

// list runs the program over the table and returns its greatest memory, in
// bytes.
func list(b *testing.B, address string) int64 {
	b.Helper()
	program, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	c := exec.CommandContext(b.Context(), program, "calls", "--cel", address, "--timezone", "UTC", "--format", "jsonl")
	c.Env = append(os.Environ(), asProgram+"=1")
	c.Stdout, c.Stderr = io.Discard, os.Stderr
	if err := c.Run(); err != nil {
		b.Fatal(err)
	}
	usage, ok := c.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		b.Fatal("no resource usage of the process")
	}
	return usage.Maxrss << 10
}
