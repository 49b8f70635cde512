package cel_test

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"ringback/internal/cel"
)

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

func berlin(t testing.TB) *time.Location { t.Helper(); return zone(t, "Europe/Berlin") }

// wall reads a wall-clock time.
func wall(t testing.TB, c *cel.Clock, text, uniqueid string) string {
	t.Helper()
	s, err := cel.ParseStamp(text)
	if err != nil {
		t.Fatal(err)
	}
	return time.UnixMicro(c.Micros(s, uniqueid)).UTC().Format("2006-01-02 15:04:05")
}

func TestASkippedTimeHasTheOffsetBeforeTheGap(t *testing.T) {
	c := cel.NewClock(berlin(t))
	for text, want := range map[string]string{
		"2026-03-29 01:59:59": "2026-03-29 00:59:59",
		"2026-03-29 02:30:00": "2026-03-29 01:30:00",
		"2026-03-29 03:00:00": "2026-03-29 01:00:00",
	} {
		if got := wall(t, c, text, ""); got != want {
			t.Errorf("%s in Berlin is %s, want %s", text, got, want)
		}
	}
}

func TestAnHourThatHappensTwiceIsToldByTheUniqueID(t *testing.T) {
	loc := berlin(t)
	second := time.Date(2026, 10, 25, 1, 30, 0, 0, time.UTC)
	for _, c := range []struct{ about, uniqueid, want string }{
		{"made in the second turn", fmt.Sprintf("%d.7", second.Unix()-60), "2026-10-25 01:30:00"},
		{"with a system name", fmt.Sprintf("pbx-2-%d.7", second.Unix()-60), "2026-10-25 01:30:00"},
		{"made in the first turn", fmt.Sprintf("%d.7", second.Unix()-3660), "2026-10-25 00:30:00"},
		{"made in this very second", fmt.Sprintf("%d.7", second.Unix()-3600), "2026-10-25 00:30:00"},
		{"unknown", "x", "2026-10-25 00:30:00"},
	} {
		if got := wall(t, cel.NewClock(loc), "2026-10-25 02:30:00", c.uniqueid); got != c.want {
			t.Errorf("%s: %s, want %s", c.about, got, c.want)
		}
	}
}

func TestAnHourThatHappensTwiceIsToldByTheOrderOfWriting(t *testing.T) {
	c := cel.NewClock(berlin(t))
	wall(t, c, "2026-10-25 02:59:00", "")
	if got := wall(t, c, "2026-10-25 02:01:00", ""); got != "2026-10-25 01:01:00" {
		t.Errorf("after 02:59, 02:01 is %s", got)
	}
	c.Forget()
	if got := wall(t, c, "2026-10-25 02:01:00", ""); got != "2026-10-25 00:01:00" {
		t.Errorf("without a record before it, 02:01 is %s", got)
	}
	wall(t, c, "2026-10-25 02:40:30", "")
	if got := wall(t, c, "2026-10-25 02:40:00", ""); got != "2026-10-25 00:40:00" {
		t.Errorf("a late record, 02:40, is %s", got)
	}
}

func TestWallClocksAgreeWithPackageTime(t *testing.T) {
	for _, name := range []string{"Europe/Berlin", "Europe/Moscow", "America/St_Johns", "Australia/Lord_Howe", "Pacific/Apia", "Africa/Casablanca", "UTC"} {
		loc := zone(t, name)
		c := cel.NewClock(loc)
		rapid.Check(t, func(t *rapid.T) {
			at := time.Unix(rapid.Int64Range(946_684_800, 2_208_988_800).Draw(t, "at"), 0).In(loc)
			s, err := cel.ParseStamp(at.Format("2006-01-02 15:04:05"))
			if err != nil {
				t.Fatal(err)
			}
			// The channel was made then: that tells the two turns apart.
			got := c.Micros(s, fmt.Sprintf("%d.1", at.Unix()))
			c.Forget()
			if got != at.UnixMicro() {
				t.Fatalf("%v in %s is read as %v", at, name, time.UnixMicro(got).In(loc))
			}
		})
	}
}

func TestSetBackKnowsWhereClocksGoBack(t *testing.T) {
	loc := berlin(t)
	for at, want := range map[string]int64{
		"2026-10-25T01:00:00Z": 3600, "2026-10-24T20:00:00Z": 3600, "2026-10-26T00:30:00Z": 3600,
		"2026-10-23T00:00:00Z": 0, "2026-10-27T03:00:00Z": 0, "2026-03-29T01:00:00Z": 0,
	} {
		instant, err := time.Parse(time.RFC3339, at)
		if err != nil {
			t.Fatal(err)
		}
		if got := cel.SetBack(loc, instant.Unix()); got != want {
			t.Errorf("at %s the clock goes back %d seconds, want %d", at, got, want)
		}
	}
}

func TestEpochOfAUniqueID(t *testing.T) {
	for id, want := range map[string]int64{
		"1795410647.143": 1795410647, "mikopbx-1655123456.1": 1655123456, "a.b-1655123456.1": 1655123456,
		"": 0, "1434": 0, ".1": 0, "12345678.1": 0, "x": 0, "999999999999.1": 0,
	} {
		if got, ok := cel.Epoch(id); got != want || ok != (want != 0) {
			t.Errorf("the epoch of %q is %d, %v, want %d", id, got, ok, want)
		}
	}
}

func TestATimeThatCannotBeReadIsGuessed(t *testing.T) {
	c := cel.NewClock(time.UTC)
	if got := c.Guess("x"); got != 0 {
		t.Errorf("with nothing to go by: %d", got)
	}
	if got := c.Guess("1795410647.1"); got != 1795410647_000000 {
		t.Errorf("by the uniqueid: %d", got)
	}
	c.Micros(cel.Stamp{Sec: 1795410650, Zoned: true}, "")
	if got := c.Guess("1795410647.1"); got != 1795410650_000000 {
		t.Errorf("by the record before: %d", got)
	}
}
