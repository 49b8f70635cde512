package sourcetest

import (
	"strings"
	"testing"
	"time"

	"ringback/internal/cel"
	"ringback/internal/cel/source"
)

// odd are records with everything that is hard to quote, empty or NULL.
func odd() []cel.Record {
	records := calls(1, 9)
	for i, s := range []string{
		`O'Neil, "Dan"`, "Иван Петров", "名前 😀", `back\slash\n`, "line\nbreak\r\nand more", "", `'; DROP TABLE cel; --`, `,"",` + "\t;|%_`$1?", "unit\x1fseparator",
	} {
		r := &records[i]
		r.CIDName, r.AppData, r.UserField, r.Extra, r.Peer = s, s, s, s, s
	}
	records[5].Type, records[5].UserEvent = cel.UserDefined, "CRM_TAG"
	records[6].Type, records[6].UserEvent = cel.UserDefined, "HANGUP"
	return records
}

func values(t *testing.T, b Backend) {
	for _, l := range []Layout{{}, {NULLs: b.SQL}} {
		records := odd()
		if !b.SQL {
			// Files keep a line's end as it is, and so does the suite.
			records[4].CIDName = "line\nbreak"
		}
		p := b.Create(t, l)
		p.Insert(t, rows(l, records))
		compare(t, l, records, Scan(t, Open(t, p, source.Options{}), time.Time{}, time.Time{}), b)
	}
}

// compare sees that got is what was written, in any backend's IDs.
func compare(t testing.TB, l Layout, written, got []cel.Record, b Backend) {
	t.Helper()
	want := make([]cel.Record, len(written))
	for i := range written {
		want[i] = expect(l, written[i])
	}
	if !b.SQL || l.KeyName() == "" {
		want, got = withoutIDs(want), withoutIDs(got)
	}
	if d := diff(want, got); d != "" {
		t.Errorf("records differ (-want +got):\n%s", d)
	}
}

func withoutIDs(records []cel.Record) []cel.Record {
	plain := make([]cel.Record, len(records))
	for i, r := range records {
		r.ID = 0
		plain[i] = r
	}
	return plain
}

func columns(t *testing.T, b Backend) {
	sqliteSample := map[source.Field]string{
		source.CIDName: "cidname", source.CIDNum: "cidnum", source.CIDANI: "cidani", source.CIDRDNIS: "cidrdnis", source.CIDDNID: "ciddnid",
		source.Extra: "EventExtra", source.UserDefType: "usereventname", source.AccountCode: "acctcode", source.Peer: "BridgePeer",
	}
	t.Run("names of samples", func(t *testing.T) {
		l := Layout{Names: sqliteSample, Reversed: true, Key: "AcctId"}
		p := b.Create(t, l)
		p.Insert(t, rows(l, odd()[:4]))
		s := Open(t, p, source.Options{})
		if w := s.Description().Warnings; len(w) > 0 {
			t.Errorf("warnings %v", w)
		}
		if got := s.Description().Columns["extra"]; got != "EventExtra" {
			t.Errorf("extra is in column %q", got)
		}
		compare(t, l, odd()[:4], Scan(t, s, time.Time{}, time.Time{}), b)
	})
	t.Run("names from the settings", func(t *testing.T) {
		l := Layout{Names: map[source.Field]string{source.Extra: "select", source.LinkedID: `odd "name"`}}
		p := b.Create(t, l)
		p.Insert(t, rows(l, odd()[:4]))
		s := Open(t, p, source.Options{Columns: map[string]string{"extra": "SELECT", "linkedid": `odd "name"`}})
		compare(t, l, odd()[:4], Scan(t, s, time.Time{}, time.Time{}), b)
		if got, err := s.Lookup(t.Context(), []string{odd()[0].LinkedID}); err != nil || len(got) == 0 {
			t.Errorf("lookup gave %d records, error %v", len(got), err)
		}
	})
	t.Run("absent columns", func(t *testing.T) {
		absent := []source.Field{
			source.UserDefType, source.CIDName, source.CIDANI, source.CIDRDNIS, source.CIDDNID, source.AccountCode, source.PeerAccount,
			source.UserField, source.Peer, source.Extra,
		}
		l := Layout{Names: map[source.Field]string{}}
		for _, f := range absent {
			l.Names[f] = ""
		}
		p := b.Create(t, l)
		p.Insert(t, rows(l, calls(1, 4)))
		s := Open(t, p, source.Options{})
		compare(t, l, calls(1, 4), Scan(t, s, time.Time{}, time.Time{}), b)
		codes := map[string]bool{}
		for _, w := range s.Description().Warnings {
			codes[w.Code] = true
			if !strings.Contains(w.Text, "add") {
				t.Errorf("warning %s says nothing of what to do: %s", w.Code, w.Text)
			}
		}
		for _, code := range []string{"missing_extra_column", "missing_peer_column", "missing_userdeftype_column"} {
			if !codes[code] {
				t.Errorf("no warning %s in %v", code, codes)
			}
		}
	})
}

func times(t *testing.T, b Backend) {
	moscow, err := time.LoadLocation("Europe/Moscow")
	if err != nil {
		t.Fatal(err)
	}
	for _, form := range b.Times {
		l := Layout{Time: form, Location: moscow}
		records := calls(1, 5)
		records[3].At -= records[3].At % 1_000_000
		p := b.Create(t, l)
		p.Insert(t, rows(l, records))
		s := Open(t, p, source.Options{Location: moscow})
		got := Scan(t, s, noon, noon.Add(time.Minute))
		compare(t, l, records, got, b)
		if t.Failed() {
			t.Fatalf("in form %d", form)
		}
	}
}

// number is the number of an event type.
func number(n cel.Numbering, t cel.Type) int {
	for i := range 30 {
		digits := string(rune('0'+i/10)) + string(rune('0'+i%10))
		if got, _ := n.ParseType(digits, "", ""); got == t {
			return i
		}
	}
	return 0
}

func numbers(t *testing.T, b Backend) {
	for _, n := range []cel.Numbering{cel.NumberingOld, cel.NumberingNew} {
		l := Layout{Numbers: n, Names: map[source.Field]string{source.UserDefType: ""}}
		records := calls(1, 6)
		types := []cel.Type{cel.ChanStart, cel.Answer, cel.BridgeEnter, cel.AttendedTransfer, cel.Hangup, cel.LinkedIDEnd}
		if n == cel.NumberingOld {
			types[2] = cel.BridgeStart
		}
		for i := range records {
			records[i].Type, records[i].Extra = types[i], ""
			if types[i] == cel.BridgeEnter {
				records[i].Extra = `{"bridge_id":"x"}`
			}
		}
		p := b.Create(t, l)
		p.Insert(t, rows(l, records))
		compare(t, l, records, Scan(t, Open(t, p, source.Options{}), time.Time{}, time.Time{}), b)
		set := Open(t, p, source.Options{Numbering: cel.NumberingNew})
		if got := Scan(t, set, time.Time{}, time.Time{})[5].Type; (got == cel.LinkedIDEnd) != (n == cel.NumberingNew) {
			t.Errorf("with a fixed numbering, %d is read as %v", number(n, cel.LinkedIDEnd), got)
		}
	}
}
