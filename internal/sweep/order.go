package sweep

import (
	"context"
	"slices"

	"ringback/internal/call"
)

// before says that a call was yielded before the cursor was taken.
func (w *window) before(c *call.Call) bool {
	if w.after.ID == "" && w.after.Start.IsZero() {
		return false
	}
	start, after := c.StartedAt.UnixMicro(), w.after.Start.UnixMicro()
	if w.from != 0 && start < w.from {
		return false
	}
	return start < after || start == after && c.ID <= w.after.ID
}

// mostHeld bounds how many finished calls wait in memory for an older one to
// end; then that one is looked up.
const mostHeld = 8192

// emit yields the calls that no older one can come before any more.
func (w *window) emit(ctx context.Context) error {
	for len(w.queue) > 0 && w.mayEmit() {
		if err := w.lookUpCrossing(ctx); err != nil {
			return err
		}
		if len(w.queue) == 0 {
			return nil
		}
		oldest := w.queue[0]
		switch {
		case oldest.call != nil:
			w.queue.drop(oldest)
			w.held--
			if err := w.yield(oldest.call, oldest.reach); err != nil {
				return err
			}
		case w.settled(oldest):
			if err := w.complete(ctx, oldest); err != nil {
				return err
			}
		case w.held >= mostHeld:
			if err := w.lookUp(ctx, []*gathering{oldest}); err != nil {
				return err
			}
		default:
			return nil
		}
	}
	return nil
}

// mayEmit says that every call which was going on at the edge has shown
// itself; until then an older one may turn up.
func (w *window) mayEmit() bool {
	return w.edge == 0 || w.present.at > w.edge+w.silence || w.held >= mostHeld
}

// finish looks up the calls that go on past the end of the period, and yields
// all that is left.
func (w *window) finish(ctx context.Context) error {
	w.count += fewRecords
	if w.until != 0 {
		w.present.at = max(w.present.at, min(w.until, w.pbx.now().UnixMicro()))
	}
	var crossing []*gathering
	for _, g := range w.queue {
		if g.call != nil {
			continue
		}
		if g.inPeriod && (w.crosses(g) || w.goesOn(g)) {
			crossing = append(crossing, g)
		}
	}
	if err := w.lookUp(ctx, crossing); err != nil {
		return err
	}
	for _, g := range slices.Clone(w.queue) {
		if g.call == nil && !g.done {
			if err := w.complete(ctx, g); err != nil {
				return err
			}
		}
	}
	for len(w.queue) > 0 {
		oldest := w.queue[0]
		w.queue.drop(oldest)
		if oldest.call == nil {
			continue
		}
		if err := w.yield(oldest.call, oldest.reach); err != nil {
			return err
		}
	}
	return nil
}
