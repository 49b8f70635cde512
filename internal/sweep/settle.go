package sweep

import (
	"context"

	"ringback/internal/call"
)

// ended says that the records tell of an end.
func (g *gathering) ended() bool { return g.open == 0 || g.openLinks == 0 }

// Times for which the end of a call must have been read before it is taken for
// whole: the usual one, and one for calls of which records are missing.
const (
	settle       = 10 * 1_000_000
	settleBroken = 300 * 1_000_000
)

// settled says that no more records are to be expected.
func (w *window) settled(g *gathering) bool {
	quiet := w.present.at - g.last
	switch {
	case w.count-g.seen < someRecords:
		// The clock may have been set: time alone proves nothing.
		return false
	case g.open == 0 && g.headless == 0:
		return quiet > settle
	case w.count-g.seen < fewRecords:
		return false
	case g.ended():
		return quiet > settleBroken
	}
	return quiet > w.silence
}

// someRecords is how many records must have been read after the last one of a
// call that has ended, fewRecords after that of a call without an end, for it to
// be taken for over.
const (
	someRecords = 64
	fewRecords  = 2048
)

// close works out the calls that have settled, so that their records can go.
func (w *window) close(ctx context.Context) error {
	waiting := w.closing[:0]
	for _, g := range w.closing {
		switch {
		case g.done || g.call != nil:
		case !g.ended():
			g.closing = false
		case !w.settled(g):
			waiting = append(waiting, g)
		case w.crosses(g):
			// It began before reading did: emit looks it up.
		default:
			if err := w.complete(ctx, g); err != nil {
				return err
			}
		}
	}
	clear(w.closing[len(waiting):])
	w.closing = waiting
	return nil
}

// complete assembles a call of which all records were read. One that was silent for so long
// that its beginning was not kept, or not read, is looked up: its end alone is another call's to look at.
func (w *window) complete(ctx context.Context, g *gathering) error {
	if g.inPeriod && g.begunBefore(g.first-w.silence) {
		return w.lookUp(ctx, []*gathering{g})
	}
	w.board.remove(g)
	if !g.inPeriod {
		w.rooms.leave(g)
		w.queue.drop(g)
		g.done = true
		return nil
	}
	group := call.Group{Records: g.records, Companions: g.companions()}
	if len(g.rooms) > 0 {
		// Who came before the edge, or stays past it, is in no record yet.
		if v := visitOf(&group); v != nil && len(v.absent) > 0 {
			g.reach = Beyond
			if err := w.pbx.findCompanions(ctx, &group); err != nil {
				return err
			}
		}
	}
	w.rooms.leave(g)
	c := w.assembler.Assemble(group)
	w.board.recycle(g.records)
	g.records, g.links, g.chans, g.rooms = nil, nil, nil, nil
	w.finished(g, c)
	return nil
}

// finished puts a worked-out call in its place in the queue.
func (w *window) finished(g *gathering, c *call.Call) {
	if c == nil || w.before(c) {
		w.queue.drop(g)
		g.done = true
		return
	}
	g.call = c
	g.first, g.id = c.StartedAt.UnixMicro(), c.ID
	w.queue.put(g)
	w.held++
}
