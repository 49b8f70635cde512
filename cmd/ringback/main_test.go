package main

import (
	"database/sql"
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	_ "modernc.org/sqlite"

	"ringback/internal/captures"
)

// asProgram makes the test binary be the program itself.
const asProgram = "RINGBACK_TEST_AS_PROGRAM"

// noPause keeps the race detector from waiting a second at each exit.
const noPause = "atexit_sleep_ms=1"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
		return
	}
	testscript.Main(m, map[string]func(){"ringback": main})
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: filepath.Join("testdata", "script"),
		Setup: func(env *testscript.Env) error {
			env.Setenv("TZ", "UTC")
			env.Setenv("GORACE", noPause)
			env.Setenv("TMPDIR", env.WorkDir)
			env.Setenv("RINGBACK_CONFIG", "")
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"status":  status,
			"capture": capture,
			"sqlite":  toSQLite,
		},
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
	})
}

// status runs a command and checks its exit status: status N COMMAND ARGS…
func status(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: status N command [args…]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			ts.Fatalf("%v", err)
		}
		got = exit.ExitCode()
	}
	if got != want {
		ts.Fatalf("exit status %d, want %d; standard error:\n%s", got, want, ts.ReadFile("stderr"))
	}
}

// capture writes the rows of captured scenarios into one CSV file: capture FILE
// NAME…
func capture(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: capture file name…")
	}
	var text strings.Builder
	for i, name := range args[1:] {
		rows, err := captures.CSV(name)
		ts.Check(err)
		header, rest, _ := strings.Cut(string(rows), "\n")
		if i == 0 {
			text.WriteString(header + "\n")
		}
		text.WriteString(rest)
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(text.String()), 0o644))
}

// toSQLite makes a database with a table cel of a CSV file: sqlite FILE.db
// FILE.csv
func toSQLite(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: sqlite file.db file.csv")
	}
	lines, err := csv.NewReader(strings.NewReader(ts.ReadFile(args[1]))).ReadAll()
	ts.Check(err)
	db, err := sql.Open("sqlite", ts.MkAbs(args[0]))
	ts.Check(err)
	defer db.Close()
	columns := strings.Join(lines[0][1:], " TEXT, ") + " TEXT"
	_, err = db.Exec(fmt.Sprintf(`CREATE TABLE cel (%s INTEGER PRIMARY KEY, %s);
		CREATE INDEX by_linkedid ON cel (linkedid); CREATE INDEX by_uniqueid ON cel (uniqueid)`, lines[0][0], columns))
	ts.Check(err)
	insert := "INSERT INTO cel VALUES (?" + strings.Repeat(", ?", len(lines[0])-1) + ")"
	for _, line := range lines[1:] {
		values := make([]any, len(line))
		for i, field := range line {
			values[i] = field
		}
		_, err := db.Exec(insert, values...)
		ts.Check(err)
	}
}
