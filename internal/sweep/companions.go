package sweep

import (
	"context"
	"slices"
	"strings"
	"time"

	"ringback/internal/call"
	"ringback/internal/cel"
	"ringback/internal/dialplan"
)

// visit is what a call's own records tell of its conferences.
type visit struct {
	rooms       map[string]bool
	own         map[string]bool
	first, last int64
	// absent are the names of members that are in no record at hand.
	absent map[string]bool
}

// visitOf reads a group's stay in conferences; nil if it was in none.
func visitOf(g *call.Group) *visit {
	v := &visit{rooms: make(map[string]bool), own: make(map[string]bool), absent: make(map[string]bool)}
	v.first, v.last = g.Records[0].At, g.Records[0].At
	for i := range g.Records {
		r := &g.Records[i]
		v.first, v.last = min(v.first, r.At), max(v.last, r.At)
		v.own[r.UniqueID] = true
		if room := call.Room(r); room != "" {
			v.rooms[room] = true
			v.note(r.Peer)
		}
	}
	if len(v.rooms) == 0 {
		return nil
	}
	for i := range g.Records {
		delete(v.absent, g.Records[i].Channel)
	}
	for i := range g.Companions {
		delete(v.absent, g.Companions[i].Channel)
	}
	return v
}

// note remembers the members that a record names.
func (v *visit) note(peers string) {
	for name := range strings.SplitSeq(peers, ",") {
		if dialplan.ParseChannel(name).Line() {
			v.absent[name] = true
		}
	}
}

// lookBack are the times before a call in which the other members of its
// conference are searched for: one may have come hours before.
var lookBack = []time.Duration{0, 5 * time.Minute, time.Hour, 4 * time.Hour}

// findCompanions reads who else was in the conferences of a call, where that
// cannot be known from records that were read anyway.
func (p PBX) findCompanions(ctx context.Context, g *call.Group) error {
	v := visitOf(g)
	if v == nil {
		return nil
	}
	visitors := make(map[string]bool)
	until := v.last + 1
	for _, back := range lookBack {
		from := v.first - back.Microseconds()
		if err := p.searchRoom(ctx, v, from, until, visitors); err != nil {
			return err
		}
		until = from
		if len(v.absent) == 0 {
			break
		}
	}
	return p.addCompanions(ctx, g, v, visitors)
}

// searchRoom notes the channels that were in the call's conferences between two
// moments, and the linkedids of Local ones.
func (p PBX) searchRoom(ctx context.Context, v *visit, from, until int64, visitors map[string]bool) error {
	return p.Source.Scan(ctx, time.UnixMicro(from), time.UnixMicro(until), func(batch []cel.Record) error {
		for i := range batch {
			r := &batch[i]
			wanted := v.absent[r.Channel] || v.rooms[call.Room(r)]
			if wanted && !v.own[r.UniqueID] {
				visitors[r.UniqueID] = true
				if dialplan.ParseChannel(r.Channel).Local() {
					// Whoever is in the room is behind it.
					visitors[r.LinkedID] = true
				}
				delete(v.absent, r.Channel)
			}
		}
		return nil
	})
}

func (p PBX) addCompanions(ctx context.Context, g *call.Group, v *visit, visitors map[string]bool) error {
	if len(visitors) == 0 {
		return nil
	}
	ids := make([]string, 0, len(visitors))
	for id := range visitors {
		ids = append(ids, id)
	}
	records, err := p.Source.Lookup(ctx, ids)
	if err != nil {
		return err
	}
	records = slices.DeleteFunc(records, func(r cel.Record) bool { return v.own[r.UniqueID] })
	g.Companions = g.Companions[:0]
	for _, other := range call.Join(records) {
		g.Companions = append(g.Companions, call.Visitors(other.Records)...)
	}
	return nil
}
