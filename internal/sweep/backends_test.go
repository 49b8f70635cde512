package sweep_test

import (
	"bytes"
	"database/sql"
	"encoding/csv"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	_ "github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite"

	"ringback/internal/call"
	"ringback/internal/call/expect"
	"ringback/internal/captures"
	"ringback/internal/cel/source"
	"ringback/internal/cel/source/open"
	"ringback/internal/dbtest"
	"ringback/internal/dialplan"
	"ringback/internal/sweep"
)

var report = flag.Bool("report", false, "print the table of scenarios, backends and forms")

// table is a capture's rows as they stand in the file, under its header.
type table struct {
	header []string
	rows   [][]string
}

// scenario is a capture and what it must give.
type scenario struct {
	name   string
	want   expect.Scenario
	tables map[string]table // by form
}

// forms are those in which captures are kept.
var forms = []struct {
	name  string
	read  func(string) ([]byte, error)
	clock expect.Clock
}{
	{"micro", captures.CSV, expect.Microseconds},
	{"freepbx", captures.FreePBX, expect.WholeSeconds},
}

// changes are what a database may do to rows, or an administrator to the
// events that are logged.
var changes = []struct {
	name  string
	apply func(table, *rand.Rand) table
}{
	{"as written", func(t table, _ *rand.Rand) table { return t }},
	{"shuffled", shuffled},
	{"doubled", func(t table, _ *rand.Rand) table {
		var twice [][]string
		for _, r := range t.rows {
			twice = append(twice, r, r)
		}
		return table{t.header, twice}
	}},
	{noApplications, func(t table, _ *rand.Rand) table {
		event := slices.Index(t.header, "eventtype")
		return table{t.header, slices.DeleteFunc(slices.Clone(t.rows), func(r []string) bool { return strings.HasPrefix(r[event], "APP_") })}
	}},
}

const noApplications = "no applications"

// applicationsTell says that only the rows of applications tell a fact: the
// files of recordings, the number that was sent to a trunk which refused, and
// whether the time in a queue was over.
func applicationsTell(scenario, field string) bool {
	return field == "recordings" || strings.HasPrefix(scenario, "apps-") && strings.HasPrefix(field, "legs") ||
		strings.Contains(scenario, "left-by-key") && strings.HasPrefix(field, "queues")
}

// shuffled changes the order in which the rows of each second are written.
func shuffled(t table, rnd *rand.Rand) table {
	at := slices.Index(t.header, "eventtime")
	rows := slices.Clone(t.rows)
	slices.SortStableFunc(rows, func(a, b []string) int { return strings.Compare(a[at][:19], b[at][:19]) })
	for start := 0; start < len(rows); {
		end := start
		for end < len(rows) && rows[end][at][:19] == rows[start][at][:19] {
			end++
		}
		second := rows[start:end]
		rnd.Shuffle(len(second), func(i, j int) { second[i], second[j] = second[j], second[i] })
		start = end
	}
	return table{t.header, rows}
}

// backends put rows into a new table and give its address.
var backends = []struct {
	name string
	fill func(testing.TB, string, table) string
}{
	{"mysql", fillMariaDB},
	{"postgres", fillPostgreSQL},
	{"sqlite", fillSQLite},
	{"csv", fillCSV},
}

func TestEveryBackendGivesTheCallsOfEveryCapture(t *testing.T) {
	groups := scenarios(t)
	printed := make(map[string]map[string]string) // by form and change, by backend
	results := make(map[string]map[string][]string)
	for _, backend := range backends {
		for _, form := range forms {
			for _, change := range changes {
				column := backend.name + " " + form.name + " " + change.name
				t.Run(column, func(t *testing.T) {
					for _, group := range groups {
						faultsOf, text := play(t, group, backend.fill, form.name, form.clock, change.apply, change.name == noApplications)
						key := form.name + " " + change.name
						if printed[key] == nil {
							printed[key] = make(map[string]string)
						}
						printed[key][backend.name] += text
						for name, faults := range faultsOf {
							if results[name] == nil {
								results[name] = make(map[string][]string)
							}
							results[name][column] = faults
							for _, f := range faults {
								t.Errorf("%s: %s", name, f)
							}
						}
					}
				})
			}
		}
	}
	for key, byBackend := range printed {
		for name, text := range byBackend {
			if text != byBackend["csv"] {
				t.Errorf("%s: %s does not print the same bytes as csv:\n%s", key, name, cmp.Diff(byBackend["csv"], text))
			}
		}
	}
	if *report {
		printReport(results)
	}
}

// scenarios reads the captures, those with the same dial-plan settings
// together.
func scenarios(t *testing.T) [][]scenario {
	t.Helper()
	bySettings := make(map[string][]scenario)
	for _, name := range captures.Names() {
		b, err := captures.Expected(name)
		if err != nil {
			t.Fatal(err)
		}
		s := scenario{name: name, tables: make(map[string]table)}
		if s.want, err = expect.Parse(b); err != nil {
			t.Fatal(name, err)
		}
		for _, form := range forms {
			b, err := form.read(name)
			if err != nil {
				t.Fatal(err)
			}
			if len(bytes.TrimSpace(b)) == 0 {
				continue
			}
			lines, err := csv.NewReader(bytes.NewReader(b)).ReadAll()
			if err != nil {
				t.Fatal(name, err)
			}
			s.tables[form.name] = table{lines[0], lines[1:]}
		}
		key, err := json.Marshal(s.want.Plan())
		if err != nil {
			t.Fatal(err)
		}
		bySettings[string(key)] = append(bySettings[string(key)], s)
	}
	var groups [][]scenario
	for _, key := range slices.Sorted(maps.Keys(bySettings)) {
		groups = append(groups, bySettings[key])
	}
	return groups
}

// play puts scenarios into one table, reads everything and compares, scenario
// by scenario.
func play(
	t *testing.T, group []scenario, fill func(testing.TB, string, table) string, form string, clock expect.Clock,
	change func(table, *rand.Rand) table, withoutApplications bool,
) (faults map[string][]string, text string) {
	t.Helper()
	var all table
	owner := make(map[string]string)
	for _, s := range group {
		rows := s.tables[form]
		if rows.header == nil {
			continue
		}
		if all.header == nil {
			all.header = rows.header
		}
		linked, id := slices.Index(rows.header, "linkedid"), slices.Index(rows.header, "id")
		for i, r := range rows.rows {
			owner[r[linked]] = s.name
			r = slices.Clone(r)
			r[id] = strconv.Itoa(len(all.rows) + 1)
			rows.rows[i] = r
			all.rows = append(all.rows, r)
		}
	}
	chronological(&all)
	all = change(all, rand.New(rand.NewPCG(7, 7)))
	src, err := open.Open(t.Context(), fill(t, form, all), source.Options{Location: time.UTC})
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	plan, err := dialplan.New(group[0].want.Plan())
	if err != nil {
		t.Fatal(err)
	}
	calls := make(map[string][][]byte)
	p := sweep.PBX{Name: "main", Source: src, Plan: plan, Location: time.UTC}
	if err := sweep.Period(t.Context(), p, time.Time{}, time.Time{}, sweep.Cursor{}, func(c *call.Call) error {
		b := c.AppendJSON(nil)
		calls[owner[c.ID]] = append(calls[owner[c.ID]], b)
		text += string(b) + "\n"
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	faults = make(map[string][]string)
	for _, s := range group {
		mismatches, err := s.want.Compare(calls[s.name], clock)
		if err != nil {
			t.Fatal(s.name, err)
		}
		faults[s.name] = nil
		for _, m := range mismatches {
			if withoutApplications && applicationsTell(s.name, m.Field) {
				continue
			}
			faults[s.name] = append(faults[s.name], m.String())
		}
	}
	return faults, text
}

// chronological puts rows in order of time, as a PBX writes them, and numbers
// them so.
func chronological(t *table) {
	at, id := slices.Index(t.header, "eventtime"), slices.Index(t.header, "id")
	slices.SortStableFunc(t.rows, func(a, b []string) int { return strings.Compare(a[at], b[at]) })
	for i := range t.rows {
		t.rows[i][id] = strconv.Itoa(i + 1)
	}
}

func printReport(results map[string]map[string][]string) {
	fmt.Printf("%-44s", "scenario")
	var columns []string
	for _, b := range backends {
		for _, f := range forms {
			for _, c := range changes {
				columns = append(columns, b.name+" "+f.name+" "+c.name)
			}
		}
	}
	fmt.Printf("%s\n", "passed of "+strconv.Itoa(len(columns))+" (backend × form × change), and the fields that differ")
	for _, name := range slices.Sorted(maps.Keys(results)) {
		passed := 0
		var faults []string
		for _, column := range columns {
			if f := results[name][column]; len(f) == 0 {
				passed++
			} else {
				faults = append(faults, column+": "+strings.Join(f, "; "))
			}
		}
		fmt.Printf("%-44s%d\n", name, passed)
		for _, f := range faults {
			fmt.Printf("    %s\n", f)
		}
	}
}

// eventtimes are the types of the column eventtime by form.
var eventtimes = map[string]map[string]string{
	"mysql":    {"micro": "DATETIME(6)", "freepbx": "DATETIME"},
	"postgres": {"micro": "timestamp(6)", "freepbx": "timestamp(0)"},
	"sqlite":   {"micro": "TEXT", "freepbx": "TEXT"},
}

func fillMariaDB(t testing.TB, form string, rows table) string {
	place := dbtest.MariaDB(t).Database(t)
	db := dbtest.Driver(t, place.URL)
	fillTable(t, db, "INT AUTO_INCREMENT PRIMARY KEY", "TEXT CHARACTER SET utf8mb4", eventtimes["mysql"][form], rows, func(int) string { return "?" })
	return place.URL
}

func fillPostgreSQL(t testing.TB, form string, rows table) string {
	place := dbtest.PostgreSQL(t).Database(t)
	db, err := sql.Open("pgx", place.URL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	fillTable(t, db, "SERIAL PRIMARY KEY", "text", eventtimes["postgres"][form], rows, func(i int) string { return fmt.Sprintf("$%d", i+1) })
	return place.URL
}

func fillSQLite(t testing.TB, form string, rows table) string {
	file := filepath.Join(t.TempDir(), "master.db")
	db, err := sql.Open("sqlite", file)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	fillTable(t, db, "INTEGER PRIMARY KEY", "TEXT", eventtimes["sqlite"][form], rows, func(int) string { return "?" })
	return "sqlite://" + file + "?table=cel"
}

func fillCSV(t testing.TB, _ string, rows table) string {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	if err := w.WriteAll(append([][]string{rows.header}, rows.rows...)); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "Master.csv")
	if err := os.WriteFile(file, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return "csv://" + file
}

// fillTable makes a table with the columns of the header and puts the rows in,
// in their order.
func fillTable(t testing.TB, db *sql.DB, key, text, eventtime string, rows table, place func(int) string) {
	t.Helper()
	var columns, names, places []string
	for _, name := range rows.header {
		kind := text
		switch name {
		case "id":
			kind = key
		case "eventtime":
			kind = eventtime
		}
		columns = append(columns, name+" "+kind)
		if name != "id" {
			places = append(places, place(len(names)))
			names = append(names, name)
		}
	}
	if _, err := db.ExecContext(t.Context(), "CREATE TABLE cel ("+strings.Join(columns, ", ")+")"); err != nil {
		t.Fatal(err)
	}
	tx, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	insert, err := tx.PrepareContext(t.Context(), "INSERT INTO cel ("+strings.Join(names, ", ")+") VALUES ("+strings.Join(places, ", ")+")") //nolint:sqlclosecheck // the end of the transaction closes it
	if err != nil {
		t.Fatal(err)
	}
	id := slices.Index(rows.header, "id")
	for _, r := range rows.rows {
		var values []any
		for i, v := range r {
			if i != id {
				values = append(values, v)
			}
		}
		if _, err := insert.ExecContext(t.Context(), values...); err != nil {
			t.Fatal(err)
		}
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
}
