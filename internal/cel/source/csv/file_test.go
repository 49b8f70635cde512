package csv_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ringback/internal/cel"
	"ringback/internal/cel/source"
	"ringback/internal/cel/source/sourcetest"
)

// file makes a file and gives its address.
func file(t testing.TB, text string) (path string, p sourcetest.Place) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "Master.csv")
	write(t, path, text)
	return path, sourcetest.Place{URL: "csv://" + path}
}

func scan(t testing.TB, p sourcetest.Place) []cel.Record {
	t.Helper()
	return sourcetest.Scan(t, sourcetest.Open(t, p, source.Options{}), time.Time{}, time.Time{})
}

// sample is a line of Asterisk's sample mapping.
func sample(second int) string {
	return line([]string{
		"CHAN_START", fmt.Sprintf("2026-11-23 05:10:%02d", second), "Alice Adams", "1001", "1001", "", "1002", "s", "from-internal", "PJSIP/1001-00000001", "", "",
		"DOCUMENTATION", "", fmt.Sprintf("1795410647.%d", second), "1795410647.0", "", "", "", "",
	})
}

func TestSampleMappingsNeedNoHeader(t *testing.T) {
	advanced := line([]string{
		"CRM_TAG", "USER_DEFINED", "My Literal", "1795410647.831887", "CRM_TAG", "Alice Adams", "1001", "s", "from-internal", "PJSIP/1001-00000001", "", "",
		"DOCUMENTATION", "acc", "1795410647.1", "user", "1001", "", "1002", "", "1795410647.0", "peeracc", `{"extra":"lead=42"}`, "",
	})
	literal := strings.Replace(sample(47), `"CHAN_START",`, `"CHAN_START","My Literal",`, 1)
	for about, c := range map[string]struct {
		text string
		kind cel.Type
		at   int64
	}{
		"old":                         {sample(47), cel.ChanStart, 1795410647_000000},
		"old with a literal":          {literal, cel.ChanStart, 1795410647_000000},
		"advanced":                    {advanced, cel.UserDefined, 1795410647_831887},
		"advanced, separated by tabs": {strings.ReplaceAll(advanced, `","`, "\"\t\""), cel.UserDefined, 1795410647_831887},
		"old, without quotes":         {strings.ReplaceAll(sample(47), `"`, ""), cel.ChanStart, 1795410647_000000},
		"old, with DOS line ends":     {strings.ReplaceAll(sample(47), "\n", "\r\n"), cel.ChanStart, 1795410647_000000},
	} {
		_, p := file(t, c.text)
		got := scan(t, p)
		if len(got) != 1 {
			t.Errorf("%s: %d records", about, len(got))
			continue
		}
		r := got[0]
		if r.Type != c.kind || r.At != c.at || r.CIDName != "Alice Adams" || r.CIDDNID != "1002" || r.Channel != "PJSIP/1001-00000001" ||
			r.Context != "from-internal" || r.LinkedID != "1795410647.0" || r.ID != 1 {
			t.Errorf("%s: %+v", about, r)
		}
		if c.kind == cel.UserDefined && (r.UserEvent != "CRM_TAG" || r.Extra != `{"extra":"lead=42"}` || r.AccountCode != "acc" || r.PeerAccount != "peeracc") {
			t.Errorf("%s: %+v", about, r)
		}
	}
}

func TestAnUnknownOrderIsRefusedUnlessNamed(t *testing.T) {
	path, p := file(t, line([]string{"1795410647.1", "1795410647.0", "2026-11-23 05:10:47", "ANSWER"}))
	_, err := openPlace(t, p)
	if e, ok := errors.AsType[*source.SetupError](err); !ok || !strings.Contains(e.Error(), "4 fields") || !strings.Contains(e.Error(), "?columns=") {
		t.Errorf("opening gives %v", err)
	}
	got := scan(t, sourcetest.Place{URL: "csv://" + path + "?columns=uniqueid,linkedid,eventtime,eventtype"})
	if len(got) != 1 || got[0].Type != cel.Answer || got[0].UniqueID != "1795410647.1" {
		t.Errorf("with named columns: %+v", got)
	}
}

func TestBrokenLinesAreLeftOutAndCounted(t *testing.T) {
	for about, bad := range map[string]string{
		"too few fields":          `"HANGUP","2026-11-23 05:10:47"` + "\n",
		"text after a quote":      strings.Replace(sample(1), `"Alice Adams"`, `"Alice "Adams"`, 1),
		"a quote never closed":    strings.Replace(sample(1), `"Alice Adams"`, `"Alice Adams`, 1),
		"no time":                 strings.Replace(sample(1), "2026-11-23 05:10:01", "yesterday", 1),
		"something else entirely": "Segmentation fault (core dumped)\n",
	} {
		_, p := file(t, sample(0)+bad+sample(2)+"\n"+sample(3))
		s := sourcetest.Open(t, p, source.Options{})
		for range 2 {
			var times []string
			for _, r := range sourcetest.Scan(t, s, time.Time{}, time.Time{}) {
				times = append(times, r.UniqueID)
			}
			if got := strings.Join(times, " "); got != "1795410647.0 1795410647.2 1795410647.3" {
				t.Errorf("%s: records %s", about, got)
			}
			w := s.Description().Warnings
			if len(w) != 1 || w[0].Code != "broken_lines" || !strings.Contains(w[0].Text, " 1 lines") {
				t.Errorf("%s: warnings %v", about, w)
			}
		}
	}
}

func TestAnUnfinishedLastLineWaits(t *testing.T) {
	whole := sample(0) + sample(1)
	for cut := len(sample(0)); cut < len(whole); cut++ {
		_, p := file(t, whole[:cut])
		s := sourcetest.Open(t, p, source.Options{})
		if got := len(sourcetest.Scan(t, s, time.Time{}, time.Time{})); got != 1 {
			t.Fatalf("cut at %d: %d records", cut, got)
		}
		if w := s.Description().Warnings; len(w) > 0 {
			t.Fatalf("cut at %d: warnings %v", cut, w)
		}
	}
}

func TestAnUnfinishedRecordOfSeveralLinesWaits(t *testing.T) {
	record := strings.Replace(sample(1), "Alice Adams", "Alice\nAdams", 1)
	path, p := file(t, sample(0)+record[:40])
	if got := len(scan(t, p)); got != 1 {
		t.Errorf("%d records", got)
	}
	write(t, path, record[40:])
	if got := scan(t, p); len(got) != 2 || got[1].CIDName != "Alice\nAdams" {
		t.Errorf("records %+v", got)
	}
}

func TestAFileThatIsRotatedAwayIsReported(t *testing.T) {
	for about, rotate := range map[string]func(path string) error{
		"moved":   func(path string) error { return os.Rename(path, path+".1") },
		"removed": os.Remove,
		"cut":     func(path string) error { return os.Truncate(path, 0) },
		"replaced": func(path string) error {
			return errors.Join(os.Rename(path, path+".1"), os.WriteFile(path, []byte(strings.Repeat(sample(1), 3000)), 0o644))
		},
	} {
		path, p := file(t, strings.Repeat(sample(0), 3000))
		s := sourcetest.Open(t, p, source.Options{})
		first := true
		err := s.Scan(t.Context(), time.Time{}, time.Time{}, func([]cel.Record) error {
			if first {
				first = false
				return rotate(path)
			}
			return nil
		})
		if e, ok := errors.AsType[*source.UnavailableError](err); !ok || !strings.Contains(e.Error(), "rotated") {
			t.Errorf("%s: scan gives %v", about, err)
		}
	}
}

func TestHeadersMayHaveAMarkAndComeAgain(t *testing.T) {
	header := "EventType,eventtime,uniqueid,linkedid\n"
	row := "ANSWER,2026-11-23 05:10:47,1.1,1.1\n"
	_, p := file(t, "\uFEFF"+header+row+header+row)
	s := sourcetest.Open(t, p, source.Options{})
	if got := len(sourcetest.Scan(t, s, time.Time{}, time.Time{})); got != 2 {
		t.Errorf("%d records", got)
	}
	for _, w := range s.Description().Warnings {
		if w.Code == "broken_lines" {
			t.Error(w.Text)
		}
	}
}

func TestTextThatIsNoUTF8IsMended(t *testing.T) {
	_, p := file(t, strings.Replace(sample(0), "Alice", "\xc0\xeb\xe8\xf1\xe0", 1))
	if got := scan(t, p); len(got) != 1 || got[0].CIDName != "\uFFFD Adams" || got[0].CIDNum != "1001" {
		t.Errorf("records %+v", got)
	}
}
