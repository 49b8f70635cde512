// Package period reads the period grammar of the HTTP API and the command
// line: date-times, UNIX times and days ago.
//
// It is pure. It never looks at the clock, the environment or the machine's
// zone; it knows nothing of HTTP, commands or calls.
package period

import (
	"errors"
	"time"
)

// The names of the parameters, as errors give them.
const (
	StartParameter = "start_date"
	EndParameter   = "end_date"
)

// Period is a half-open stretch of time, Start <= t < End, in the zone it was
// read in. A zero End means that it is open: up to now.
type Period struct {
	Start, End time.Time
}

// Parse reads a period. A nil start or end was not given.
//
// Wall-clock times and days are those of loc; now is the present. The error is
// an *Error, or several joined: Errors lists them.
func Parse(start, end *string, loc *time.Location, now time.Time) (Period, error) {
	switch {
	case start == nil && end == nil:
		return Period{}, refuse(StartParameter, "", "no period was given; give its start, %s", examples)
	case start == nil:
		return Period{}, refuse(EndParameter, *end, "%s is an end without a start; give the start of the period as well", quote(*end))
	}
	r := reader{loc: loc, now: now}
	from, fault := r.read(StartParameter, *start)
	if fault == nil && from.After(now) {
		fault = refuse(StartParameter, *start, "%s lies in the future (%s, and now it is %s); a period starts in the past, %s",
			quote(*start), show(from), show(now.In(loc)), examples)
	}
	if end == nil {
		return Period{Start: from}, orNil(fault)
	}
	until, endFault := r.read(EndParameter, *end)
	if fault != nil || endFault != nil {
		return Period{}, errors.Join(orNil(fault), orNil(endFault))
	}
	if !until.After(from) {
		return Period{}, refuse(EndParameter, *end, "%s (%s) is not after the start (%s); the end must be later, or absent for up to now",
			quote(*end), show(until), show(from))
	}
	return Period{Start: from, End: until}, nil
}

// show writes a moment for people.
func show(t time.Time) string { return t.Format(time.RFC3339Nano) }

// orNil keeps a nil *Error from becoming an error that is not nil.
func orNil(e *Error) error {
	if e == nil {
		return nil
	}
	return e
}
