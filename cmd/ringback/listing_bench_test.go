package main

import (
	"database/sql"
	"io"
	"net/url"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"

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
	calls := benchmarkCalls(b)
	place := dbtest.StartMariaDB(b).Database(b)
	db := driverAlone(b, place.URL)
	config := celgen.Config{Calls: calls, Start: time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC), Days: 90, Seed: 1}
	if err := celgen.LoadFreePBX(b.Context(), db, celgen.Records(config), time.UTC); err != nil {
		b.Fatal(err)
	}
	var drained, listed time.Duration
	var rows int
	var peak int64
	for b.Loop() {
		began := time.Now()
		rows = drainAll(b, db)
		drained += time.Since(began)
		began = time.Now()
		peak = max(peak, list(b, place.URL))
		listed += time.Since(began)
	}
	b.ReportMetric(float64(rows), "rows")
	b.ReportMetric(float64(b.N*rows)/drained.Seconds(), "driver-rows/s")
	b.ReportMetric(float64(b.N*rows)/listed.Seconds(), "listing-rows/s")
	b.ReportMetric(listed.Seconds()/drained.Seconds(), "listing/driver-time")
	b.ReportMetric(float64(peak)/(1<<20), "peak-MiB")
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

// driverAlone opens a database with the driver as it comes.
func driverAlone(b *testing.B, address string) *sql.DB {
	b.Helper()
	u, err := url.Parse(address)
	if err != nil {
		b.Fatal(err)
	}
	cfg := mysql.NewConfig()
	cfg.User = u.User.Username()
	cfg.Passwd, _ = u.User.Password()
	cfg.Net, cfg.Addr, cfg.DBName = "tcp", u.Host, u.Path[1:]
	connector, err := mysql.NewConnector(cfg)
	if err != nil {
		b.Fatal(err)
	}
	db := sql.OpenDB(connector)
	b.Cleanup(func() { db.Close() })
	return db
}

// drainAll reads every row with one query and looks at none.
func drainAll(b *testing.B, db *sql.DB) int {
	b.Helper()
	rows, err := db.QueryContext(b.Context(), "SELECT * FROM cel")
	if err != nil {
		b.Fatal(err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		b.Fatal(err)
	}
	values := make([]sql.RawBytes, len(columns))
	dest := make([]any, len(values))
	for i := range values {
		dest[i] = &values[i]
	}
	n := 0
	for rows.Next() {
		if err := rows.Scan(dest...); err != nil {
			b.Fatal(err)
		}
		n++
	}
	if err := rows.Err(); err != nil {
		b.Fatal(err)
	}
	return n
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
