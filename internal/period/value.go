package period

import (
	"strings"
	"time"
)

// reader reads values; loc is the zone of wall clocks, now the present.
type reader struct {
	loc *time.Location
	now time.Time
}

// The years that a value may lie in: before the first, no PBX kept records;
// after the last, a year has no four digits.
const (
	firstYear = 1970
	lastYear  = 9999
)

// read gives the moment that value means, in the reader's zone.
func (r reader) read(parameter, value string) (time.Time, *Error) {
	text := strings.Trim(value, " ")
	if text == "" {
		return time.Time{}, refuse(parameter, value, "the value is empty; give a time, %s", examples)
	}
	var t time.Time
	var why string
	switch {
	case isNumber(text):
		t, why = r.number(text)
	default:
		t, why = r.clock(text, parameter == EndParameter)
	}
	if why == "" {
		if year := t.Year(); year < firstYear || year > lastYear {
			why = "lies outside the years 1970 to 9999; give a time within them, " + examples
		}
	}
	if why != "" {
		return time.Time{}, refuse(parameter, value, "%s %s", quote(value), why)
	}
	return t, nil
}

// digits says that s is one or more decimal digits and nothing else.
func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// nanoseconds reads the digits of a fraction of a second; those past the ninth
// count for nothing.
func nanoseconds(fraction string) int {
	n := 0
	for i := range 9 {
		n *= 10
		if i < len(fraction) {
			n += int(fraction[i] - '0')
		}
	}
	return n
}
