package open_test

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ringback/internal/cel"
	"ringback/internal/cel/source"
	"ringback/internal/cel/source/open"
)

func TestAddressesThatCannotBeUsedAreRefused(t *testing.T) {
	for _, c := range []struct{ address, word string }{
		{"", "no scheme"},
		{"/var/log/asterisk/Master.csv", "no scheme"},
		{"oracle://h/db", "oracle"},
		{"mysql://user:sesame%zz@host/db", "percent-encoded"},
		{"mysql://user:ses#ame@host/db", "percent-encoded"},
		{"mysql://user:sesame@host/db#x", "%23"},
		{"mysql://user:sesame@host", "database"},
		{"mysql://user:sesame@host/db?tabel=cel", "tabel"},
		{"mysql://user:sesame@host/db?tls=odd", "config name: odd"},
		{"mysql://user:sesame@host/db?tls=odd", "skip-verify"},
		{"mysql://user:sesame@host:port/db", "percent-encoded"},
		{"postgres://user:sesame@host/", "database"},
		{"postgres://user:sesame@host/db?sslmode=sesame", "postgres address"},
		{"sqlite:///x.db?mode=rw", "mode"},
		{"csv:///x.csv?table=cel", "table"},
		{"csv:///no/such/file.csv", "/no/such/file.csv"},
		{"sqlite:///no/such/file.db", "/no/such/file.db"},
	} {
		s, err := open.Open(t.Context(), c.address, source.Options{})
		if err == nil {
			s.Close()
			t.Errorf("%q is accepted", c.address)
			continue
		}
		if !strings.Contains(err.Error(), c.word) {
			t.Errorf("%q gives an error without %q: %v", c.address, c.word, err)
		}
		if strings.Contains(err.Error(), "sesame") && !strings.Contains(c.address, "sslmode") {
			t.Errorf("%q gives an error with the password: %v", c.address, err)
		}
	}
}

// TestBothFormsOfACaptureAreTheSame reads what a real Asterisk wrote, once with all
// columns and microseconds, once as FreePBX's table keeps it.
func TestBothFormsOfACaptureAreTheSame(t *testing.T) {
	files, err := filepath.Glob("testdata/*.freepbx.csv")
	if err != nil || len(files) < 4 {
		t.Fatalf("captures: %v, error %v", files, err)
	}
	for _, freePBX := range files {
		full := read(t, strings.Replace(freePBX, ".freepbx", "", 1))
		cut := read(t, freePBX)
		if len(full) != len(cut) || len(full) == 0 {
			t.Fatalf("%s: %d records, with all columns %d", freePBX, len(cut), len(full))
		}
		for i, r := range full {
			r.ID, r.At, r.Fraction, r.UserField, r.PeerAccount = cut[i].ID, r.At-r.At%1_000_000, false, "", ""
			if r != cut[i] {
				t.Errorf("%s, record %d:\n%+v\nwith all columns\n%+v", freePBX, i, cut[i], r)
			}
			if r.Type == cel.Unknown || r.LinkedID == "" || r.Channel == "" {
				t.Errorf("%s: %+v", freePBX, r)
			}
			if user := r.Type == cel.UserDefined; user != (r.UserEvent == "ECHOTEST") {
				t.Errorf("%s: event %v %q", freePBX, r.Type, r.UserEvent)
			}
		}
	}
}

func read(t *testing.T, path string) []cel.Record {
	t.Helper()
	absolute, err := filepath.Abs(path)
	if err != nil {
		t.Fatal(err)
	}
	s, err := open.Open(t.Context(), "csv://"+absolute, source.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var all []cel.Record
	err = s.Scan(t.Context(), time.Time{}, time.Time{}, func(batch []cel.Record) error {
		all = append(all, batch...)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}
