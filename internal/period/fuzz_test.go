package period_test

import (
	"errors"
	"testing"
	"time"

	"ringback/internal/period"
)

func FuzzParse(f *testing.F) {
	for _, seed := range []struct {
		start, end string
		endGiven   bool
	}{
		{"2021-05-25 10:30:00", "2021-05-25 22:00:00", true},
		{"2021-05-25T10:30:00 03:00", "-1", true},
		{"1622138519.000001", "", false},
		{"-2", "-1", true},
		{"-0", "", false},
		{"2018-11-04", "2018-11-04 00:30", true},
		{"7", "0", true},
		{"2021-05-25T10:30:00.5+05:30", "9999-12-31T23:59:59Z", true},
		{"−7", "20210525", true},
	} {
		for zone := range zones {
			f.Add(seed.start, seed.end, seed.endGiven, uint8(zone), int64(1_795_000_000))
		}
	}
	f.Fuzz(func(t *testing.T, from, until string, endGiven bool, where uint8, unix int64) {
		loc := zone(t, zones[int(where)%len(zones)])
		now := time.Unix(unix%253_000_000_000, 0)
		end := &until
		if !endGiven {
			end = nil
		}
		p, err := period.Parse(&from, end, loc, now)
		if err != nil {
			refusedWell(t, err)
			return
		}
		if p.Start.After(now) || endGiven && !p.End.After(p.Start) || !endGiven && !p.End.IsZero() {
			t.Fatalf("got %v at %s", p, now)
		}
		readsBack(t, p, loc, now)
	})
}

func refusedWell(t *testing.T, err error) {
	faults := period.Errors(err)
	if len(faults) == 0 {
		t.Fatalf("got %#v", err)
	}
	for _, fault := range faults {
		if !errors.Is(err, fault) || fault.Parameter == "" || fault.Message == "" || len(fault.Value) > 70 {
			t.Fatalf("got %#v", fault)
		}
	}
}

// readsBack writes the period with its offset and reads it again.
func readsBack(t *testing.T, p period.Period, loc *time.Location, now time.Time) {
	from := p.Start.UTC().Format(time.RFC3339Nano)
	var end *string
	if !p.End.IsZero() {
		until := p.End.UTC().Format(time.RFC3339Nano)
		end = &until
	}
	if p.Start.UTC().Year() < 1970 || p.End.UTC().Year() > 9999 {
		return // such a year shows only in a zone beside Greenwich
	}
	again, err := period.Parse(&from, end, loc, now)
	if err != nil || !again.Start.Equal(p.Start) || !again.End.Equal(p.End) {
		t.Fatalf("%v reads back as %v, %v", p, again, err)
	}
}
