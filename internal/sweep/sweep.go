// Package sweep reads a period, or single calls, from a source and yields
// whole calls in order of start, in bounded memory.
//
// It decides which records belong together and when all of them have been
// seen; what they mean is decided in call. It knows no journal and no clock
// but the one it is given.
package sweep

import (
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

// CursorOf is the place of a call.
func CursorOf(c *call.Call) Cursor { return Cursor{Start: c.StartedAt.Time, ID: c.ID} }

func (p PBX) silence() time.Duration {
	if p.Silence <= 0 {
		return DefaultSilence
	}
	return p.Silence
}

func (p PBX) now() time.Time {
	if p.Now != nil {
		return p.Now()
	}
	return time.Now()
}

func (p PBX) settings() call.Settings {
	return call.Settings{PBX: p.Name, Plan: p.Plan, Location: p.Location, Now: p.now(), Silence: p.silence()}
}
