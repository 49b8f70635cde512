package sweep

import (
	"context"
	"slices"

	"ringback/internal/cel"
)

// crosses says that the beginning of a call may lie before the place where
// reading began.
func (w *window) crosses(g *gathering) bool {
	return w.edge != 0 && g.headless > 0 && g.first < w.edge+w.silence
}

// goesOn says that records of a call may lie past the end of what was read.
func (w *window) goesOn(g *gathering) bool {
	return w.until != 0 && !w.settled(g)
}

// lookUpCrossing looks up the calls that began before reading did.
func (w *window) lookUpCrossing(ctx context.Context) error {
	if w.edge == 0 {
		return nil
	}
	var crossing []*gathering
	for _, g := range w.queue {
		if g.call == nil && g.inPeriod && w.crosses(g) {
			crossing = append(crossing, g)
		}
	}
	return w.lookUp(ctx, crossing)
}

// lookUp works gatherings out from a look-up of all their records.
func (w *window) lookUp(ctx context.Context, list []*gathering) error {
	var ids []string
	for _, g := range list {
		w.queue.drop(g)
		g.done = true
		ids = append(ids, g.ids()...)
	}
	for portion := range slices.Chunk(ids, 10*idsAtOnce) {
		if err := w.lookUpIDs(ctx, portion); err != nil {
			return err
		}
	}
	for _, g := range list {
		w.forget(g)
		for _, id := range g.ids() {
			w.taken[id] = true
		}
	}
	return nil
}

// forget lets go of a gathering whose call was looked up.
func (w *window) forget(g *gathering) {
	w.queue.drop(g)
	w.board.remove(g)
	w.rooms.leave(g)
	g.done = true
}

func (w *window) lookUpIDs(ctx context.Context, ids []string) error {
	records, err := w.pbx.whole(ctx, ids)
	if err != nil {
		return err
	}
	groups, err := w.pbx.groups(ctx, records)
	if err != nil {
		return err
	}
	for _, group := range groups {
		if !w.inPeriod(group.Records) || w.given(group.Records) {
			continue
		}
		w.claim(group.Records)
		w.finished(&gathering{place: -1, reach: Beyond}, w.assembler.Assemble(group))
	}
	return nil
}

// claim notes that records are of a call that was looked up, and lets go of
// what had been gathered of it and was not known yet to be a part of it.
func (w *window) claim(records []cel.Record) {
	for i := range records {
		for _, id := range []string{records[i].LinkedID, records[i].UniqueID} {
			if id == "" || w.taken[id] {
				continue
			}
			w.taken[id] = true
			if l := w.board.links[id]; l != nil {
				w.forget(l.of)
			}
			if c := w.board.chans[id]; c != nil {
				w.forget(c.of)
			}
		}
	}
}

// given says that these records' call was looked up before.
func (w *window) given(records []cel.Record) bool {
	return slices.ContainsFunc(records, func(r cel.Record) bool { return w.taken[r.LinkedID] || w.taken[r.UniqueID] })
}

func (w *window) inPeriod(records []cel.Record) bool { return touches(records, w.from, w.until) }

// touches says that a record lies in [from, until).
func touches(records []cel.Record, from, until int64) bool {
	return slices.ContainsFunc(records, func(r cel.Record) bool { return r.At >= from && (until == 0 || r.At < until) })
}
