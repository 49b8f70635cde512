package period

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

const (
	// leastUnix is the smallest number taken for a UNIX time (March 1973):
	// smaller ones are days ago whose minus was forgotten.
	leastUnix = 100_000_000
	// mostDays bounds days ago; far more days than there were since 1970.
	mostDays = 1_000_000
	// mostDigits bounds a UNIX time, far beyond the last year.
	mostDigits = 12
)

// minuses are the signs that word processors and pages put for a minus.
const minuses = "−–—‐‑"

// isNumber says that text wants to be a number rather than a date: a sign,
// digits, perhaps a fraction.
func isNumber(text string) bool {
	text = strings.TrimLeft(text, "+-"+minuses)
	whole, fraction, point := strings.Cut(text, ".")
	return digits(whole) && (!point || fraction == "" || digits(fraction))
}

// number reads a UNIX time or days ago, or says why not.
func (r reader) number(text string) (time.Time, string) {
	unsigned := strings.TrimLeft(text, "+-"+minuses)
	whole, fraction, point := strings.Cut(unsigned, ".")
	switch sign := text[:len(text)-len(unsigned)]; {
	case point && fraction == "":
		return time.Time{}, "ends in a point; did you mean " + sign + whole + "?"
	case sign == "-" && point:
		return time.Time{}, "is no whole number of days; did you mean -" + whole + "?"
	case sign == "-":
		return r.daysAgo(whole)
	case sign == "+":
		return time.Time{}, fmt.Sprintf("has a plus; UNIX times have no sign, and days ago have a minus: did you mean -%s?", trimZeros(whole))
	case sign != "":
		return time.Time{}, "has no proper minus; did you mean -" + unsigned + "?"
	}
	return r.unix(trimZeros(whole), fraction)
}

// daysAgo is the first instant of the day that many days before today.
func (r reader) daysAgo(days string) (time.Time, string) {
	n, err := strconv.Atoi(days)
	if err != nil || n > mostDays {
		return time.Time{}, "is too many days ago; give a start within the years 1970 to 9999, " + examples
	}
	year, month, day := r.now.In(r.loc).Date()
	return firstInstant(time.Date(year, month, day-n, 0, 0, 0, 0, time.UTC), r.loc), ""
}

// unix is the moment that many seconds after the beginning of 1970 in UTC.
func (r reader) unix(seconds, fraction string) (time.Time, string) {
	if len(seconds) > mostDigits {
		return time.Time{}, "is too big for a UNIX time in seconds" + suggestSeconds(seconds)
	}
	n, err := strconv.ParseInt(seconds, 10, 64)
	switch {
	case err != nil:
		return time.Time{}, "is no number of seconds; give a time, " + examples
	case n < leastUnix:
		return time.Time{}, "is too small for a UNIX time; " + r.suggestDays(n)
	}
	return time.Unix(n, int64(nanoseconds(fraction))).In(r.loc), ""
}

// suggestDays guesses what a number below leastUnix was meant to be.
func (r reader) suggestDays(n int64) string {
	if date, err := time.Parse("20060102", strconv.FormatInt(n, 10)); err == nil && date.Year() >= firstYear {
		return "did you mean " + date.Format(time.DateOnly) + "?"
	}
	since1970 := r.now.Unix() / (24 * 60 * 60)
	switch {
	case n == 0:
		return "did you mean -0 (today)?"
	case n == 1:
		return "did you mean -1 (yesterday)?"
	case n <= since1970:
		return fmt.Sprintf("did you mean -%d (%d days ago)?", n, n)
	}
	return "UNIX times begin at 100000000, and days ago have a minus, such as -7"
}

// suggestSeconds guesses what a number above all UNIX times was meant to be.
func suggestSeconds(n string) string {
	if at, err := time.Parse("20060102150405", n); err == nil && at.Year() >= firstYear {
		return "; did you mean " + at.Format(time.DateTime) + "?"
	}
	for _, unit := range []struct {
		digits int
		name   string
	}{{13, "milliseconds"}, {16, "microseconds"}, {19, "nanoseconds"}} {
		if len(n) == unit.digits {
			return fmt.Sprintf("; it looks like %s: did you mean %s?", unit.name, n[:10])
		}
	}
	return "; give a time, " + examples
}

// trimZeros takes away leading zeros, but leaves one digit.
func trimZeros(s string) string {
	if s = strings.TrimLeft(s, "0"); s == "" {
		return "0"
	}
	return s
}
