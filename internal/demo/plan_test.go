package demo

import (
	"math/rand/v2"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func readTakes(t testing.TB) []*take {
	t.Helper()
	all, err := takes()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestAllCallsAreOverAndTodayAndEachOfSevenDaysHasSome(t *testing.T) {
	all := readTakes(t)
	var zones []*time.Location
	// Two with clock changes, one of them at midnight, and one far from UTC.
	for _, name := range []string{"UTC", "Europe/Berlin", "America/Havana", "Pacific/Kiritimati"} {
		zone, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		zones = append(zones, zone)
	}
	rapid.Check(t, func(t *rapid.T) {
		zone := rapid.SampledFrom(zones).Draw(t, "zone")
		now := time.Unix(rapid.Int64Range(1_700_000_000, 1_900_000_000).Draw(t, "now"), rapid.Int64Range(0, 999_999_999).Draw(t, "nanosecond")).In(zone)
		if rapid.Bool().Draw(t, "just after midnight") {
			now = time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, now.Nanosecond(), zone)
		}
		has := map[string]bool{}
		for _, s := range plan(all, now, rand.New(rand.NewPCG(1, 2))) {
			end := s.start.Add(s.take.length())
			if end.After(now) {
				t.Fatalf("%s ends at %s, after %s", s.take.name, end, now)
			}
			has[end.Format(time.DateOnly)] = true
		}
		for back := range days + 1 {
			day := time.Date(now.Year(), now.Month(), now.Day()-back, 12, 0, 0, 0, zone).Format(time.DateOnly)
			if !has[day] {
				t.Errorf("no call on %s, %d days before %s", day, back, now)
			}
		}
	})
}

func TestCallsOfPastDaysLieInOfficeHours(t *testing.T) {
	now := time.Date(2026, 11, 25, 15, 30, 0, 0, time.UTC)
	counts := map[string]int{}
	for _, s := range plan(readTakes(t), now, rand.New(rand.NewPCG(1, 2))) {
		end := s.start.Add(s.take.length())
		if s.start.Hour() < opens-1 || end.Hour() >= closes {
			t.Errorf("%s from %s to %s", s.take.name, s.start, end)
		}
		counts[s.start.Weekday().String()]++
	}
	if counts["Sunday"] >= counts["Monday"]/2 {
		t.Errorf("%d calls on Sunday, %d on Monday", counts["Sunday"], counts["Monday"])
	}
}
