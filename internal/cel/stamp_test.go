package cel_test

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"ringback/internal/cel"
)

func TestEveryFormOfTimeIsRead(t *testing.T) {
	wall := time.Date(2026, 11, 23, 5, 10, 47, 0, time.UTC).Unix()
	for text, want := range map[string]cel.Stamp{
		"2026-11-23 05:10:47":              {Sec: wall},
		"2026/11/23 05:10:47":              {Sec: wall},
		"2026-11-23T05:10:47":              {Sec: wall},
		"2026-11-23 05:10:47.831887":       {Sec: wall, Micro: 831887, Fraction: true},
		"2026-11-23 05:10:47,8":            {Sec: wall, Micro: 800000, Fraction: true},
		"2026-11-23 05:10:47.000000":       {Sec: wall, Fraction: true},
		"2026-11-23 05:10:47.8318879":      {Sec: wall, Micro: 831887, Fraction: true},
		"2026-11-23 05:10:47Z":             {Sec: wall, Zoned: true},
		"2026-11-23 05:10:47+03":           {Sec: wall - 10800, Zoned: true},
		"2026-11-23T05:10:47.5+0300":       {Sec: wall - 10800, Micro: 500000, Zoned: true, Fraction: true},
		"2026-11-23 05:10:47.5 -03:30":     {Sec: wall + 12600, Micro: 500000, Zoned: true, Fraction: true},
		"2026-11-23 05:10:47 +0000":        {Sec: wall, Zoned: true},
		"2026-11-23 05:10:47+02:30:17":     {Sec: wall - 9017, Zoned: true},
		"1795410647":                       {Sec: wall, Zoned: true},
		"1795410647.831887":                {Sec: wall, Micro: 831887, Zoned: true, Fraction: true},
		"1795410647.831887123456789012345": {Sec: wall, Micro: 831887, Zoned: true, Fraction: true},
		"2024-02-29 23:59:60":              {Sec: time.Date(2024, 3, 1, 0, 0, 0, 0, time.UTC).Unix()},
	} {
		got, err := cel.ParseStamp(text)
		if err != nil || got != want {
			t.Errorf("%q is read as %+v, error %v, want %+v", text, got, err, want)
		}
		if again, err := cel.ParseStamp([]byte(text)); again != got || err != nil {
			t.Errorf("bytes of %q are read as %+v, error %v", text, again, err)
		}
	}
}

func TestWhatIsNoTimeIsRefused(t *testing.T) {
	for _, text := range []string{
		"", "x", "0000-00-00 00:00:00", "2026-13-01 00:00:00", "2026-02-29 00:00:00", "2026-01-01 24:00:00", "2026-01-01 00:60:00", "2026-01-01",
		"2026-01-01 00:00", "23.11.2026 05:10:47", "2026-01-01 00:00:00.", "2026-01-01 00:00:00 ", "2026-01-01 00:00:00+", "2026-01-01 00:00:00+1",
		"2026-01-01 00:00:00+03:0", "2026-01-01 00:00:00+99", "2026-01-01 00:00:00x", "2026/01-01 00:00:00", "17954.", "-5", "123456789012",
		"2026-01-01_00:00:00", "2026-01-01 00.00.00",
	} {
		if got, err := cel.ParseStamp(text); err == nil {
			t.Errorf("%q is read as %+v", text, got)
		}
	}
}

func TestStampsAgreeWithPackageTime(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		at := time.UnixMicro(rapid.Int64Range(0, 4_102_444_800_000_000).Draw(t, "at")).UTC()
		s, err := cel.ParseStamp(at.Format("2006-01-02 15:04:05.000000"))
		if err != nil || s.Sec != at.Unix() || int(s.Micro) != at.Nanosecond()/1000 {
			t.Fatalf("%v is read as %+v, error %v", at, s, err)
		}
		zone := time.FixedZone("", 60*rapid.IntRange(-720, 840).Draw(t, "offset"))
		for _, form := range []string{time.RFC3339, "2006-01-02 15:04:05 -0700", "2006/01/02 15:04:05-07:00"} {
			s, err := cel.ParseStamp(at.In(zone).Format(form))
			if err != nil || s.Sec != at.Unix() || !s.Zoned {
				t.Fatalf("%v as %s is read as %+v, error %v", at, form, s, err)
			}
		}
		s, err = cel.ParseStamp(fmt.Sprintf("%d.%06d", at.Unix(), at.Nanosecond()/1000))
		if err != nil || s.Sec != at.Unix() || int(s.Micro) != at.Nanosecond()/1000 {
			t.Fatalf("the epoch of %v is read as %+v, error %v", at, s, err)
		}
	})
}

func TestReadingTimesTakesNoMemory(t *testing.T) {
	text := []byte("2026-11-23 05:10:47.831887")
	clock := cel.NewClock(berlin(t))
	if n := testing.AllocsPerRun(100, func() {
		s, err := cel.ParseStamp(text)
		if err != nil {
			t.Fatal(err)
		}
		clock.Micros(s, "1795410647.5")
	}); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzParseStamp(f *testing.F) {
	for _, s := range []string{"2026-11-23 05:10:47.831887", "2026-11-23T05:10:47+03:00", "1795410647.831887", "2026-11-23 05:10:47 Z", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		a, errA := cel.ParseStamp(text)
		b, errB := cel.ParseStamp([]byte(text))
		if a != b || (errA == nil) != (errB == nil) {
			t.Errorf("text gives %+v %v, its bytes %+v %v", a, errA, b, errB)
		}
		if a.Micro < 0 || a.Micro > 999_999 {
			t.Errorf("%d microseconds", a.Micro)
		}
		cel.NewClock(time.UTC).Micros(a, text)
	})
}
