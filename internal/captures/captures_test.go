package captures_test

import (
	"bytes"
	"testing"

	"ringback/internal/captures"
)

func TestEveryScenarioHasAllItsFiles(t *testing.T) {
	names := captures.Names()
	if len(names) < 38 {
		t.Fatalf("%d scenarios, want 38 at least: %v", len(names), names)
	}
	files := map[string]func(string) ([]byte, error){
		"CSV": captures.CSV, "FreePBX": captures.FreePBX, "CDR": captures.CDR,
		"Expected": captures.Expected, "Story": captures.Story, "Truth": captures.Truth,
	}
	for _, name := range names {
		for kind, read := range files {
			if _, err := read(name); err != nil {
				t.Errorf("%s of %s: %v", kind, name, err)
			}
		}
	}
}

func TestBothTablesOfAScenarioHaveTheSameRows(t *testing.T) {
	for _, name := range captures.Names() {
		full, err := captures.CSV(name)
		if err != nil {
			t.Fatal(err)
		}
		freepbx, err := captures.FreePBX(name)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := bytes.Count(freepbx, []byte("\n")), bytes.Count(full, []byte("\n")); got != want {
			t.Errorf("%s: %d lines as FreePBX, %d lines whole", name, got, want)
		}
	}
}
