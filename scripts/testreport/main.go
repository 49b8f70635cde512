// Command testreport reads the output of `go test -json` and prints what a
// person wants to see: what failed, in full, a closing line for each package,
// and the number of tests passed, failed and skipped. A failure or a skip makes
// it fail: a test that does not run proves nothing.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
)

func main() {
	ok, err := report(os.Stdin, os.Stdout)
	if err != nil {
		fmt.Fprintln(os.Stderr, "testreport:", err)
	}
	if err != nil || !ok {
		os.Exit(1)
	}
}

// event is what `go test -json` writes on each line (go doc test2json), and
// what the build before it writes (go help buildjson).
type event struct {
	Action     string
	Package    string
	ImportPath string
	Test       string
	Output     string
}

// tally counts tests and keeps their output until their fate is known.
type tally struct {
	out                     io.Writer
	passed, failed, skipped int
	// output is kept by package and test; the test of a package's own lines is "".
	output map[string]map[string][]string
	// failures counts a package's failed tests, so that one that dies without any is counted too.
	failures map[string]int
}

// report turns events into text and says whether every test ran and passed.
func report(in io.Reader, out io.Writer) (bool, error) {
	w := bufio.NewWriter(out)
	t := tally{out: w, output: map[string]map[string][]string{}, failures: map[string]int{}}
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		var e event
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			// The go command itself speaks plain text when it cannot begin.
			fmt.Fprintf(w, "%s\n", lines.Bytes())
			continue
		}
		t.take(e)
		if err := w.Flush(); err != nil {
			return false, err
		}
	}
	if err := lines.Err(); err != nil {
		return false, fmt.Errorf("read test events: %w", err)
	}
	if t.skipped > 0 {
		fmt.Fprintf(w, "skipped tests are not allowed; they stand above\n")
	}
	fmt.Fprintf(w, "%d passed, %d failed, %d skipped\n", t.passed, t.failed, t.skipped)
	return t.passed > 0 && t.failed == 0 && t.skipped == 0, w.Flush()
}

func (t *tally) take(e event) {
	switch e.Action {
	case "build-output":
		fmt.Fprint(t.out, e.Output)
	case "output":
		if t.output[e.Package] == nil {
			t.output[e.Package] = map[string][]string{}
		}
		t.output[e.Package][e.Test] = append(t.output[e.Package][e.Test], e.Output)
	case "pass", "fail", "skip":
		if e.Test == "" {
			t.packageOver(e)
		} else {
			t.testOver(e)
		}
	}
}

func (t *tally) testOver(e event) {
	switch e.Action {
	case "pass":
		t.passed++
	case "fail":
		t.failed++
		t.failures[e.Package]++
		t.print(e.Package, e.Test)
	case "skip":
		t.skipped++
		t.print(e.Package, e.Test)
	}
	delete(t.output[e.Package], e.Test)
}

// packageOver prints the closing line of a package; of a failed one also what
// its unfinished tests said, such as a panic.
func (t *tally) packageOver(e event) {
	if e.Action == "fail" {
		for test := range t.output[e.Package] {
			if test != "" {
				t.print(e.Package, test)
			}
		}
		t.print(e.Package, "")
		if t.failures[e.Package] == 0 {
			t.failed++
		}
	} else {
		for _, line := range t.output[e.Package][""] {
			if strings.HasPrefix(line, "ok ") || strings.HasPrefix(line, "?") {
				fmt.Fprint(t.out, line)
			}
		}
	}
	delete(t.output, e.Package)
}

func (t *tally) print(pkg, test string) {
	for _, line := range t.output[pkg][test] {
		fmt.Fprint(t.out, line)
	}
}
