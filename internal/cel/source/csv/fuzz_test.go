package csv_test

import (
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	"ringback/internal/cel"
	"ringback/internal/cel/source"
	"ringback/internal/cel/source/open"
	"ringback/internal/cel/source/sourcetest"
)

func openPlace(t testing.TB, p sourcetest.Place) (source.Source, error) {
	t.Helper()
	return open.Open(t.Context(), p.URL, source.Options{})
}

// FuzzFile reads any file: nothing breaks, ids grow, and a good record after the
// rubbish is found.
func FuzzFile(f *testing.F) {
	f.Add([]byte(sample(0)))
	f.Add([]byte(`"CHAN_START","2026`))
	f.Add([]byte("\"\n\"\"\n,\n\r\n\""))
	f.Fuzz(func(t *testing.T, rubbish []byte) {
		path := filepath.Join(t.TempDir(), "Master.csv")
		text := append([]byte("eventtype,eventtime,uniqueid,linkedid\n"), rubbish...)
		text = append(text, "\nANSWER,2026-11-23 05:10:47,last,last\nHANGUP,2026-11-23 05:10:47,last,last\n"...)
		if err := os.WriteFile(path, text, 0o644); err != nil {
			t.Fatal(err)
		}
		s, err := openPlace(t, sourcetest.Place{URL: (&url.URL{Scheme: "csv", Path: path}).String()})
		if err != nil {
			t.Fatal(err)
		}
		var last cel.Record
		err = s.Scan(t.Context(), time.Time{}, time.Time{}, func(batch []cel.Record) error {
			for _, r := range batch {
				if r.ID <= last.ID {
					t.Errorf("record %d follows %d", r.ID, last.ID)
				}
				last = r
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if last.UniqueID != "last" || last.Type != cel.Hangup {
			t.Errorf("the last record is %+v", last)
		}
	})
}
