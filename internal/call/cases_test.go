package call_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ringback/internal/call/casefile"
)

var update = flag.Bool("update", false, "rewrite the calls in testdata/*.case; read the difference before you commit it")

// caseFiles are the files of all cases.
func caseFiles(t testing.TB) []string {
	t.Helper()
	files, err := filepath.Glob("testdata/*.case")
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Fatal("no cases")
	}
	return files
}

func readCase(t testing.TB, file string) *casefile.Case {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	c, err := casefile.Parse(file, b)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestCases(t *testing.T) {
	for _, file := range caseFiles(t) {
		t.Run(filepath.Base(file), func(t *testing.T) {
			c := readCase(t, file)
			calls, err := c.Run()
			if err != nil {
				t.Fatal(err)
			}
			var got bytes.Buffer
			casefile.Print(&got, calls)
			if *update {
				c.Calls = got.String()
				if err := os.WriteFile(file, c.Format(), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(c.Calls, got.String()); diff != "" {
				t.Errorf("%s\n(-want +got)\n%s", c.About, diff)
			}
		})
	}
}
