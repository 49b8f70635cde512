package sweep

import (
	"context"

	"ringback/internal/call"
	"ringback/internal/cel"
)

// whole looks up every record of the calls that any of ids belongs to: those
// with the ids, those of the channels found, those of their linkedids, until
// nothing new comes.
func (p PBX) whole(ctx context.Context, ids []string) ([]cel.Record, error) {
	asked := make(map[string]bool, 2*len(ids))
	have := make(map[int64]bool)
	var records []cel.Record
	for len(ids) > 0 {
		for _, id := range ids {
			asked[id] = true
		}
		found, err := p.Source.Lookup(ctx, ids)
		if err != nil {
			return nil, err
		}
		ids = nil
		for _, r := range found {
			if have[r.ID] {
				continue
			}
			have[r.ID] = true
			records = append(records, r)
			for _, id := range []string{r.LinkedID, r.UniqueID} {
				if id != "" && !asked[id] {
					asked[id] = true
					ids = append(ids, id)
				}
			}
		}
	}
	return records, nil
}

// groups makes calls of looked-up records.
func (p PBX) groups(ctx context.Context, records []cel.Record) ([]call.Group, error) {
	groups := call.Join(records)
	for i := range groups {
		groups[i].Companions = nil
		if err := p.findCompanions(ctx, &groups[i]); err != nil {
			return nil, err
		}
	}
	return groups, nil
}
