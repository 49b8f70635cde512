package table

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"

	"ringback/internal/cel"
	"ringback/internal/cel/source"
	"ringback/internal/cel/source/row"
)

// Table is a source over an SQL table.
type Table struct {
	db      DB
	opts    source.Options
	schema  Schema
	dialect Dialect
	desc    source.Description
	columns source.Columns
	key     key
	// timeKind is the kind of eventtime's column.
	timeKind  Kind
	numbering cel.Numbering
	fraction  bool
	// ordered says that the keys' order is the order of time, so that edges
	// can be found by bisection.
	ordered bool
	// epochs says that eventtime holds seconds since 1970.
	epochs bool
	// boundable says that eventtime can be compared in a query.
	boundable bool
	sql       statements
	// mute says that the database has failed at a digest.
	mute atomic.Bool
}

var _ source.Source = (*Table)(nil)

// Open makes a source of the table at place, of which read reads the catalogue. The
// source owns db; where there is none, db is closed.
func Open(
	ctx context.Context, db DB, place string, read func(context.Context) (Schema, error), dialect Dialect, opts source.Options,
) (source.Source, error) {
	opts = opts.WithDefaults()
	schema, err := catalogue(ctx, db, place, read, dialect, opts)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	t := &Table{db: db, opts: opts, schema: schema, dialect: dialect}
	if err := t.open(ctx); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return t, nil
}

// catalogue reads what the database says of the table, in the time of one query.
func catalogue(
	ctx context.Context, db DB, place string, read func(context.Context) (Schema, error), dialect Dialect, opts source.Options,
) (Schema, error) {
	limited, cancel := context.WithTimeout(ctx, opts.QueryTimeout)
	defer cancel()
	schema, err := read(limited)
	switch {
	case err == nil:
		return schema, nil
	case db.Away(err) || errors.Is(err, context.DeadlineExceeded):
		return schema, &source.UnavailableError{Place: place, Err: err, Remedy: dialect.Remedy}
	}
	return schema, db.Explain(err)
}

// open finds out what the table is like.
func (t *Table) open(ctx context.Context) error {
	own := t.opts.Columns
	columns, warnings, err := source.MatchColumns(t.schema.Place, t.schema.names(), own)
	if err != nil {
		return err
	}
	t.columns = columns
	t.key = t.schema.findKey(own)
	t.timeKind = t.schema.Columns[columns[source.EventTime]].Kind
	t.fraction = t.schema.Columns[columns[source.EventTime]].Fraction
	t.sql = t.statements()
	t.desc = t.describe(warnings)
	return t.look(ctx)
}

// describe says what is known of the table without its rows.
func (t *Table) describe(warnings []source.Warning) source.Description {
	d := source.Description{
		Backend:    t.schema.Backend,
		Place:      t.schema.Place,
		Columns:    map[string]string{},
		Key:        t.key.column,
		TimeIndex:  t.schema.leads(t.column(source.EventTime)),
		FastLookup: t.schema.leads(t.column(source.LinkedID)) && t.schema.leads(t.column(source.UniqueID)),
		Warnings:   warnings,
	}
	for f := range source.NumFields {
		if t.columns[f] >= 0 {
			d.Columns[source.Field(f).String()] = t.column(source.Field(f))
		}
	}
	if !d.FastLookup {
		d.Warnings = append(d.Warnings, source.Warning{
			Code: "missing_id_index",
			Text: t.schema.Place + " has no index on both linkedid and uniqueid: to find one call the whole table is read; " +
				"add an index on " + strings.Join(t.unindexed(), " and one on "),
		})
	}
	if !t.key.indexed {
		d.Warnings = append(d.Warnings, t.keyWarning(d.TimeIndex))
	}
	return d
}

func (t *Table) unindexed() []string {
	var columns []string
	for _, f := range []source.Field{source.LinkedID, source.UniqueID} {
		if !t.schema.leads(t.column(f)) {
			columns = append(columns, t.column(f))
		}
	}
	return columns
}

func (t *Table) keyWarning(timeIndex bool) source.Warning {
	if timeIndex {
		return source.Warning{
			Code: "missing_key",
			Text: t.schema.Place + " has no integer key: rows are read by the index on eventtime, and the order of rows within one second is a guess " +
				"where the time has no fraction; add a column id that counts the rows (auto_increment, primary key)",
		}
	}
	return source.Warning{
		Code: "missing_key_and_index",
		Text: t.schema.Place + " has neither an integer key nor an index on eventtime: every read passes over the whole table; " +
			"add a column id that counts the rows (auto_increment, primary key)",
	}
}

// column is the name of the column that holds f, which must be there.
func (t *Table) column(f source.Field) string { return t.schema.Columns[t.columns[f]].Name }

// Description says what was found.
func (t *Table) Description() source.Description { return t.desc }

// Close closes the connections.
func (t *Table) Close() error { return t.db.Close() }

func (t *Table) builder() *row.Builder {
	return row.NewBuilder(cel.NewClock(t.opts.Location), t.numbering, t.fraction)
}

// scattered is a builder for rows that come in no order of writing.
func (t *Table) scattered() *row.Builder {
	b := t.builder()
	b.Scattered = true
	return b
}
