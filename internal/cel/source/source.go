// Package source reads CEL records from where a PBX keeps them.
//
// A Source is one PBX's table or file. The backends stand below
// (mysql, postgres, sqlite, csv) and all pass the suite in sourcetest. The
// package knows records and nothing of calls.
package source

import (
	"context"
	"time"

	"ringback/internal/cel"
)

// Source reads the CEL of one PBX. It never writes there. Its methods may be
// called from several goroutines.
type Source interface {
	// Scan hands over, in order of writing (Record.ID ascending), every record
	// with from <= time < until. It may add records that were written next to
	// these; callers look at the time themselves. A zero from means from the
	// oldest record, a zero until up to the newest, those included that are
	// written while the scan runs.
	//
	// The slice is valid until yield returns, its records' strings for ever.
	// An error of yield stops the scan and is returned as it is. A database
	// that goes away in mid-scan is tried again from the last record handed
	// over; when that does not help, Scan returns an *UnavailableError. A
	// scan that returns nil was whole, as of when it came to the end. A database
	// may make a row visible after others with greater ids; who follows the
	// newest rows must look back.
	Scan(ctx context.Context, from, until time.Time, yield func(batch []cel.Record) error) error

	// Lookup returns every record whose linkedid or uniqueid is one of ids, in
	// order of writing, each once. Unknown ids give nothing. Any number of ids
	// may be asked for; the backend asks in portions.
	Lookup(ctx context.Context, ids []string) ([]cel.Record, error)

	// Description says what was found when the source was opened.
	Description() Description

	Close() error
}

// Description is what a source found out about its table or file.
type Description struct {
	// Backend is "mysql", "postgres", "sqlite" or "csv".
	Backend string
	// Place names the table or file for people; it holds no password.
	Place string
	// Columns maps a field of a record (its CEL name: "cid_num", "extra", …) to
	// the column that holds it. Absent fields are not in the map.
	Columns map[string]string
	// Key is the column that gives the order of writing, "" where there is none.
	Key string
	// TimeIndex says that an index leads with eventtime.
	TimeIndex bool
	// FastLookup says that Lookup needs no pass over the whole table or file.
	FastLookup bool
	// Warnings are codes and sentences about what is missing or odd.
	Warnings []Warning
}

// Warning is something an administrator should know about a source.
type Warning struct {
	Code string // such as missing_extra_column
	Text string // a sentence that says what follows from it and what to do
}
