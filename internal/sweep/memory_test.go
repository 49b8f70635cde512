package sweep_test

import (
	"context"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"ringback/internal/call/expect"
	"ringback/internal/captures"
	"ringback/internal/cel"
	"ringback/internal/cel/source"
	"ringback/internal/dialplan"
)

// memory is a source that holds its records in memory and counts what is asked
// of it.
type memory struct {
	records []cel.Record
	slow    bool // without indexes: FastLookup is false
	batch   int
	lookups atomic.Int64
}

func (m *memory) Scan(ctx context.Context, from, until time.Time, yield func([]cel.Record) error) error {
	var batch []cel.Record
	for _, r := range m.records {
		if !from.IsZero() && r.At < from.UnixMicro() || !until.IsZero() && r.At >= until.UnixMicro() {
			continue
		}

		batch = append(batch, r)
		if len(batch) == m.batch {
			if err := yield(batch); err != nil {
				return err
			}
			batch = batch[:0]
		}
	}
	if len(batch) > 0 {
		return yield(batch)
	}
	return ctx.Err()
}

func (m *memory) Lookup(_ context.Context, ids []string) ([]cel.Record, error) {
	m.lookups.Add(1)
	var found []cel.Record
	for _, r := range m.records {
		if slices.Contains(ids, r.LinkedID) || slices.Contains(ids, r.UniqueID) {
			found = append(found, r)
		}
	}
	return found, nil
}

func (m *memory) Description() source.Description { return source.Description{FastLookup: !m.slow} }
func (m *memory) Close() error                    { return nil }

// plan are the settings that fit the captures.
func plan(t testing.TB) *dialplan.Plan {
	t.Helper()
	p, err := dialplan.New(expect.Scenario{}.Plan())
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// captured are the records of all captures, in order of writing.
func captured(t testing.TB) []cel.Record {
	t.Helper()
	var records []cel.Record
	for _, name := range captures.Names() {
		b, err := captures.CSV(name)
		if err != nil {
			t.Fatal(err)
		}
		rows, err := captures.Records(b)
		if err != nil {
			t.Fatal(err)
		}
		records = append(records, rows...)
	}
	slices.SortFunc(records, func(a, b cel.Record) int { return int(a.ID - b.ID) })
	return records
}

// later is a copy of records that happened so much later, as other calls.
func later(records []cel.Record, by time.Duration, tag string) []cel.Record {
	moved := slices.Clone(records)
	for i := range moved {
		r := &moved[i]
		r.ID += int64(len(tag)) * 100_000
		r.At += by.Microseconds()
		r.LinkedID = tagged(r.LinkedID, tag)
		old := r.UniqueID
		r.UniqueID = tagged(r.UniqueID, tag)
		r.Extra = strings.ReplaceAll(r.Extra, old+`"`, r.UniqueID+`"`)
	}
	return moved
}

func tagged(id, tag string) string {
	epoch, count, _ := strings.Cut(id, ".")
	return epoch + "." + tag + count
}
