package source

import (
	"log/slog"
	"time"

	"ringback/internal/cel"
)

// Options say how to read a source. The zero value is right for most.
type Options struct {
	// Location is the zone in which the PBX writes eventtime; nil means UTC.
	Location *time.Location
	// Columns names the column of a field ("extra" → "eventextra") where it
	// has a name that is not known anyway. "id" names the key.
	Columns map[string]string
	// Numbering fixes what the numbers of an integer eventtype mean; unset,
	// some rows are looked at.
	Numbering cel.Numbering
	// Logger hears of retries and rows that cannot be read; nil means silence.
	Logger *slog.Logger
	// RetryFor is how long a database that is away is tried again within one
	// read; zero means 30 seconds, a negative value not at all.
	RetryFor time.Duration
	// QueryTimeout is how long one query may take; zero means a minute.
	QueryTimeout time.Duration
}

// WithDefaults fills in what is unset.
func (o Options) WithDefaults() Options {
	if o.Location == nil {
		o.Location = time.UTC
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.RetryFor == 0 {
		o.RetryFor = 30 * time.Second
	}
	if o.QueryTimeout <= 0 {
		o.QueryTimeout = time.Minute
	}
	return o
}
