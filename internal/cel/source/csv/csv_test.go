package csv_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ringback/internal/cel/source/sourcetest"
)

// create makes a file with a header line.
func create(t testing.TB, l sourcetest.Layout) sourcetest.Place {
	t.Helper()
	path := filepath.Join(t.TempDir(), "Master.csv")
	var names []string
	for _, c := range l.Columns() {
		names = append(names, c.Name)
	}
	write(t, path, line(names))
	return sourcetest.Place{
		URL: "csv://" + path,
		Insert: func(t testing.TB, rows []sourcetest.Row) {
			var b strings.Builder
			for _, r := range rows {
				values := make([]string, len(r.Values))
				for i, v := range r.Values {
					values[i] = *v
				}
				b.WriteString(line(values))
			}
			write(t, path, b.String())
		},
	}
}

// line is a line as CSV_QUOTE writes it.
func line(values []string) string {
	quoted := make([]string, len(values))
	for i, v := range values {
		quoted[i] = `"` + strings.ReplaceAll(v, `"`, `""`) + `"`
	}
	return strings.Join(quoted, ",") + "\n"
}

// write appends to a file.
func write(t testing.TB, path, text string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteString(text); err != nil {
		t.Fatal(err)
	}
}

func TestCSVPassesTheSuite(t *testing.T) {
	sourcetest.Run(t, sourcetest.Backend{
		Create: create,
		Times: []sourcetest.TimeForm{
			sourcetest.Micros, sourcetest.Seconds, sourcetest.TextOffset, sourcetest.TextSlashes, sourcetest.TextEpoch, sourcetest.EpochSeconds,
		},
	})
}
