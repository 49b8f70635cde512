package mysql_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"ringback/internal/cel"
	"ringback/internal/cel/source"
	"ringback/internal/cel/source/sourcetest"
	"ringback/internal/celgen"
	"ringback/internal/dbtest"
)

// rowsRead is how many rows and index entries the server has read so far.
func rowsRead(t *testing.T, db *dbtest.Database) int {
	t.Helper()
	sum := 0
	for line := range strings.Lines(db.Exec(t, "SHOW GLOBAL STATUS LIKE 'Handler_read%'")) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), "\t")
		n, err := strconv.Atoi(value)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasSuffix(name, "_deleted") && !strings.HasSuffix(name, "_retry") {
			sum += n
		}
	}
	return sum
}

// load makes FreePBX's table, which has no index on eventtime, with ninety days.
func load(t *testing.T) (*dbtest.Database, source.Source, time.Time) {
	t.Helper()
	db := dbtest.MariaDB(t).Database(t)
	begin := time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC)
	config := celgen.Config{Calls: 20_000, Start: begin, Days: 90, Seed: 3}
	if err := celgen.LoadFreePBX(t.Context(), dbtest.Driver(t, db.URL), celgen.Records(config), time.UTC); err != nil {
		t.Fatal(err)
	}
	return db, sourcetest.Open(t, sourcetest.Place{URL: db.URL}, source.Options{}), begin
}

func TestADayOfNinetyCostsADay(t *testing.T) {
	db, s, begin := load(t)
	for _, day := range []int{0, 1, 44, 88, 89} {
		from := begin.AddDate(0, 0, day)
		before := rowsRead(t, db)
		own := 0
		for _, r := range sourcetest.Scan(t, s, from, from.AddDate(0, 0, 1)) {
			if !r.Time().Before(from) && r.Time().Before(from.AddDate(0, 0, 1)) {
				own++
			}
		}
		read := rowsRead(t, db) - before
		t.Logf("day %d has %d rows, %d were read", day, own, read)
		// Two edges: a bisection of about twenty probes, and a margin each.
		if most := own + 2*256 + 100; read > most {
			t.Errorf("day %d has %d rows, but %d were read, want at most %d", day, own, read, most)
		}
	}
}

func TestALookupCostsWhatItFinds(t *testing.T) {
	db, s, begin := load(t)
	ids := map[string]bool{}
	for _, r := range sourcetest.Scan(t, s, begin.AddDate(0, 0, 30), begin.AddDate(0, 0, 31)) {
		if len(ids) < 150 {
			ids[r.LinkedID] = true
		}
	}
	var list []string
	for id := range ids {
		list = append(list, id)
	}
	before := rowsRead(t, db)
	found, err := s.Lookup(t.Context(), list)
	if err != nil {
		t.Fatal(err)
	}
	read := rowsRead(t, db) - before
	t.Logf("%d ids have %d rows, %d were read", len(list), len(found), read)
	// A row may be read through either index.
	if most := 2*len(found) + 2*len(list) + 100; len(found) == 0 || read > most {
		t.Errorf("%d ids have %d rows, but %d were read, want at most %d", len(list), len(found), read, most)
	}
}

func TestColumnsOfSeveralCharacterSetsAreRead(t *testing.T) {
	db := dbtest.MariaDB(t).Database(t)
	db.Exec(t, `CREATE TABLE cel (id int AUTO_INCREMENT PRIMARY KEY, eventtype varchar(30) CHARACTER SET latin1, eventtime datetime,
cid_name varchar(80) CHARACTER SET cp1251, channame varchar(80) CHARACTER SET latin2, uniqueid varchar(32) CHARACTER SET ascii,
linkedid varchar(32) CHARACTER SET latin1 COLLATE latin1_bin, extra varbinary(512));
INSERT INTO cel VALUES (1, 'ANSWER', '2026-11-23 05:10:47', 'Пётр', 'SIP/łódź-1', '1.1', '1.1', '{"a":"é"}')`)
	s := sourcetest.Open(t, sourcetest.Place{URL: db.URL}, source.Options{})
	got := sourcetest.Scan(t, s, time.Time{}, time.Time{})
	want := cel.Record{
		ID: 1, At: 1795410647_000000, Type: cel.Answer, CIDName: "Пётр", Channel: "SIP/łódź-1", UniqueID: "1.1", LinkedID: "1.1", Extra: `{"a":"é"}`,
	}
	if len(got) != 1 || got[0] != want {
		t.Errorf("records %+v, want %+v", got, want)
	}
}

func TestNoTransactionStaysOpenWhereTheServerDoesNotEndThem(t *testing.T) {
	server := dbtest.StartMariaDB(t)
	p := create(server)(t, sourcetest.Layout{})
	run(t, p, "SET GLOBAL autocommit = 0")
	s := sourcetest.Open(t, p, source.Options{})
	sourcetest.Scan(t, s, time.Time{}, time.Time{})
	run(t, p, "SET GLOBAL autocommit = 1")
	// A transaction that has read the table keeps others from changing it.
	run(t, p, "SET STATEMENT lock_wait_timeout = 0 FOR ALTER TABLE cel ADD COLUMN another int")
}
