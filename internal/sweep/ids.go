package sweep

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"ringback/internal/call"
	"ringback/internal/cel"
)

// idsAtOnce bounds how many calls asked for by id are held in memory.
const idsAtOnce = 200

// IDs yields the calls that have any of ids as linkedid or uniqueid, whole, each
// once, in order of start for as many as are read at once, and returns the ids
// that no record carries. An error of yield stops it and is returned as it is.
func IDs(ctx context.Context, pbx PBX, ids []string, yield func(*call.Call) error) (notFound []string, err error) {
	return pbx.ids(ctx, ids, func([]cel.Record) bool { return true }, yield)
}

// IDsWithin yields the calls that IDs would, if any record of them lies in [from, until); a zero until means up
// to now.
func IDsWithin(ctx context.Context, pbx PBX, ids []string, from, until time.Time, yield func(*call.Call) error) error {
	_, err := pbx.ids(ctx, ids, func(records []cel.Record) bool { return touches(records, micros(from), micros(until)) }, yield)
	return err
}

// ids is IDs for the calls whose records are wanted.
func (p PBX) ids(ctx context.Context, ids []string, wanted func([]cel.Record) bool, yield func(*call.Call) error) (notFound []string, err error) {
	ids = slices.Clone(ids)
	slices.SortFunc(ids, byAge)
	ids = slices.Compact(ids)
	assembler := call.NewAssembler(p.settings())
	given := make(map[Cursor]bool)
	for portion := range slices.Chunk(ids, idsAtOnce) {
		missing, err := p.portion(ctx, assembler, portion, wanted, func(c *call.Call) error {
			if place := CursorOf(c); !given[place] {
				given[place] = true
				return yield(c)
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
		notFound = append(notFound, missing...)
	}
	return notFound, nil
}

// portion yields the calls of a few ids.
func (p PBX) portion(
	ctx context.Context, a *call.Assembler, ids []string, wanted func([]cel.Record) bool, yield func(*call.Call) error,
) (missing []string, err error) {
	records, err := p.whole(ctx, ids)
	if err != nil {
		return nil, err
	}
	carried := make(map[string]bool)
	for i := range records {
		carried[records[i].LinkedID] = true
		carried[records[i].UniqueID] = true
	}
	for _, id := range ids {
		if !carried[id] {
			missing = append(missing, id)
		}
	}
	groups, err := p.groups(ctx, records)
	if err != nil {
		return nil, err
	}
	calls := make([]*call.Call, 0, len(groups))
	for _, g := range groups {
		if !wanted(g.Records) {
			continue
		}
		if c := a.Assemble(g); c != nil {
			calls = append(calls, c)
		}
	}
	slices.SortFunc(calls, func(a, b *call.Call) int {
		if order := a.StartedAt.Compare(b.StartedAt.Time); order != 0 {
			return order
		}
		return strings.Compare(a.ID, b.ID)
	})
	for _, c := range calls {
		if err := yield(c); err != nil {
			return nil, err
		}
	}
	return missing, nil
}

// byAge orders ids by the time in them, as far as they hold one.
func byAge(a, b string) int {
	ea, _ := cel.Epoch(a)
	eb, _ := cel.Epoch(b)
	return cmp.Or(cmp.Compare(ea, eb), strings.Compare(a, b))
}
