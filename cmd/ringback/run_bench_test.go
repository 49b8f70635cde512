package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"ringback/internal/dbtest"
)

// BenchmarkRun brings every call of FreePBX's table to the journal, with the
// program as users start it, and then does it again: the second run finds
// everything done. What both can hope for is the time in which the driver alone drains
// the same rows. BenchmarkListing's variable sets how many calls there are.
func BenchmarkRun(b *testing.B) {
	calls := benchmarkCalls(b)
	address, db := freePBX(b, calls)
	var drained, first, second time.Duration
	var peak int64
	for b.Loop() {
		began := time.Now()
		dbtest.Drain(b, db, everyRow)
		drained += time.Since(began)
		file := configuration(b, address)
		began = time.Now()
		peak = max(peak, runAll(b, file))
		first += time.Since(began)
		began = time.Now()
		peak = max(peak, runAll(b, file))
		second += time.Since(began)
	}
	b.ReportMetric(float64(b.N*calls)/first.Seconds(), "calls/s")
	b.ReportMetric(first.Seconds()/second.Seconds(), "first/second-time")
	b.ReportMetric(second.Seconds()/drained.Seconds(), "second/driver-time")
	b.ReportMetric(float64(peak)/(1<<20), "peak-MiB")
}

// configuration writes a configuration with a journal of its own.
func configuration(b *testing.B, cel string) string {
	b.Helper()
	directory := b.TempDir()
	file := filepath.Join(directory, "ringback.toml")
	text := fmt.Sprintf("timezone = \"UTC\"\n[log]\nformat = \"json\"\n[state]\nurl = \"sqlite://%s/state.db\"\n[server]\nlisten = \"127.0.0.1:0\"\n[[server.user]]\nname = \"admin\"\npassword = \"benchmark\"\nrole = \"admin\"\n[[pbx]]\nname = \"main\"\ncel = %q\n", directory, cel)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		b.Fatal(err)
	}
	return file
}

// runAll reads everything and returns the process's greatest memory, in bytes.
func runAll(b *testing.B, file string) int64 {
	b.Helper()
	program, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	c := exec.CommandContext(b.Context(), program, "read", "--config", file, "--start-date", benchStart.Format(time.DateOnly))
	c.Env = append(os.Environ(), asProgram+"=1")
	if out, err := c.CombinedOutput(); err != nil {
		b.Fatalf("%v: %s", err, out)
	}
	usage, ok := c.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		b.Fatal("no resource usage of the process")
	}
	return usage.Maxrss << 10
}
