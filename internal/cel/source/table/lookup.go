package table

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"ringback/internal/cel"
	"ringback/internal/cel/source"
	"ringback/internal/cel/source/row"
)

// lookupIDs is how many ids one query asks for.
const lookupIDs = 200

// Lookup returns the records of some ids; see source.Source.
func (t *Table) Lookup(ctx context.Context, ids []string) ([]cel.Record, error) {
	ids = slices.Compact(slices.Sorted(slices.Values(ids)))
	if !t.desc.FastLookup && len(ids) > lookupIDs {
		return t.filter(ctx, ids)
	}
	l := &lookup{t: t, build: t.builder()}
	for portion := range slices.Chunk(ids, lookupIDs) {
		if err := l.portion(ctx, portion); err != nil {
			return nil, err
		}
	}
	return l.records(), nil
}

// lookup gathers rows that come in no order.
type lookup struct {
	t     *Table
	build *row.Builder
	rows  []untimed
}

// untimed is a record whose time waits until its place in the order of writing
// is known.
type untimed struct {
	record cel.Record
	stamp  cel.Stamp
	bad    bool
}

// portion asks for some ids with two queries, one for each index: what answers
// both would make the server sort.
func (l *lookup) portion(ctx context.Context, ids []string) error {
	t, n := l.t, len(ids)
	args := make([]any, 0, 2*n)
	for range 2 {
		for _, id := range ids {
			args = append(args, id)
		}
	}
	linkedID, uniqueID := t.quote(t.column(source.LinkedID)), t.quote(t.column(source.UniqueID))
	from := "SELECT " + t.sql.records + " FROM " + t.schema.From
	byLinkedID := fmt.Sprintf("%s WHERE %s IN (%s)", from, linkedID, t.placeholders(1, n))
	if err := l.query(ctx, byLinkedID, args[:n]); err != nil {
		return err
	}
	byUniqueID := fmt.Sprintf("%s WHERE %s IN (%s) AND (%s IS NULL OR %s NOT IN (%s))",
		from, uniqueID, t.placeholders(1, n), linkedID, linkedID, t.placeholders(1+n, n))
	return l.query(ctx, byUniqueID, args)
}

func (l *lookup) query(ctx context.Context, query string, args []any) error {
	before := len(l.rows)
	var cells row.Cells
	return l.t.query(ctx, func() { l.rows = l.rows[:before] }, query, args, func(values [][]byte) error {
		id, err := l.t.rowID(values[0])
		if err != nil {
			return err
		}
		if err := l.t.sql.cells(values, &cells); err != nil {
			return err
		}
		var r untimed
		l.build.Fill(&r.record, id, &cells)
		r.stamp, err = cel.ParseStamp(cells[source.EventTime])
		r.bad = err != nil
		l.rows = append(l.rows, r)
		return nil
	})
}

// records gives the rows their times, in order of writing, each once.
func (l *lookup) records() []cel.Record {
	keyed := l.t.key.indexed
	l.build.Scattered = !keyed
	if keyed {
		slices.SortFunc(l.rows, func(a, b untimed) int { return cmp.Compare(a.record.ID, b.record.ID) })
		l.rows = slices.CompactFunc(l.rows, func(a, b untimed) bool { return a.record.ID == b.record.ID })
	}
	records := make([]cel.Record, len(l.rows))
	for i := range l.rows {
		records[i] = l.rows[i].record
		l.build.Place(&records[i], l.rows[i].stamp, l.rows[i].bad)
	}
	if !keyed {
		numberByTime(records, l.t.key.column != "")
	}
	return records
}

// rowID is a row's key, 0 where the table has none.
func (t *Table) rowID(text []byte) (int64, error) {
	if t.key.column == "" {
		return 0, nil
	}
	return t.parseKey(text)
}

// filter finds many ids in one pass, where no index helps.
func (t *Table) filter(ctx context.Context, ids []string) ([]cel.Record, error) {
	wanted := make(map[string]bool, len(ids))
	for _, id := range ids {
		wanted[id] = true
	}
	var found []cel.Record
	err := t.Scan(ctx, time.Time{}, time.Time{}, func(batch []cel.Record) error {
		for i := range batch {
			if wanted[batch[i].LinkedID] || wanted[batch[i].UniqueID] {
				found = append(found, batch[i])
			}
		}
		return nil
	})
	return found, err
}
