package sweep

import (
	"context"
	"slices"

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

// groups makes calls of looked-up records. Ids begin again when Asterisk
// restarts with a wrong clock, so what lies far apart in time is apart.
func (p PBX) groups(ctx context.Context, records []cel.Record) ([]call.Group, error) {
	var groups []call.Group
	for _, g := range call.Join(records) {
		for _, part := range p.parts(g.Records) {
			group := call.Group{Records: part}
			if err := p.findCompanions(ctx, &group); err != nil {
				return nil, err
			}
			groups = append(groups, group)
		}
	}
	return groups, nil
}

// parts splits records where nothing was recorded for longer than a call may
// be silent.
func (p PBX) parts(records []cel.Record) [][]cel.Record {
	slices.SortStableFunc(records, func(a, b cel.Record) int {
		switch {
		case a.At < b.At:
			return -1
		case a.At > b.At:
			return 1
		}
		return int(a.ID - b.ID)
	})
	var parts [][]cel.Record
	start, open := 0, make(map[string]bool)
	for i := range records {
		r := &records[i]
		if i > start && r.At-records[i-1].At > p.silence().Microseconds() && len(open) == 0 {
			parts = append(parts, records[start:i:i])
			start = i
		}
		switch r.Type {
		case cel.ChanStart:
			open[r.UniqueID] = true
		case cel.ChanEnd, cel.Hangup:
			delete(open, r.UniqueID)
		}
	}
	if start < len(records) {
		parts = append(parts, records[start:])
	}
	return parts
}
