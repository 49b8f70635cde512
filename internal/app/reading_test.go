package app

import (
	"context"
	"database/sql"
	"os"
	"regexp"
	"testing"
	"time"

	"ringback/internal/backfill"
	"ringback/internal/celgen"
	"ringback/internal/config"
	"ringback/internal/dbtest"
)

func TestAReadingIsAnotherWhenAnythingIsThatDecidesOnCalls(t *testing.T) {
	of := func(program string, change func(*config.PBX)) string {
		c := config.PBX{Name: "main", Timezone: config.Zone{Location: time.UTC}, Columns: map[string]string{"extra": "eventextra"}}
		if change != nil {
			change(&c)
		}
		return reading(program, &c)
	}
	usual := of("program", nil)
	if usual == "" || usual != of("program", nil) {
		t.Errorf("the same gives %q and %q", usual, of("program", nil))
	}
	if got := of("", nil); got != "" {
		t.Errorf("an unknown program gives %q", got)
	}
	moscow, err := time.LoadLocation("Europe/Moscow")
	if err != nil {
		t.Fatal(err)
	}
	changes := map[string]func(*config.PBX){
		"name":    func(c *config.PBX) { c.Name = "branch" },
		"zone":    func(c *config.PBX) { c.Timezone.Location = moscow },
		"offsets": func(c *config.PBX) { c.Timezone.Location = time.FixedZone("UTC", 60) },
		"silence": func(c *config.PBX) { c.Silence = config.Duration(time.Hour) },
		"columns": func(c *config.PBX) { c.Columns = nil },
		"plan":    func(c *config.PBX) { c.Dialplan.Extensions = []config.Pattern{{Regexp: regexp.MustCompile(`^\d{2}$`)}} },
		"trunks":  func(c *config.PBX) { c.Dialplan.Trunks = []config.Pattern{{Regexp: regexp.MustCompile(`^x$`)}} },
		"contexts": func(c *config.PBX) {
			c.Dialplan.IncomingContexts = []config.Pattern{{Regexp: regexp.MustCompile(`^x$`)}}
		},
	}
	seen := map[string]string{usual: "nothing", of("other", nil): "program"}
	if len(seen) != 2 {
		t.Error("another program gives the same")
	}
	for what, change := range changes {
		got := of("program", change)
		if other, twice := seen[got]; twice {
			t.Errorf("changes of %s and of %s give the same", what, other)
		}
		seen[got] = what
	}
	if program := programDigest(); len(program) != 64 {
		t.Errorf("this program's digest is %q", program)
	}
}

// sent is how many bytes a MariaDB server has sent by now.
func sent(t *testing.T, db *sql.DB) int64 {
	t.Helper()
	var name string
	var bytes int64
	if err := db.QueryRowContext(t.Context(), "SHOW GLOBAL STATUS LIKE 'Bytes_sent'").Scan(&name, &bytes); err != nil {
		t.Fatal(err)
	}
	return bytes
}

// readAll runs over all calls since a day, with a program of its own, and returns the run and how many bytes
// the PBX's database sent for it.
func (h house) readAll(t *testing.T, db *sql.DB, since time.Time) (run *backfill.Run, bytes int64) {
	t.Helper()
	before := sent(t, db)
	a, err := Open(t.Context(), h.settings)
	if err != nil {
		t.Fatal(err)
	}
	run, err = a.Read(context.Background(), backfill.Request{Kind: backfill.ByPeriod, Start: since, RequestedBy: "admin"}, func(*backfill.Run) {})
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	return run, sent(t, db) - before
}

func TestRecordsThatHaveNotChangedAreNotSentAgain(t *testing.T) {
	place := dbtest.StartMariaDB(t).Database(t)
	db := dbtest.Driver(t, place.URL)
	since := time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC)
	const calls = 5000 // more rows than a piece has
	if err := celgen.LoadFreePBX(t.Context(), db, celgen.Records(celgen.Config{Calls: calls, Start: since, Days: 9, Seed: 1}), time.UTC); err != nil {
		t.Fatal(err)
	}
	h := newHouse(t)
	var err error
	if h.settings.Config.PBX[0].CEL, err = config.ParseSourceURL(place.URL, os.LookupEnv, os.ReadFile); err != nil {
		t.Fatal(err)
	}
	first, whole := h.readAll(t, db, since)
	if first.State != backfill.Done || first.Calls.Delivered != calls {
		t.Fatalf("the first run is %+v", first)
	}
	second, again := h.readAll(t, db, since)
	if second.State != backfill.Done || second.Calls.Found != calls || second.Calls.Skipped != calls {
		t.Errorf("the second run is %+v", second.Calls)
	}
	if again > whole/10 {
		t.Errorf("the second run made the database send %d bytes, the first %d", again, whole)
	}
	if _, err := db.ExecContext(t.Context(), "DELETE FROM cel WHERE linkedid = (SELECT linkedid FROM (SELECT * FROM cel WHERE id = 64000) AS one)"); err != nil {
		t.Fatal(err)
	}
	third, _ := h.readAll(t, db, since)
	if third.Calls.Found != calls-1 || third.Calls.Skipped != calls-1 {
		t.Errorf("when one of the last calls is gone, the run is %+v", third.Calls)
	}
	t.Logf("bytes sent: %d, the second time %d", whole, again)
}
