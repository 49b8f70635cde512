package period_test

import (
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"

	"ringback/internal/period"
)

// zones have among them every oddity: no changes, changes at midnight, by
// half an hour, by a day, of standard time, under way between years.
var zones = []string{
	"UTC", "Europe/Moscow", "Europe/Berlin", "America/New_York", "America/Sao_Paulo", "America/St_Johns",
	"America/Havana", "Asia/Beirut", "Africa/Cairo", "Asia/Damascus", "Asia/Tehran", "Asia/Kathmandu", "Asia/Amman",
	"Pacific/Apia", "Pacific/Kwajalein", "Pacific/Kiritimati", "Pacific/Chatham", "Australia/Lord_Howe",
	"Africa/Casablanca", "Africa/Monrovia", "Antarctica/Troll", "Antarctica/Casey", "America/Scoresbysund", "Asia/Pyongyang",
}

var (
	// beginning leaves room for the days that tests go back.
	beginning = time.Date(1971, 1, 1, 0, 0, 0, 0, time.UTC).Unix()
	ending    = time.Date(2060, 1, 1, 0, 0, 0, 0, time.UTC).Unix()
)

func drawZone(t *rapid.T) *time.Location {
	name := rapid.SampledFrom(zones).Draw(t, "zone")
	loc, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

// drawTime favours times near a change of the zone's clocks.
func drawTime(t *rapid.T, loc *time.Location) time.Time {
	at := time.Unix(rapid.Int64Range(beginning, ending).Draw(t, "seconds"), rapid.Int64Range(0, 999_999).Draw(t, "micros")*1000).In(loc)
	if _, change := at.ZoneBounds(); !change.IsZero() && rapid.Bool().Draw(t, "near a change") {
		near := change.Add(time.Duration(rapid.Int64Range(-30*3600, 30*3600).Draw(t, "distance")) * time.Second)
		if near.Unix() < ending {
			return near.In(loc)
		}
	}
	return at
}

func start(t *rapid.T, value string, loc *time.Location, now time.Time) time.Time {
	p, err := period.Parse(&value, nil, loc, now)
	if err != nil {
		t.Fatalf("%q: %v", value, err)
	}
	return p.Start
}

func TestAMomentWrittenWithOffsetOrAsUnixTimeComesBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		loc := drawZone(t)
		at := drawTime(t, loc)
		now := at.Add(time.Hour)
		texts := []string{at.UTC().Format(time.RFC3339Nano)}
		elsewhere := at.In(drawZone(t))
		if _, offset := elsewhere.Zone(); offset%60 == 0 { // RFC 3339 knows no seconds in an offset
			texts = append(texts, elsewhere.Format(time.RFC3339Nano))
		}
		for _, text := range texts {
			if got := start(t, text, loc, now); !got.Equal(at) {
				t.Fatalf("%s: got %s, want %s", text, got, at)
			}
		}
		if at.Unix() >= 100_000_000 {
			text := strconv.FormatInt(at.Unix(), 10) + at.Format(".000000")
			if got := start(t, text, loc, now); !got.Equal(at) {
				t.Fatalf("%s: got %s, want %s", text, got, at)
			}
		}
	})
}

func TestAWallClockTimeIsFoundWhereverClocksShowIt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		loc := drawZone(t)
		at := drawTime(t, loc)
		now := at.Add(100 * time.Hour)
		text := at.Format("2006-01-02 15:04:05.000000")
		first := start(t, text, loc, now)
		long := "1970-06-01"
		p, err := period.Parse(&long, &text, loc, now)
		if err != nil {
			t.Fatal(err)
		}
		for _, got := range []time.Time{first, p.End} {
			if got.Format("2006-01-02 15:04:05.000000") != text {
				t.Fatalf("%s: clocks show %s", text, got)
			}
		}
		if first.After(at) || p.End.Before(at) {
			t.Fatalf("%s: %s is not within %s and %s", text, at, first, p.End)
		}
	})
}

func TestWallClockTimesKeepTheirOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		loc := drawZone(t)
		early := drawTime(t, time.UTC)
		late := early.Add(time.Duration(rapid.Int64Range(24*3600, 1000*3600).Draw(t, "later")) * time.Second)
		now := late.Add(100 * time.Hour)
		if a, b := start(t, early.Format(time.DateTime), loc, now), start(t, late.Format(time.DateTime), loc, now); a.After(b) {
			t.Fatalf("%s is %s, %s is %s", early.Format(time.DateTime), a, late.Format(time.DateTime), b)
		}
	})
}

func TestDaysTileTheTimeLine(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		loc := drawZone(t)
		now := drawTime(t, loc)
		ago := rapid.IntRange(0, 200).Draw(t, "days ago")
		first := start(t, "-"+strconv.Itoa(ago+1), loc, now)
		next := start(t, "-"+strconv.Itoa(ago), loc, now)
		if next.Before(first) {
			t.Fatalf("day -%d begins at %s, after -%d at %s", ago+1, first, ago, next)
		}
		year, month, day := now.Date()
		date := time.Date(year, month, day-ago, 0, 0, 0, 0, time.UTC).Format(time.DateOnly)
		if got := start(t, date, loc, now); !got.Equal(next) {
			t.Fatalf("-%d is %s, but %s is %s", ago, next, date, got)
		}
		if got := next.Format(time.DateOnly); got < date {
			t.Fatalf("the first instant of %s shows %s", date, got)
		}
		if got := next.Add(-time.Nanosecond).Format(time.DateOnly); got >= date {
			t.Fatalf("an instant before that of %s shows %s already", date, got)
		}
	})
}

func TestTodayHoldsThePresent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		loc := drawZone(t)
		now := drawTime(t, loc)
		today := start(t, "-0", loc, now)
		if today.After(now) || now.Sub(today) > 50*time.Hour {
			t.Fatalf("today began at %s, and it is %s", today, now)
		}
	})
}
