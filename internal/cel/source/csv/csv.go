// Package csv reads CEL from a file of cel_custom, while Asterisk appends to it.
package csv

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"ringback/internal/cel"
	"ringback/internal/cel/source"
	"ringback/internal/cel/source/row"
)

// batchRows is how many records are handed over at a time.
const batchRows = 1000

// Source reads one file.
type Source struct {
	path, place string
	// order names the fields where the address does, instead of the file.
	order  []string
	opts   source.Options
	desc   source.Description
	broken atomic.Int64
}

var _ source.Source = (*Source)(nil)

// Open opens csv:///path/Master.csv. ?columns= names the fields of a file that
// has no header and is not in the order of Asterisk's sample.
func Open(_ context.Context, u *url.URL, opts source.Options) (source.Source, error) {
	if err := source.CheckParameters(u, "columns"); err != nil {
		return nil, err
	}
	s := &Source{path: u.Host + u.Path, opts: opts.WithDefaults()}
	s.place = "csv " + s.path
	if columns := u.Query().Get("columns"); columns != "" {
		s.order = strings.Split(columns, ",")
	}
	f, err := s.detect(s.path)
	if err != nil {
		return nil, err
	}
	s.desc = source.Description{Backend: "csv", Place: s.place, Columns: map[string]string{}, Warnings: f.warnings}
	for field, i := range f.columns {
		if i >= 0 {
			s.desc.Columns[source.Field(field).String()] = f.names[i]
		}
	}
	return s, nil
}

func (s *Source) cannotOpen(err error) error {
	if errors.Is(err, os.ErrPermission) {
		return &source.SetupError{
			Place: s.place, Problem: "this program may not read the file", Err: err,
			Remedy: "let its user read the file, and enter the directories above it (chmod, setfacl, or the group asterisk)",
		}
	}
	return &source.UnavailableError{Place: s.place, Err: err, Remedy: "check the path, that Asterisk's cel_custom is loaded, and that the disk is mounted"}
}

// Description says what was found, and how many broken lines were met so far.
func (s *Source) Description() source.Description {
	d := s.desc
	if n := s.broken.Load(); n > 0 {
		d.Warnings = append(slices.Clip(d.Warnings), source.Warning{
			Code: "broken_lines",
			Text: fmt.Sprintf("%s: %d lines are no CEL records and were left out; check the quoting in Asterisk's cel_custom.conf (CSV_QUOTE)", s.place, n),
		})
	}
	return d
}

// Close does nothing: a file is open only while it is read.
func (s *Source) Close() error { return nil }

// Scan hands over a period's records; see source.Source. Record.ID is the place
// of the record's first byte in the file, from 1.
func (s *Source) Scan(ctx context.Context, from, until time.Time, yield func(batch []cel.Record) error) error {
	if !until.IsZero() && !until.After(from) {
		return nil
	}
	period := row.NewWindow(from, until, s.opts.Location)
	return s.each(ctx, func(rec *cel.Record) bool { return period.Holds(rec.At) }, yield)
}

// Lookup passes over the whole file; see source.Source.
func (s *Source) Lookup(ctx context.Context, ids []string) ([]cel.Record, error) {
	wanted := make(map[string]bool, len(ids))
	for _, id := range ids {
		wanted[id] = true
	}
	if len(wanted) == 0 {
		return nil, nil
	}
	var found []cel.Record
	err := s.each(ctx, func(rec *cel.Record) bool {
		return wanted[rec.LinkedID] || wanted[rec.UniqueID]
	}, func(batch []cel.Record) error {
		found = append(found, batch...)
		return nil
	})
	return found, err
}

// each reads the file and hands over the records that are wanted.
func (s *Source) each(ctx context.Context, want func(*cel.Record) bool, yield func(batch []cel.Record) error) error {
	format, err := s.detect(s.path)
	if err != nil {
		return err
	}
	f, err := os.Open(s.path)
	if err != nil {
		return s.cannotOpen(err)
	}
	defer f.Close()
	text, err := newGrowing(f)
	if err != nil {
		return s.cannotOpen(err)
	}
	r := newReader(text, format, row.NewBuilder(cel.NewClock(s.opts.Location), s.opts.Numbering, false))
	defer func() { s.report(r.lines.broken + r.misfits) }()
	batch := make([]cel.Record, batchRows)
	n := 0
	for {
		err := r.next(&batch[n])
		if errors.Is(err, io.EOF) {
			if err := s.stillThere(f, r.lines.offset); err != nil {
				return err
			}
			break
		}
		if err != nil {
			return s.cannotOpen(err)
		}
		if want(&batch[n]) {
			n++
		}
		if n == len(batch) {
			if err := give(ctx, batch, yield); err != nil {
				return err
			}
			n = 0
		}
	}
	return give(ctx, batch[:n], yield)
}

func give(ctx context.Context, batch []cel.Record, yield func(batch []cel.Record) error) error {
	if err := ctx.Err(); err != nil || len(batch) == 0 {
		return err
	}
	return yield(batch)
}

// report counts broken lines, once for a file that is read again.
func (s *Source) report(broken int) {
	if broken == 0 {
		return
	}
	if s.broken.Swap(int64(broken)) != int64(broken) {
		s.opts.Logger.Warn("lines that are no CEL records were left out", "place", s.place, "lines", broken)
	}
}

// stillThere sees that the file that was read is still the one at the path, so
// that nothing was written elsewhere meanwhile.
func (s *Source) stillThere(f *os.File, offset int64) error {
	opened, err := f.Stat()
	if err != nil {
		return s.cannotOpen(err)
	}
	now, err := os.Stat(s.path)
	if err == nil && os.SameFile(opened, now) && now.Size() >= offset {
		return nil
	}
	return &source.UnavailableError{Place: s.place, Err: errRotated, Remedy: "read again; to read what was moved away, name that file"}
}

var errRotated = errors.New("the file was rotated or cut while it was read")
