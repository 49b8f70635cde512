package period_test

import (
	"strings"
	"testing"

	"ringback/internal/period"
)

func TestRefusalsSayWhatCameAndWhatWouldBeRight(t *testing.T) {
	const given = "such as -7 (seven days ago), 2021-05-25 10:30:00 or 1622138519 (UNIX time)"
	for _, c := range []struct{ value, want string }{
		{"", "the value is empty; give a time, " + given},
		{"   ", "the value is empty; give a time, " + given},
		{"0", `"0" is too small for a UNIX time; did you mean -0 (today)?`},
		{"00", `"00" is too small for a UNIX time; did you mean -0 (today)?`},
		{"1", `"1" is too small for a UNIX time; did you mean -1 (yesterday)?`},
		{"7", `"7" is too small for a UNIX time; did you mean -7 (7 days ago)?`},
		{"007", `"007" is too small for a UNIX time; did you mean -7 (7 days ago)?`},
		{"7.5", `"7.5" is too small for a UNIX time; did you mean -7 (7 days ago)?`},
		{"99999999", `"99999999" is too small for a UNIX time; UNIX times begin at 100000000, and days ago have a minus, such as -7`},
		{"20210525", `"20210525" is too small for a UNIX time; did you mean 2021-05-25?`},
		{"20210525103000", `"20210525103000" is too big for a UNIX time in seconds; did you mean 2021-05-25 10:30:00?`},
		{"1622138519000", `"1622138519000" is too big for a UNIX time in seconds; it looks like milliseconds: did you mean 1622138519?`},
		{"1622138519000000", `"1622138519000000" is too big for a UNIX time in seconds; it looks like microseconds: did you mean 1622138519?`},
		{"99999999999999999999999", `"99999999999999999999999" is too big for a UNIX time in seconds; give a time, ` + given},
		{"999999999999", `"999999999999" lies outside the years 1970 to 9999; give a time within them, ` + given},
		{"1622138519.", `"1622138519." ends in a point; did you mean 1622138519?`},
		{"-2.5", `"-2.5" is no whole number of days; did you mean -2?`},
		{"+7", `"+7" has a plus; UNIX times have no sign, and days ago have a minus: did you mean -7?`},
		{"–7", `"–7" has no proper minus; did you mean -7?`},
		{"−7", `"−7" has no proper minus; did you mean -7?`},
		{"--7", `"--7" has no proper minus; did you mean -7?`},
		{"-99999999999999999999", `"-99999999999999999999" is too many days ago; give a start within the years 1970 to 9999, ` + given},
		{"-900000", `"-900000" lies outside the years 1970 to 9999; give a time within them, ` + given},
		{"-", `"-" is no time; give one ` + given},
		{"yesterday", `"yesterday" is no time; give one ` + given},
		{"25.05.2021", `"25.05.2021" is no time; give one ` + given},
		{"2021/05/25", `"2021/05/25" is no time; give one ` + given},
		{"2021-5-25", `"2021-5-25" is no time; give one ` + given},
		{"1e9", `"1e9" is no time; give one ` + given},
		{"NaN", `"NaN" is no time; give one ` + given},
		{"٢٠٢١-٠٥-٢٥", `"٢٠٢١-٠٥-٢٥" is no time; give one ` + given},
		{"2021-05-25x", `"2021-05-25x" is no time; give one ` + given},
		{"2021-05-25Z", `"2021-05-25Z" is no time; give one ` + given},
		{"2021-13-01", `"2021-13-01" has the month 13; give a date as year-month-day, such as 2021-05-25`},
		{"2021-00-01", `"2021-00-01" has the month 00; give a date as year-month-day, such as 2021-05-25`},
		{"2021-02-29", `"2021-02-29" has the day 29, which February 2021 has not; give a date of the calendar`},
		{"2021-05-00", `"2021-05-00" has the day 00, which May 2021 has not; give a date of the calendar`},
		{"1969-12-31", `"1969-12-31" lies outside the years 1970 to 9999; give a time within them, ` + given},
		{"0000-01-01", `"0000-01-01" lies outside the years 1970 to 9999; give a time within them, ` + given},
		{"2021-05-25 24:00", `"2021-05-25 24:00" has the hour 24; the end of a day is the next day's 00:00`},
		{"2021-05-25 25:00", `"2021-05-25 25:00" has the hour 25; hours go from 00 to 23`},
		{"2021-05-25 24:01", `"2021-05-25 24:01" has the hour 24; hours go from 00 to 23`},
		{"2021-05-25 10:60", `"2021-05-25 10:60" has the minute 60; minutes go from 00 to 59`},
		{"2021-05-25 10:30:60", `"2021-05-25 10:30:60" has the second 60; seconds go from 00 to 59`},
		{"2021-05-25 10", `"2021-05-25 10" has "10" where a time of day should be; give it as hh:mm or hh:mm:ss`},
		{"2021-05-25 9:30", `"2021-05-25 9:30" has "9:30" where a time of day should be; give it as hh:mm or hh:mm:ss`},
		{"2021-05-25T", `"2021-05-25T" has "" where a time of day should be; give it as hh:mm or hh:mm:ss`},
		{"2021-05-25 10:30:", `"2021-05-25 10:30:" has "" where seconds should be; give two digits`},
		{"2021-05-25 10:30:5", `"2021-05-25 10:30:5" has "5" where seconds should be; give two digits`},
		{"2021-05-25 10:30:00.", `"2021-05-25 10:30:00." has a point without a fraction of a second behind it; leave the point out`},
		{"2021-05-25 10:30:00 MSK", `"2021-05-25 10:30:00 MSK" ends in " MSK", which is no offset; give it as +03:00 (in a URL %2B03:00) or Z, or leave it out`},
		{"2021-05-25 10:30:00+24:00", `"2021-05-25 10:30:00+24:00" ends in "+24:00", which is no offset; give it as +03:00 (in a URL %2B03:00) or Z, or leave it out`},
		{"2021-05-25 10:30:0003:00", `"2021-05-25 10:30:0003:00" ends in "03:00", which is no offset; give it as +03:00 (in a URL %2B03:00) or Z, or leave it out`},
		{"a\x1b[31m\x00", `"a\x1b[31m\x00" is no time; give one ` + given},
		{"2030-01-01", `"2030-01-01" lies in the future (2030-01-01T00:00:00+03:00, and now it is 2026-11-24T12:00:00+03:00); a period starts in the past, ` + given},
	} {
		t.Run(c.value, func(t *testing.T) {
			_, err := period.Parse(&c.value, nil, zone(t, "Europe/Moscow"), instant(t, noon))
			faults := period.Errors(err)
			if len(faults) != 1 {
				t.Fatalf("got %v", err)
			}
			got := faults[0]
			if got.Parameter != "start_date" || got.Value != c.value || got.Message != c.want {
				t.Errorf("got %s, %q:\n%s\nwant\n%s", got.Parameter, got.Value, got.Message, c.want)
			}
			if err.Error() != "start_date: "+c.want {
				t.Errorf("got %q", err)
			}
		})
	}
}

func TestPeriodsThatCannotBeAreRefused(t *testing.T) {
	value := func(s string) *string { return &s }
	for _, c := range []struct {
		about      string
		start, end *string
		parameter  string
		want       string
	}{
		{"neither", nil, nil, "start_date", "no period was given"},
		{"an end alone", nil, value("-1"), "end_date", `"-1" is an end without a start; give the start`},
		{"an end at its start", value("-1"), value("-1"), "end_date", `"-1" (2026-11-23T00:00:00+03:00) is not after the start (2026-11-23T00:00:00+03:00)`},
		{"an end before its start", value("-1"), value("-2"), "end_date", "is not after the start"},
		{"an empty end", value("-1"), value(""), "end_date", "the value is empty"},
		{"an end that is days ago without minus", value("-7"), value("1"), "end_date", "did you mean -1 (yesterday)?"},
		{"a future start, whatever the end", value("2030-01-01"), value("2031-01-01"), "start_date", "lies in the future"},
	} {
		t.Run(c.about, func(t *testing.T) {
			_, err := period.Parse(c.start, c.end, zone(t, "Europe/Moscow"), instant(t, noon))
			faults := period.Errors(err)
			if len(faults) != 1 || faults[0].Parameter != c.parameter || !strings.Contains(faults[0].Message, c.want) {
				t.Errorf("got %v", err)
			}
		})
	}
}
