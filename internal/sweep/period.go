package sweep

import (
	"context"
	"time"

	"golang.org/x/sync/errgroup"

	"ringback/internal/call"
	"ringback/internal/cel"
)

// Reach says how far the records reach that a call was worked out from.
type Reach bool

// The reaches of a call.
const (
	// Within: the period's own records, as the source handed them over.
	Within Reach = false
	// Beyond: records that were looked up as well. They may change while the period's do not.
	Beyond Reach = true
)

// Period yields every call of which any record lies in [from, until), whole,
// in order of start, then id; a zero until means up to now, a zero from since
// the oldest record. With a cursor it goes on with the calls after it; calls
// that began before the period may come again then. Calls that have not ended
// are yielded with InProgress set. An error of yield stops it and is returned
// as it is.
func Period(ctx context.Context, pbx PBX, from, until time.Time, after Cursor, yield func(*call.Call) error) error {
	return PeriodWithReach(ctx, pbx, from, until, after, func(c *call.Call, _ Reach) error { return yield(c) })
}

// PeriodWithReach is Period, and says of each call how far it reaches. What is said holds for a
// source with FastLookup; others hand over records beyond the period as well.
func PeriodWithReach(ctx context.Context, pbx PBX, from, until time.Time, after Cursor, yield func(*call.Call, Reach) error) error {
	w := &window{
		pbx: pbx, from: micros(from), until: micros(until), after: after, yield: yield,
		board: newBoard(), rooms: make(rooms), taken: make(map[string]bool),
		assembler: call.NewAssembler(pbx.settings()), silence: pbx.silence().Microseconds(),
	}
	start, end := w.span(from, until)
	w.edge = micros(start)
	if err := w.read(ctx, start, end); err != nil {
		return err
	}
	return w.finish(ctx)
}

func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

// span is what must be read for the period. Where a look-up means a pass over
// everything, calls that cross the edges are read rather than looked up.
func (w *window) span(from, until time.Time) (start, end time.Time) {
	start, end = from, until
	if w.after.Start.After(start) {
		start = w.after.Start
	}
	if w.pbx.Source.Description().FastLookup {
		return start, end
	}
	if !start.IsZero() {
		start = start.Add(-w.pbx.silence())
	}
	if !end.IsZero() {
		end = end.Add(w.pbx.silence())
	}
	return start, end
}

// window is the state of reading a period: what lies between the oldest call
// that has not been yielded and the newest record read.
type window struct {
	pbx         PBX
	from, until int64
	after       Cursor
	yield       func(*call.Call, Reach) error

	assembler *call.Assembler
	silence   int64
	// edge is where reading began; 0 when it began with the oldest record.
	edge int64
	// present is the time up to which records were read.
	present present
	// count is how many records were read.
	count int64

	board *board
	rooms rooms
	queue queue
	// closing are gatherings whose channels have all ended, in the order in
	// which that was seen; more records may still come for a moment.
	closing []*gathering
	// held counts finished calls that wait for older ones.
	held int
	// taken are the ids of calls that were looked up whole before all their
	// records were read; "" is none of them.
	taken map[string]bool
}

// Batches on the way from the source to the assembly.
const batchesAhead = 4

// read takes records from the source in one goroutine and works on them in
// another: the server, the reading and the assembly go on at once.
func (w *window) read(ctx context.Context, start, end time.Time) error {
	group, ctx := errgroup.WithContext(ctx)
	batches := make(chan []cel.Record, batchesAhead)
	free := make(chan []cel.Record, batchesAhead+2)
	group.Go(func() error {
		defer close(batches)
		return w.pbx.Source.Scan(ctx, start, end, func(batch []cel.Record) error {
			var buffer []cel.Record
			select {
			case buffer = <-free:
			default:
			}
			buffer = append(buffer[:0], batch...)
			select {
			case batches <- buffer:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
	})
	group.Go(func() error {
		for batch := range batches {
			if err := w.take(ctx, batch); err != nil {
				return err
			}
			select {
			case free <- batch:
			default:
			}
		}
		return nil
	})
	return group.Wait()
}

// take sorts a batch into gatherings, and yields the calls that are ready.
func (w *window) take(ctx context.Context, batch []cel.Record) error {
	for i := range batch {
		r := &batch[i]
		if r.LinkedID == "" && r.UniqueID == "" { // nobody can say which call it belongs to
			continue
		}
		if len(w.taken) > 0 && (w.taken[r.LinkedID] || w.taken[r.UniqueID]) {
			continue
		}
		w.sort(r)
	}
	if err := w.close(ctx); err != nil {
		return err
	}
	return w.emit(ctx)
}

func (w *window) sort(r *cel.Record) {
	g, gone := w.board.add(r)
	w.count++
	g.seen = w.count
	if gone != nil {
		w.queue.drop(gone)
		gone.done = true
	}
	if r.At >= w.from && (w.until == 0 || r.At < w.until) {
		g.inPeriod = true
	}
	w.present.see(r.At)
	if g.place < 0 || gone != nil || r.At == g.first {
		w.queue.put(g)
	}
	if g.ended() && !g.closing {
		g.closing = true
		w.closing = append(w.closing, g)
	}
	if r.Type == cel.BridgeEnter || r.Type == cel.BridgeExit {
		w.rooms.note(g, r)
	}
}
