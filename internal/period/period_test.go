package period_test

import (
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"ringback/internal/period"
)

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

func instant(t testing.TB, text string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// noon is the present of the tests that do not care which it is.
const noon = "2026-11-24T12:00:00+03:00"

func TestEveryFormMeansItsInstant(t *testing.T) {
	for _, c := range []struct{ value, want string }{
		{"2021-05-25 10:30:00", "2021-05-25T10:30:00+03:00"},
		{"2021-05-25T10:30:00", "2021-05-25T10:30:00+03:00"},
		{"2021-05-25t10:30:00", "2021-05-25T10:30:00+03:00"},
		{"2021-05-25 10:30:00.25", "2021-05-25T10:30:00.25+03:00"},
		{"2021-05-25 10:30:00.000001", "2021-05-25T10:30:00.000001+03:00"},
		{"2021-05-25 10:30:00.1234567899", "2021-05-25T10:30:00.123456789+03:00"},
		{"2021-05-25 10:30", "2021-05-25T10:30:00+03:00"},
		{"2021-05-25T10:30", "2021-05-25T10:30:00+03:00"},
		{"2021-05-25", "2021-05-25T00:00:00+03:00"},
		{" 2021-05-25 ", "2021-05-25T00:00:00+03:00"},
		{"2021-05-25T10:30:00Z", "2021-05-25T10:30:00Z"},
		{"2021-05-25T10:30:00z", "2021-05-25T10:30:00Z"},
		{"2021-05-25T10:30Z", "2021-05-25T10:30:00Z"},
		{"2021-05-25T10:30:00+05:30", "2021-05-25T10:30:00+05:30"},
		{"2021-05-25 10:30:00 +05:30", "2021-05-25T10:30:00+05:30"},
		{"2021-05-25T10:30:00-09:00", "2021-05-25T10:30:00-09:00"},
		{"2021-05-25T10:30:00.5-09:00", "2021-05-25T10:30:00.5-09:00"},
		{"2021-05-25T10:30:00 05:00", "2021-05-25T10:30:00+05:00"},
		{"2021-05-25 10:30:00 05:00", "2021-05-25T10:30:00+05:00"},
		{"2021-05-25 10:30 05:00", "2021-05-25T10:30:00+05:00"},
		{"2021-05-25T10:30:00+0530", "2021-05-25T10:30:00+05:30"},
		{"2021-05-25T10:30:00+05", "2021-05-25T10:30:00+05:00"},
		{"2024-02-29", "2024-02-29T00:00:00+03:00"},
		{"1622138519", "2021-05-27T18:01:59Z"},
		{"1622138519.25", "2021-05-27T18:01:59.25Z"},
		{"1622138519.000001", "2021-05-27T18:01:59.000001Z"},
		{"1622138519.1234567899", "2021-05-27T18:01:59.123456789Z"},
		{"100000000", "1973-03-03T09:46:40Z"},
		{" 1622138519", "2021-05-27T18:01:59Z"}, // a plus that a query's decoding took away
		{"-0", "2026-11-24T00:00:00+03:00"},
		{"-00", "2026-11-24T00:00:00+03:00"},
		{"-1", "2026-11-23T00:00:00+03:00"},
		{"-7", "2026-11-17T00:00:00+03:00"},
		{"-07", "2026-11-17T00:00:00+03:00"},
		{"-24", "2026-10-31T00:00:00+03:00"},
		{"-20000", "1972-02-21T00:00:00+03:00"},
	} {
		t.Run(c.value, func(t *testing.T) {
			moscow := zone(t, "Europe/Moscow")
			p, err := period.Parse(&c.value, nil, moscow, instant(t, noon))
			if err != nil {
				t.Fatal(err)
			}
			if want := instant(t, c.want); !p.Start.Equal(want) {
				t.Errorf("got %s, want %s", p.Start, want)
			}
			if p.Start.Location() != moscow {
				t.Errorf("got the zone %s, want that of the PBX", p.Start.Location())
			}
			if !p.End.IsZero() {
				t.Errorf("got the end %s, want an open one", p.End)
			}
		})
	}
}

func TestAnEndMayHaveAnyForm(t *testing.T) {
	start := "-7"
	for _, c := range []struct{ value, want string }{
		{"-0", "2026-11-24T00:00:00+03:00"},
		{"-6", "2026-11-18T00:00:00+03:00"},
		{"2026-11-20", "2026-11-20T00:00:00+03:00"},
		{"2026-11-20T12:00:00Z", "2026-11-20T12:00:00Z"},
		{"2030-01-01", "2030-01-01T00:00:00+03:00"}, // in the future: nothing is lost
		{"1795000000", "2026-11-18T11:06:40Z"},
	} {
		t.Run(c.value, func(t *testing.T) {
			p, err := period.Parse(&start, &c.value, zone(t, "Europe/Moscow"), instant(t, noon))
			if err != nil {
				t.Fatal(err)
			}
			if want := instant(t, c.want); !p.End.Equal(want) {
				t.Errorf("got %s, want %s", p.End, want)
			}
		})
	}
}

func TestAStartAtThisVeryMomentIsNotInTheFuture(t *testing.T) {
	start := "-0"
	midnight := instant(t, "2026-11-24T00:00:00Z")
	p, err := period.Parse(&start, nil, time.UTC, midnight)
	if err != nil || !p.Start.Equal(midnight) {
		t.Errorf("got %v, %v", p, err)
	}
}

func TestBothFaultsOfAPeriodAreReported(t *testing.T) {
	start, end := "7", "yesterday"
	_, err := period.Parse(&start, &end, time.UTC, instant(t, noon))
	faults := period.Errors(err)
	if len(faults) != 2 || faults[0].Parameter != "start_date" || faults[1].Parameter != "end_date" {
		t.Errorf("got %v", faults)
	}
	if period.Errors(nil) != nil {
		t.Error("no error has faults")
	}
}

func TestALongValueIsCutWithinNoCharacter(t *testing.T) {
	start := strings.Repeat("я", 500)
	_, err := period.Parse(&start, nil, time.UTC, instant(t, noon))
	got := period.Errors(err)[0]
	if want := strings.Repeat("я", 32) + "…"; got.Value != want || len(got.Message) > 300 {
		t.Errorf("got %q, %q", got.Value, got.Message)
	}
	start = "x" + start
	_, err = period.Parse(&start, nil, time.UTC, instant(t, noon))
	if got, want := period.Errors(err)[0].Value, "x"+strings.Repeat("я", 31)+"…"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
