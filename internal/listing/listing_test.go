package listing_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ringback/internal/call"
	"ringback/internal/listing"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func samples() []*call.Call {
	at := func(s int) call.Time {
		return call.Time{Time: time.Date(2026, 11, 23, 5, 14, s, 540_000_000, time.UTC), Fraction: true}
	}
	cause := 16
	return []*call.Call{
		{
			ID: "1795410855.21", PBX: "main", Direction: call.Incoming,
			From: call.Party{Number: "+79161234567", Name: "=HYPERLINK(\"x\")\x1b[31m"}, To: call.Party{Number: "74950000001"},
			Trunk: "trunk-provider", Result: call.Answered, HangupCause: &cause, EndedBy: call.EndedByFrom,
			StartedAt: at(15), AnsweredAt: at(16), EndedAt: at(25), Wait: 1.012, Talk: 7.4, Duration: 10.02,
			Legs:      []call.Leg{{}, {}},
			Talks:     []call.Talk{{Parties: []string{"+79161234567", "1001"}}, {Parties: []string{"+79161234567", "1002"}}},
			Transfers: []call.Transfer{{Kind: call.Blind, By: "1001", To: "1002"}}, Complete: true,
		},
		{
			ID: "asterisk-main-1795410999.30", Direction: call.Internal,
			From: call.Party{Number: "1005", Name: "Иван Петров", Extension: "1005"}, To: call.Party{Number: "1001", Name: "東京支店の山田太郎さんと仲間たちの電話", Extension: "1001"},
			Result: call.Missed, StartedAt: call.Time{Time: time.Date(2026, 11, 23, 5, 14, 15, 0, time.UTC)},
			Queues: []call.QueueStay{{Name: "600", Result: call.QueueAbandoned}},
		},
		{
			ID: "1795411000.1", Direction: call.Outgoing, From: call.Party{Number: "1001", Extension: "1001"}, To: call.Party{Number: "89161234567"},
			Result: call.Answered, StartedAt: at(30), AnsweredAt: at(31), Talk: 3723.6, InProgress: true, Complete: true,
			Talks: []call.Talk{{Parties: []string{"1001", "79161234567"}}},
		},
	}
}

func render(t *testing.T, format listing.Format, width int, calls []*call.Call) string {
	t.Helper()
	var out bytes.Buffer
	p, err := listing.New(format, &out, width)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range calls {
		if err := p.Print(c); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestEachFormatLooksAsItDid(t *testing.T) {
	for _, test := range []struct {
		golden string
		format listing.Format
		width  int
	}{
		{"table-80.txt", listing.Table, 80},
		{"table-no-screen.txt", listing.Table, 0},
		{"calls.csv", listing.CSV, 0},
		{"calls.jsonl", listing.JSONL, 0},
	} {
		t.Run(test.golden, func(t *testing.T) {
			got := render(t, test.format, test.width, samples())
			path := filepath.Join("testdata", test.golden)
			if *update {
				if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestJSONLHasOneCallALine(t *testing.T) {
	lines := strings.Split(strings.TrimSuffix(render(t, listing.JSONL, 0, samples()), "\n"), "\n")
	if len(lines) != len(samples()) {
		t.Fatalf("%d lines for %d calls", len(lines), len(samples()))
	}
	for i, line := range lines {
		var c struct{ ID string }
		if err := json.Unmarshal([]byte(line), &c); err != nil {
			t.Fatal(err)
		}
		if c.ID != samples()[i].ID {
			t.Errorf("line %d is call %s, want %s", i, c.ID, samples()[i].ID)
		}
	}
}

func TestNoCalledNameReachesATerminalOrASpreadsheetAsACommand(t *testing.T) {
	for _, width := range []int{0, 60, 80, 200} {
		if table := render(t, listing.Table, width, samples()); strings.ContainsRune(table, 0x1b) {
			t.Errorf("an escape character is in the table %d columns wide", width)
		}
	}
	records, err := csv.NewReader(strings.NewReader(render(t, listing.CSV, 0, samples()))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if got := records[1][4]; !strings.HasPrefix(got, "'=") {
		t.Errorf("from_name is %q, a formula", got)
	}
	if got := records[1][3]; got != "+79161234567" {
		t.Errorf("from_number is %q, want the number as it is", got)
	}
}

func TestWithoutCallsTheHeaderStands(t *testing.T) {
	if got := render(t, listing.CSV, 0, nil); !strings.HasPrefix(got, "id,pbx,direction,") || strings.Count(got, "\n") != 1 {
		t.Errorf("CSV without calls is %q", got)
	}
	if got := render(t, listing.Table, 80, nil); !strings.HasPrefix(got, "STARTED ") || strings.Count(got, "\n") != 1 {
		t.Errorf("a table without calls is %q", got)
	}
	if got := render(t, listing.JSONL, 0, nil); got != "" {
		t.Errorf("JSONL without calls is %q", got)
	}
}

func TestAFailureToWriteIsReturned(t *testing.T) {
	for _, format := range listing.Formats() {
		p, err := listing.New(format, brokenPipe{}, 80)
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Print(samples()[0]); !errors.Is(err, os.ErrClosed) {
			t.Errorf("%s: Print returned %v", format, err)
		}
	}
	if _, err := listing.New("xml", brokenPipe{}, 80); err == nil {
		t.Error("there is a format xml")
	}
}

type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) { return 0, os.ErrClosed }
