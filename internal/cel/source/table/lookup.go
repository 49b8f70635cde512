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
	seen := make(map[int64]bool)
	var found []cel.Record
	for portion := range slices.Chunk(ids, lookupIDs) {
		records, err := t.lookup(ctx, portion)
		if err != nil {
			return nil, err
		}
		for i := range records {
			if !seen[records[i].ID] {
				seen[records[i].ID] = true
				found = append(found, records[i])
			}
		}
	}
	slices.SortFunc(found, func(a, b cel.Record) int { return cmp.Compare(a.ID, b.ID) })
	return found, nil
}

// lookup asks for some ids with one query.
func (t *Table) lookup(ctx context.Context, ids []string) ([]cel.Record, error) {
	n := len(ids)
	linkedID, uniqueID := t.quote(t.column(source.LinkedID)), t.quote(t.column(source.UniqueID))
	order := "1"
	if !t.key.indexed {
		order = fmt.Sprint(2 + slices.Index(t.sql.fields, source.EventTime))
	}
	query := fmt.Sprintf("SELECT %s FROM %s WHERE %s IN (%s) UNION ALL SELECT %s FROM %s WHERE %s IN (%s) AND (%s IS NULL OR %s NOT IN (%s)) ORDER BY %s",
		t.sql.records, t.schema.From, linkedID, t.placeholders(1, n),
		t.sql.records, t.schema.From, uniqueID, t.placeholders(1+n, n), linkedID, linkedID, t.placeholders(1+2*n, n), order)
	args := make([]any, 0, 3*n)
	for range 3 {
		for _, id := range ids {
			args = append(args, id)
		}
	}
	var records []cel.Record
	var build *row.Builder
	var cells row.Cells
	begin := func() {
		records, build = nil, t.builder()
		build.Scattered = !t.key.indexed
	}
	err := t.query(ctx, begin, query, args, func(values [][]byte) error {
		id, err := t.rowID(values[0])
		if err != nil {
			return err
		}
		if err := t.sql.cells(values, &cells); err != nil {
			return err
		}
		var rec cel.Record
		build.Build(&rec, id, &cells)
		records = append(records, rec)
		return nil
	})
	if err != nil {
		return nil, err
	}
	if !t.key.indexed {
		numberByTime(records, t.key.column != "")
	}
	return records, nil
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
