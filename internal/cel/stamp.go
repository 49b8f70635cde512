package cel

import "errors"

// Stamp is an eventtime as it stands in a table, before a time zone is applied.
type Stamp struct {
	// Sec is the seconds since 1970-01-01 UTC when Zoned; else the same of a
	// clock on the wall, read as if it were UTC.
	Sec int64
	// Micro is the part below a second, 0 to 999999.
	Micro int32
	// Zoned says that the text fixed the instant: it was an epoch, or had an
	// offset.
	Zoned bool
	// Fraction says that the text had a part below a second, be it .000000.
	Fraction bool
}

var errStamp = errors.New(`want "2026-01-31 12:30:59.000000", the same with an offset, or seconds since 1970`)

// ParseStamp reads an eventtime: YYYY-MM-DD hh:mm:ss with "-" or "/", a space
// or "T", a fraction (cut after six digits) and an offset, each of the last
// two or neither; or seconds since 1970 with or without a fraction. It
// allocates nothing.
func ParseStamp[T string | []byte](text T) (Stamp, error) {
	n := len(text)
	if n < 19 || text[4] >= '0' && text[4] <= '9' || text[4] == '.' {
		return parseEpoch(text)
	}
	year, ok1 := digits2(text, 0)
	year2, ok2 := digits2(text, 2)
	month, ok3 := digits2(text, 5)
	day, ok4 := digits2(text, 8)
	hour, ok5 := digits2(text, 11)
	minute, ok6 := digits2(text, 14)
	second, ok7 := digits2(text, 17)
	if !ok1 || !ok2 || !ok3 || !ok4 || !ok5 || !ok6 || !ok7 {
		return Stamp{}, errStamp
	}
	sep := text[4]
	if sep != '-' && sep != '/' || text[7] != sep || text[10] != ' ' && text[10] != 'T' || text[13] != ':' || text[16] != ':' {
		return Stamp{}, errStamp
	}
	year = year*100 + year2
	if month < 1 || month > 12 || day < 1 || day > daysIn(year, month) || hour > 23 || minute > 59 || second > 60 {
		return Stamp{}, errStamp
	}
	s := Stamp{Sec: daysSinceEpoch(year, month, day)*86400 + int64(hour*3600+minute*60+second)}
	i := 19
	if i == n {
		return s, nil
	}
	micro, next, ok := parseFraction(text, 19)
	if !ok {
		return Stamp{}, errStamp
	}
	s.Micro, s.Fraction = micro, next > 19
	offset, zoned, ok := parseOffset(text, next)
	if !ok {
		return Stamp{}, errStamp
	}
	s.Sec -= offset
	s.Zoned = zoned
	return s, nil
}

// parseEpoch reads "sec" and "sec.usec" (cel_custom, cel_sqlite3_custom without
// a date format; number columns of cel_pgsql).
func parseEpoch[T string | []byte](text T) (Stamp, error) {
	s := Stamp{Zoned: true}
	i := 0
	for ; i < len(text) && text[i] >= '0' && text[i] <= '9'; i++ {
		s.Sec = s.Sec*10 + int64(text[i]-'0')
	}
	if i == 0 || i > 11 {
		return Stamp{}, errStamp
	}
	micro, next, ok := parseFraction(text, i)
	if !ok || next != len(text) {
		return Stamp{}, errStamp
	}
	s.Micro, s.Fraction = micro, next > i
	return s, nil
}

// parseFraction reads a point or comma and digits at i, if there are any, and
// gives microseconds and the place after them.
func parseFraction[T string | []byte](text T, i int) (micro int32, next int, ok bool) {
	if i == len(text) || text[i] != '.' && text[i] != ',' {
		return 0, i, true
	}
	i++
	first, scale := i, int32(100_000)
	for ; i < len(text) && text[i] >= '0' && text[i] <= '9'; i++ {
		micro += int32(text[i]-'0') * scale
		scale /= 10
	}
	return micro, i, i > first
}

// parseOffset reads an offset from UTC at i up to the end of text: nothing, Z,
// or ±hh, ±hhmm, ±hh:mm, ±hh:mm:ss, with a space before it or not.
func parseOffset[T string | []byte](text T, i int) (seconds int64, zoned, ok bool) {
	if i == len(text) {
		return 0, false, true
	}
	if text[i] == ' ' && i+1 < len(text) {
		i++
	}
	if (text[i] == 'Z' || text[i] == 'z') && i+1 == len(text) {
		return 0, true, true
	}
	sign := int64(1)
	switch text[i] {
	case '+':
	case '-':
		sign = -1
	default:
		return 0, false, false
	}
	i++
	unit := int64(3600)
	for part := range 3 {
		if part > 0 && i < len(text) && text[i] == ':' {
			i++
		}
		if i+2 > len(text) {
			return 0, false, false
		}
		v, good := digits2(text, i)
		if !good || part > 0 && v > 59 || part == 0 && v > 15 {
			return 0, false, false
		}
		seconds += int64(v) * unit
		unit /= 60
		i += 2
		if i == len(text) {
			return sign * seconds, true, true
		}
	}
	return 0, false, false
}

// digits2 reads the two digits at i, which must be inside text.
func digits2[T string | []byte](text T, i int) (int, bool) {
	a, b := text[i]-'0', text[i+1]-'0'
	return int(a)*10 + int(b), a <= 9 && b <= 9
}

var monthDays = [...]int{1: 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}

func daysIn(year, month int) int {
	if month == 2 && year%4 == 0 && (year%100 != 0 || year%400 == 0) {
		return 29
	}
	return monthDays[month]
}

// daysSinceEpoch counts the days from 1970-01-01 in the Gregorian calendar,
// with years that begin in March so that the leap day is the last.
func daysSinceEpoch(year, month, day int) int64 {
	if month <= 2 {
		year--
		month += 12
	}
	const toEpoch = 719468
	dayOfYear := (153*(month-3)+2)/5 + day - 1
	return int64(year)*365 + int64(year/4) - int64(year/100) + int64(year/400) + int64(dayOfYear) - toEpoch
}
