package csv

import (
	"bytes"
	"io"

	"ringback/internal/cel"
	"ringback/internal/cel/source"
	"ringback/internal/cel/source/row"
)

// reader makes records of a file's lines.
type reader struct {
	lines  *lines
	format format
	build  *row.Builder
	cells  row.Cells
	first  bool
	// misfits counts records with another number of fields, or without a
	// time that can be read.
	misfits int
}

func newReader(from io.Reader, f format, build *row.Builder) *reader {
	return &reader{lines: newLines(from, f.separator), format: f, build: build, first: true}
}

// next reads the next record, io.EOF after the last.
func (r *reader) next(rec *cel.Record) error {
	for {
		line, at, err := r.lines.next()
		if err != nil {
			return err
		}
		skip := r.first && r.format.header
		if r.first && bytes.HasPrefix(line, []byte(bom)) && !skip {
			r.lines.split.fields[0].start += len(bom)
		}
		r.first = false
		if skip || r.blank() {
			continue
		}
		if !r.fits(line) {
			// Files that were put together have their header again.
			if !bytes.EqualFold(r.cells[source.EventTime], []byte(r.timeName())) {
				r.misfits++
			}
			continue
		}
		r.build.Build(rec, at+1, &r.cells)
		return nil
	}
}

// timeName is what the header calls eventtime.
func (r *reader) timeName() string { return r.format.names[r.format.columns[source.EventTime]] }

// blank says that the line is empty.
func (r *reader) blank() bool {
	f := r.lines.split.fields
	return len(f) == 1 && f[0].start == f[0].end
}

// fits fills in the cells, and says whether the line is a record.
func (r *reader) fits(line []byte) bool {
	if len(r.lines.split.fields) != len(r.format.names) {
		return false
	}
	for f, i := range r.format.columns {
		if i >= 0 {
			r.cells[f] = r.lines.split.text(line, i)
		}
	}
	_, err := cel.ParseStamp(r.cells[source.EventTime])
	return err == nil
}
