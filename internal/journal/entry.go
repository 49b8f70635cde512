package journal

import (
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"strings"
	"time"

	"ringback/internal/call"
)

// Entry is a call in the form in which it is recorded.
type Entry struct {
	ID  string
	PBX string
	// Started and Ended are in UTC; Ended is Started where the end is not known.
	Started, Ended time.Time
	InProgress     bool

	direction, result string
	numbers           string
	linkedids         []string
	aliases           []string
	// beheaded says that records are missing, of the beginning perhaps.
	beheaded bool
	digest   int64
	body     []byte
	contexts string
	// recalled says that the entry was recalled, and the call not worked out: only
	// the digest is known, not the body.
	recalled bool
}

// usualBody is room for most calls as JSON, in bytes.
const usualBody = 1024

// NewEntry makes c ready to be recorded. It keeps nothing of c.
func NewEntry(c *call.Call) *Entry {
	e := &Entry{
		ID: c.ID, PBX: c.PBX, Started: c.StartedAt.UTC(), Ended: c.EndedAt.UTC(), InProgress: c.InProgress,
		direction: string(c.Direction), result: string(c.Result), numbers: numbersOf(c),
		body: c.AppendJSON(make([]byte, 0, usualBody)), contexts: strings.Join(c.Contexts, "\n"),
	}
	e.beheaded = slices.Contains(c.Warnings, "missing_rows")
	if e.Ended.Before(e.Started) {
		e.Ended = e.Started
	}
	sum := sha256.Sum256(e.body)
	e.digest = int64(binary.BigEndian.Uint64(sum[:8]))
	for _, id := range c.LinkedIDs {
		if id != c.ID {
			e.linkedids = append(e.linkedids, id)
		}
	}
	e.aliases = slices.Clone(e.linkedids)
	e.aliases = append(e.aliases, c.UniqueIDs...)
	for i := range c.Legs {
		e.aliases = append(e.aliases, c.Legs[i].ID)
	}
	slices.Sort(e.aliases)
	e.aliases = slices.DeleteFunc(slices.Compact(e.aliases), func(id string) bool { return id == e.ID || id == "" })
	return e
}

// Recalled says that the call was not worked out, but recalled.
func (e *Entry) Recalled() bool { return e.recalled }

// JSON is the call as JSON. It must not be changed. A recalled entry has none until FillRecalled.
func (e *Entry) JSON() []byte { return e.body }

// Contexts are those of the dial plan that the call's channels ran in.
func (e *Entry) Contexts() []string { return contextsOf(e.contexts) }

// contextsOf reads a column of contexts.
func contextsOf(column string) []string {
	if column == "" {
		return nil
	}
	return strings.Split(column, "\n")
}

// State is how a call stands to what the journal holds.
type State int

// The states of a call that is to be recorded.
const (
	// New: the journal did not know it.
	New State = iota
	// Same: the journal has it just so.
	Same
	// Changed: the journal has it otherwise, or has parts of it as calls of
	// their own.
	Changed
	// Outdated: the journal knows more; this reading of it is dropped.
	Outdated
)

// held says that the journal has as much or more: nothing is written.
func (r Recorded) held() bool { return r.State == Same || r.State == Outdated }

// Recorded says what became, or would become, of an entry.
type Recorded struct {
	State State
	// Revision is 1 for a new call and one more each time it changed.
	Revision int64
	// Replaces are the ids of calls that turned out to be parts of this one.
	Replaces []string
	// PartOf is the id of the call that an Outdated one is a part of; "" when the
	// journal merely holds more of the same call.
	PartOf string
}
