package period_test

import (
	"testing"

	"ringback/internal/period"
)

func TestDaysBeginWhereTheCalendarSaysSo(t *testing.T) {
	for _, c := range []struct{ about, zone, now, value, want string }{
		{"midnight is skipped", "America/Sao_Paulo", "2018-11-10T12:00:00-02:00", "2018-11-04", "2018-11-04T03:00:00Z"},
		{"midnight is skipped, days ago", "America/Sao_Paulo", "2018-11-10T12:00:00-02:00", "-6", "2018-11-04T03:00:00Z"},
		{"midnight is skipped today", "America/Sao_Paulo", "2018-11-04T12:00:00-02:00", "-0", "2018-11-04T03:00:00Z"},
		{"the day before is whole", "America/Sao_Paulo", "2018-11-10T12:00:00-02:00", "2018-11-03", "2018-11-03T03:00:00Z"},
		{"the last hour of a day comes twice", "America/Sao_Paulo", "2018-03-01T12:00:00-03:00", "2018-02-18", "2018-02-18T03:00:00Z"},
		{"Beirut skips midnight", "Asia/Beirut", "2022-04-01T12:00:00+03:00", "2022-03-27", "2022-03-26T22:00:00Z"},
		{"Cairo skips midnight", "Africa/Cairo", "2023-05-01T12:00:00+03:00", "2023-04-28", "2023-04-27T22:00:00Z"},
		{"Damascus skips midnight", "Asia/Damascus", "2022-04-01T12:00:00+03:00", "2022-03-25", "2022-03-24T22:00:00Z"},
		{"the first minute of a day comes twice", "America/St_Johns", "2010-11-10T12:00:00-03:30", "2010-11-07", "2010-11-07T02:30:00Z"},
		{"midnight comes twice", "America/Havana", "2022-11-10T12:00:00-05:00", "2022-11-06", "2022-11-06T04:00:00Z"},
		{"a day that never was", "Pacific/Apia", "2012-01-05T12:00:00+14:00", "2011-12-30", "2011-12-30T10:00:00Z"},
		{"the day after one that never was", "Pacific/Apia", "2012-01-05T12:00:00+14:00", "2011-12-31", "2011-12-30T10:00:00Z"},
		{"the day before one that never was", "Pacific/Apia", "2012-01-05T12:00:00+14:00", "2011-12-29", "2011-12-29T10:00:00Z"},
		{"days ago count a day that never was", "Pacific/Apia", "2012-01-01T12:00:00+14:00", "-3", "2011-12-29T10:00:00Z"},
		{"a day of 23 hours is one day ago", "Europe/Berlin", "2026-03-30T00:30:00+02:00", "-1", "2026-03-28T23:00:00Z"},
		{"a day of 25 hours is one day ago", "Europe/Berlin", "2026-10-26T00:30:00+01:00", "-1", "2026-10-24T22:00:00Z"},
		{"today is the PBX's, not UTC's", "Asia/Vladivostok", "2026-11-24T20:00:00Z", "-0", "2026-11-24T14:00:00Z"},
		{"a zone beside Greenwich", "Pacific/Kiritimati", "2026-11-24T20:00:00Z", "-0", "2026-11-24T10:00:00Z"},
	} {
		t.Run(c.about, func(t *testing.T) {
			p, err := period.Parse(&c.value, nil, zone(t, c.zone), instant(t, c.now))
			if err != nil {
				t.Fatal(err)
			}
			if want := instant(t, c.want); !p.Start.Equal(want) {
				t.Errorf("got %s, want %s", p.Start.UTC(), want)
			}
		})
	}
}

func TestSkippedAndRepeatedTimesLoseNothing(t *testing.T) {
	for _, c := range []struct{ about, zone, value, start, end string }{
		{"a plain time", "Europe/Berlin", "2026-06-01 12:00", "2026-06-01T10:00:00Z", "2026-06-01T10:00:00Z"},
		{"before the gap", "Europe/Berlin", "2026-03-29 01:59:59", "2026-03-29T00:59:59Z", "2026-03-29T00:59:59Z"},
		{"at the gap's beginning", "Europe/Berlin", "2026-03-29 02:00", "2026-03-29T01:00:00Z", "2026-03-29T01:00:00Z"},
		{"in the gap", "Europe/Berlin", "2026-03-29 02:30", "2026-03-29T01:30:00Z", "2026-03-29T01:30:00Z"},
		{"at the gap's end", "Europe/Berlin", "2026-03-29 03:00", "2026-03-29T01:00:00Z", "2026-03-29T01:00:00Z"},
		{"twice", "Europe/Berlin", "2026-10-25 02:30", "2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z"},
		{"twice, the first moment", "Europe/Berlin", "2026-10-25 02:00", "2026-10-25T00:00:00Z", "2026-10-25T01:00:00Z"},
		{"no more than once", "Europe/Berlin", "2026-10-25 03:00", "2026-10-25T02:00:00Z", "2026-10-25T02:00:00Z"},
		{"twice, with an offset", "Europe/Berlin", "2026-10-25T02:30:00+01:00", "2026-10-25T01:30:00Z", "2026-10-25T01:30:00Z"},
		{"a gap at midnight", "America/Sao_Paulo", "2018-11-04 00:30", "2018-11-04T03:30:00Z", "2018-11-04T03:30:00Z"},
		{"a whole day skipped", "Pacific/Apia", "2011-12-30 12:00", "2011-12-30T22:00:00Z", "2011-12-30T22:00:00Z"},
		{"another whole day skipped", "Pacific/Kwajalein", "1993-08-21 12:00", "1993-08-22T00:00:00Z", "1993-08-22T00:00:00Z"},
		{"half an hour", "Australia/Lord_Howe", "2026-04-05 01:45", "2026-04-04T14:45:00Z", "2026-04-04T15:15:00Z"},
		{"midnight, written out", "America/Havana", "2022-11-06 00:00", "2022-11-06T04:00:00Z", "2022-11-06T05:00:00Z"},
		{"a new standard time, same rules", "Europe/Moscow", "2014-10-26 01:30", "2014-10-25T21:30:00Z", "2014-10-25T22:30:00Z"},
	} {
		t.Run(c.about, func(t *testing.T) {
			now := instant(t, "2027-01-01T00:00:00Z")
			loc := zone(t, c.zone)
			p, err := period.Parse(&c.value, nil, loc, now)
			if err != nil {
				t.Fatal(err)
			}
			if want := instant(t, c.start); !p.Start.Equal(want) {
				t.Errorf("as a start: got %s, want %s", p.Start.UTC(), want)
			}
			long := "1990-01-01"
			if p, err = period.Parse(&long, &c.value, loc, now); err != nil {
				t.Fatal(err)
			}
			if want := instant(t, c.end); !p.End.Equal(want) {
				t.Errorf("as an end: got %s, want %s", p.End.UTC(), want)
			}
		})
	}
}
