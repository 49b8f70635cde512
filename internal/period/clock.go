package period

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// unreadable is why a text that resembles no form is refused.
const unreadable = "is no time; give one " + examples

// clock reads a date, a date-time, or a date-time with an offset (RFC 3339 and
// its kin), or says why not. Where a wall clock shows the time twice, latest
// picks the later moment.
func (r reader) clock(text string, latest bool) (time.Time, string) {
	date, rest, ok := cutDate(text)
	if !ok {
		return time.Time{}, unreadable
	}
	day, why := readDate(date)
	if why != "" {
		return time.Time{}, why
	}
	if rest == "" {
		return firstInstant(day, r.loc), ""
	}
	if !strings.ContainsRune(" Tt", rune(rest[0])) {
		return time.Time{}, unreadable
	}
	sinceMidnight, rest, why := readTime(rest[1:])
	if why != "" {
		return time.Time{}, why
	}
	wall := day.Add(sinceMidnight)
	if rest == "" {
		first, last := instants(wall, r.loc)
		if latest {
			return last, ""
		}
		return first, ""
	}
	offset, ok := readOffset(rest)
	if !ok {
		return time.Time{}, fmt.Sprintf("ends in %s, which is no offset; give it as +03:00 (in a URL %%2B03:00) or Z, or leave it out", quote(rest))
	}
	return wall.Add(-offset).In(r.loc), ""
}

// cutDate splits YYYY-MM-DD off the front.
func cutDate(text string) (date, rest string, ok bool) {
	const length = len("2006-01-02")
	if len(text) < length {
		return "", "", false
	}
	date = text[:length]
	ok = digits(date[:4]) && date[4] == '-' && digits(date[5:7]) && date[7] == '-' && digits(date[8:])
	return date, text[length:], ok
}

// readDate gives the midnight of a date as a wall clock would show it.
func readDate(date string) (time.Time, string) {
	year, month, day := number(date[:4]), number(date[5:7]), number(date[8:])
	if month < 1 || month > 12 {
		return time.Time{}, fmt.Sprintf("has the month %02d; give a date as year-month-day, such as 2021-05-25", month)
	}
	wall := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
	if wall.Day() != day {
		return time.Time{}, fmt.Sprintf("has the day %02d, which %s %04d has not; give a date of the calendar", day, time.Month(month), year)
	}
	return wall, ""
}

// readTime reads hh:mm, hh:mm:ss or hh:mm:ss.fraction off the front.
func readTime(text string) (since time.Duration, rest, why string) {
	const short, long = len("15:04"), len("15:04:05")
	if len(text) < short || !digits(text[:2]) || text[2] != ':' || !digits(text[3:5]) {
		return 0, "", fmt.Sprintf("has %s where a time of day should be; give it as hh:mm or hh:mm:ss", quote(text))
	}
	hour, minute, second, nano := number(text[:2]), number(text[3:5]), 0, 0
	rest = text[short:]
	if strings.HasPrefix(rest, ":") {
		if len(text) < long || !digits(text[6:8]) {
			return 0, "", fmt.Sprintf("has %s where seconds should be; give two digits", quote(rest[1:]))
		}
		second, rest = number(text[6:8]), text[long:]
		if strings.HasPrefix(rest, ".") {
			fraction := rest[1 : len(rest)-len(strings.TrimLeft(rest[1:], "0123456789"))]
			if fraction == "" {
				return 0, "", "has a point without a fraction of a second behind it; leave the point out"
			}
			nano, rest = nanoseconds(fraction), rest[1+len(fraction):]
		}
	}
	switch {
	case hour == 24 && minute == 0 && second == 0:
		return 0, "", "has the hour 24; the end of a day is the next day's 00:00"
	case hour > 23:
		return 0, "", fmt.Sprintf("has the hour %d; hours go from 00 to 23", hour)
	case minute > 59:
		return 0, "", fmt.Sprintf("has the minute %d; minutes go from 00 to 59", minute)
	case second > 59:
		return 0, "", fmt.Sprintf("has the second %d; seconds go from 00 to 59", second)
	}
	since = time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute +
		time.Duration(second)*time.Second + time.Duration(nano)
	return since, rest, ""
}

// readOffset reads Z, +hh:mm, +hhmm or +hh. A space may stand before the sign;
// a space in place of it is a plus that the decoding of a query took away.
func readOffset(text string) (time.Duration, bool) {
	if text == "Z" || text == "z" {
		return 0, true
	}
	text, spaced := strings.CutPrefix(text, " ")
	sign := time.Duration(1)
	switch {
	case strings.HasPrefix(text, "+"):
		text = text[1:]
	case strings.HasPrefix(text, "-"):
		sign, text = -1, text[1:]
	case !spaced:
		return 0, false
	}
	if len(text) == len("03:00") && text[2] == ':' {
		text = text[:2] + text[3:]
	}
	if !digits(text) || len(text) != 2 && len(text) != 4 {
		return 0, false
	}
	hours, minutes := number(text[:2]), 0
	if len(text) == 4 {
		minutes = number(text[2:])
	}
	if hours > 23 || minutes > 59 {
		return 0, false
	}
	return sign * (time.Duration(hours)*time.Hour + time.Duration(minutes)*time.Minute), true
}

// number reads two or four digits.
func number(s string) int {
	n, _ := strconv.Atoi(s) // the caller has seen that these are digits
	return n
}
