package call_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"ringback/internal/captures"
)

// root is where the sources lie, seen from here.
const root = "../.."

// TestEachOfTheNinetyCasesIsHeld keeps docs/ninety-cases.md true: what it says
// holds a rule is there, and every numbered case stands in it.
func TestEachOfTheNinetyCasesIsHeld(t *testing.T) {
	table := ninetyCases(t)
	tests := testFunctions(t)
	listed := make(map[string]bool)
	for number := 1; number <= 90; number++ {
		row, ok := table[number]
		if !ok {
			t.Errorf("case %d is not in the table", number)
			continue
		}
		if fault := row.fault(number, tests); fault != "" {
			t.Errorf("case %d: %s", number, fault)
		}
		for _, name := range row.held {
			listed[name] = true
		}
	}
	for _, name := range numberedCases(t) {
		if !listed[name] {
			t.Errorf("%s is not in the table", name)
		}
	}
}

// ruleRow is a line of the table.
type ruleRow struct {
	rule, cell string
	// held are the names in the last cell.
	held []string
}

var (
	ruleLine  = regexp.MustCompile(`^\| (\d+) \| (.*) \| (.*) \|$`)
	codeSpan  = regexp.MustCompile("`([^`]+)`")
	notHeld   = regexp.MustCompile(`^not held yet: \S.{10,}$`)
	testStart = regexp.MustCompile(`(?m)^func (Test[A-Z]\w*)\(`)
)

func ninetyCases(t *testing.T) map[int]ruleRow {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(root, "docs/ninety-cases.md"))
	if err != nil {
		t.Fatal(err)
	}
	table := make(map[int]ruleRow)
	for line := range strings.Lines(string(b)) {
		cells := ruleLine.FindStringSubmatch(strings.TrimSpace(line))
		if cells == nil {
			continue
		}
		var number int
		if _, err := fmt.Sscan(cells[1], &number); err != nil {
			t.Fatalf("%q: %v", cells[1], err)
		}
		if _, twice := table[number]; twice || number < 1 || number > 90 {
			t.Errorf("case %d is in the table twice, or is none of the ninety", number)
		}
		row := ruleRow{rule: cells[2], cell: cells[3]}
		for _, span := range codeSpan.FindAllStringSubmatch(cells[3], -1) {
			row.held = append(row.held, span[1])
		}
		table[number] = row
	}
	return table
}

// fault says what is wrong with a line, "" if nothing is.
func (r ruleRow) fault(number int, tests map[string]bool) string {
	if !strings.HasSuffix(r.rule, ".") {
		return fmt.Sprintf("the rule %q is no sentence", r.rule)
	}
	if len(r.held) == 0 && !notHeld.MatchString(r.cell) {
		return fmt.Sprintf("%q names neither what holds it nor why it is not held yet", r.cell)
	}
	for _, name := range r.held {
		if !held(number, name, tests) {
			return fmt.Sprintf("there is no %s that could hold it", name)
		}
	}
	return ""
}

func held(number int, name string, tests map[string]bool) bool {
	if capture, ok := strings.CutPrefix(name, "captures/"); ok {
		return slices.Contains(captures.Names(), capture)
	}
	if strings.HasSuffix(name, ".case") {
		_, err := os.Stat(filepath.Join("testdata", filepath.Base(name)))
		return err == nil && strings.HasPrefix(name, fmt.Sprintf("%02d-", number))
	}
	return tests[name]
}

// numberedCases are the cases that are named after one of the ninety.
func numberedCases(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("testdata/[0-9][0-9]-*.case")
	if err != nil {
		t.Fatal(err)
	}
	for i := range files {
		files[i] = filepath.Base(files[i])
	}
	return files
}

// testFunctions are the names of all tests in the sources.
func testFunctions(t *testing.T) map[string]bool {
	t.Helper()
	tests := make(map[string]bool)
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		b, err := os.ReadFile(path)
		for _, match := range testStart.FindAllSubmatch(b, -1) {
			tests[string(match[1])] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return tests
}
