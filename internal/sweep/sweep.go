// Package sweep reads a period, or single calls, from a source and yields
// whole calls in order of start, in bounded memory.
//
// It decides which records belong together and when all of them have been
// seen; what they mean is decided in call. It knows no journal and no clock
// but the one it is given.
package sweep

import (
	"context"
	"time"

	"ringback/internal/call"
	"ringback/internal/cel/source"
	"ringback/internal/dialplan"
)

// PBX is what must be known of a PBX to read its calls.
type PBX struct {
	Name   string
	Source source.Source
	Plan   *dialplan.Plan
	// Location is the zone of the PBX's wall clock.
	Location *time.Location
	// Silence is how long a call without an end may stay without records
	// before it is taken for over; zero means DefaultSilence.
	Silence time.Duration
	// Now gives the present; nil means time.Now.
	Now func() time.Time
}

// DefaultSilence is how long a call may stay open without a record before it
// is taken for over.
const DefaultSilence = 4 * time.Hour

// Cursor is a place in the order in which Period yields calls: by start, then
// by id. The zero Cursor is before every call.
type Cursor struct {
	Start time.Time
	ID    string
}

// Period yields every call of which any record lies in [from, until), whole,
// in order of start, then id; a zero until means up to now. With a cursor, it goes on with the
// calls after it. Calls that have not ended are yielded with InProgress set.
// An error of yield stops it and is returned as it is.
func Period(ctx context.Context, pbx PBX, from, until time.Time, after Cursor, yield func(*call.Call) error) error {
	panic("stub")
}

// IDs yields the calls that have any of ids as linkedid or uniqueid, whole, each call once,
// in order of start, and returns the ids that no record carries.
func IDs(ctx context.Context, pbx PBX, ids []string, yield func(*call.Call) error) (notFound []string, err error) {
	panic("stub")
}
