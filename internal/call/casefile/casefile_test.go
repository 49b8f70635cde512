package casefile_test

import (
	"bytes"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ringback/internal/call"
	"ringback/internal/call/casefile"
	"ringback/internal/call/expect"
	"ringback/internal/captures"
	"ringback/internal/cel"
	"ringback/internal/dialplan"
)

func TestABrokenCaseIsRefusedWithItsLine(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{
		{"no sentence", "records\ntime | event | uniqueid\n0 | ANSWER | 1.1\n", "begins with a sentence"},
		{"no records", "Something happened.\n", "a case has records"},
		{"an unknown column", "A.\n\nrecords\ntime | colour\n", `x.case:4: no column is called "colour"`},
		{"too many cells", "A.\n\nrecords\ntime | event | uniqueid\n0 | ANSWER | 1.1 | 2\n", "x.case:5: 4 cells for 3 columns"},
		{"a time that is none", "A.\n\nrecords\ntime | event | uniqueid\nnoon | ANSWER | 1.1\n", "x.case:5: time \"noon\""},
		{"no event", "A.\n\nrecords\ntime | event | uniqueid\n0 | | 1.1\n", "x.case:5: a record needs an event"},
		{"no uniqueid", "A.\n\nrecords\ntime | event | uniqueid\n0 | ANSWER |\n", "x.case:5: a record needs a uniqueid"},
		{"an unknown setting", "A.\n\nsettings\ncolour = red\n", `x.case:4: no setting is called "colour"`},
		{"a setting without a value", "A.\n\nsettings\ntrunks\n", "x.case:4: a setting is written name = value"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := casefile.Parse("x.case", []byte(test.text))
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Fatalf("got %v, want %q", err, test.want)
			}
		})
	}
}

func TestACaseIsWrittenAsItWasRead(t *testing.T) {
	text := "A caller is answered.\n\nsettings\nextensions = ^2\\d\\d$\nnow = 1m0s\nsilence = 2h0m0s\n\nrecords\n" +
		"time | event      | channel            | uniqueid | linkedid | appdata\n" +
		"0    | CHAN_START | PJSIP/201-00000001 | 1.1      | 1.1      | a\\|b\n\ncalls\nnone\n"
	c, err := casefile.Parse("x", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if got := c.Records[0].AppData; got != "a|b" {
		t.Errorf("appdata is %q", got)
	}
	again, err := casefile.Parse("x", c.Format())
	if err != nil {
		t.Fatalf("%v in\n%s", err, c.Format())
	}
	if diff := cmp.Diff(c, again); diff != "" {
		t.Error(diff)
	}
}

func TestAnExportedCallHoldsNobodysNumberAndStaysTheSameCall(t *testing.T) {
	for _, name := range captures.Names() {
		t.Run(name, func(t *testing.T) {
			records, settings := capture(t, name)
			if len(records) == 0 {
				return
			}
			for _, g := range call.Join(records) {
				before := assemble(t, settings, g.Records)
				exported := casefile.Export("What happened.", g.Records, settings)
				text := exported.Format()
				parsed, err := casefile.Parse(name, text)
				if err != nil {
					t.Fatal(err)
				}
				after, err := parsed.Run()
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(outline(before), outline(after)); diff != "" {
					t.Errorf("%s\n%s", diff, text)
				}
				for _, secret := range secrets(g.Records) {
					if bytes.Contains(text, []byte(secret)) {
						t.Errorf("%q is still there", secret)
					}
				}
			}
		})
	}
}

// FreePBX shows an extension as its own name, and another number outside.
func TestAnExtensionThatIsAlsoANameStaysInExportedNamesOfChannels(t *testing.T) {
	record := cel.Record{
		ID: 1, At: casefile.Base.UnixMicro(), Type: cel.ChanStart, UniqueID: "7.1", LinkedID: "7.1", Channel: "PJSIP/201-00000001",
		Exten: "89161234567", Context: "from-internal", CIDNum: "74951234567", CIDName: "201",
	}
	got := casefile.Export("What happened.", []cel.Record{record}, dialplan.Settings{}).Records[0]
	if got.Channel != record.Channel || got.CIDName != "201" {
		t.Errorf("the channel is %q, its name %q", got.Channel, got.CIDName)
	}
}

func assemble(t *testing.T, settings dialplan.Settings, records []cel.Record) []*call.Call {
	t.Helper()
	c := casefile.Case{Settings: settings, Records: records}
	calls, err := c.Run()
	if err != nil {
		t.Fatal(err)
	}
	return calls
}

// outline is what must not change: everything but who it was.
func outline(calls []*call.Call) []string {
	var lines []string
	for _, c := range calls {
		parts := []string{string(c.Direction) + " " + string(c.Result) + " " + string(c.EndedBy) + " talk " + strconv.FormatFloat(float64(c.Talk), 'f', 3, 64)}
		for _, l := range c.Legs {
			parts = append(parts, "leg "+string(l.Via)+" "+string(l.Result))
		}
		for _, tr := range c.Transfers {
			parts = append(parts, "transfer "+string(tr.Kind))
		}
		for _, q := range c.Queues {
			parts = append(parts, "queue "+string(q.Result))
		}
		lines = append(lines, strings.Join(parts, "; "))
	}
	return lines
}

// secrets are the names and long numbers of people, and the ids.
func secrets(records []cel.Record) []string {
	var list []string
	for _, r := range records {
		if strings.Trim(r.CIDNum, "0123456789+-") == "" && len(r.CIDNum) > 6 {
			list = append(list, r.CIDNum)
		}
		if r.CIDName != "" && r.CIDName != r.CIDNum && len(r.CIDName) > 3 {
			list = append(list, r.CIDName)
		}
		list = append(list, r.UniqueID)
	}
	return list
}

func capture(t *testing.T, name string) ([]cel.Record, dialplan.Settings) {
	t.Helper()
	table, err := captures.CSV(name)
	if err != nil {
		t.Fatal(err)
	}
	b, err := captures.Expected(name)
	if err != nil {
		t.Fatal(err)
	}
	want, err := expect.Parse(b)
	if err != nil {
		t.Fatal(err)
	}
	records, err := captures.Records(table)
	if err != nil {
		t.Fatal(err)
	}
	return records, want.Plan()
}
