package mysql_test

import (
	"syscall"
	"testing"
	"time"

	"ringback/internal/cel"
	"ringback/internal/cel/source"
	"ringback/internal/cel/source/open"
	"ringback/internal/celgen"
	"ringback/internal/dbtest"
)

// BenchmarkScan reads FreePBX's table twice: with the driver alone, one query
// drained into sql.RawBytes, and as records. Both times are of the same run, one
// after the other, so that their ratio says something on a noisy machine.
func BenchmarkScan(b *testing.B) {
	place := dbtest.MariaDB(b).Database(b)
	db := dbtest.Driver(b, place.URL)
	config := celgen.Config{Calls: 20_000, Start: time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC), Days: 90, Seed: 1}
	if err := celgen.LoadFreePBX(b.Context(), db, celgen.Records(config), time.UTC); err != nil {
		b.Fatal(err)
	}
	s, err := open.Open(b.Context(), place.URL, source.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()

	var driver, records cost
	var drained, scanned int
	for b.Loop() {
		begin := now(b)
		drained += dbtest.Drain(b, db, "SELECT "+columns+" FROM cel")
		driver.add(begin, now(b))
		begin = now(b)
		err := s.Scan(b.Context(), time.Time{}, time.Time{}, func(batch []cel.Record) error {
			scanned += len(batch)
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
		records.add(begin, now(b))
	}
	if drained != scanned {
		b.Fatalf("the driver read %d rows, Scan %d", drained, scanned)
	}
	b.ReportMetric(float64(drained)/driver.wall.Seconds(), "driver-rows/s")
	b.ReportMetric(float64(scanned)/records.wall.Seconds(), "scan-rows/s")
	b.ReportMetric(records.wall.Seconds()/driver.wall.Seconds(), "scan/driver-time")
	b.ReportMetric(records.cpu.Seconds()/driver.cpu.Seconds(), "scan/driver-cpu")
}

// columns are those that Scan reads.
const columns = "id, eventtype, eventtime, userdeftype, cid_name, cid_num, cid_ani, cid_rdnis, cid_dnid, " +
	"exten, context, channame, appname, appdata, accountcode, uniqueid, linkedid, peer, extra"

// cost is time by the clock on the wall, and of this process's processors, which
// depends less on what else the machine does.
type cost struct{ wall, cpu time.Duration }

func (c *cost) add(begin, end cost) {
	c.wall += end.wall - begin.wall
	c.cpu += end.cpu - begin.cpu
}

var start = time.Now()

func now(b *testing.B) cost {
	b.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return cost{time.Since(start), time.Duration(used.Utime.Nano() + used.Stime.Nano())}
}
