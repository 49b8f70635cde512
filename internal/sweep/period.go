package sweep

import (
	"context"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"ringback/internal/call"
	"ringback/internal/cel"
)

// Period yields every call of which any record lies in [from, until), whole,
// in order of start, then id; a zero until means up to now, a zero from since
// the oldest record. With a cursor it goes on with the calls after it; calls
// that began before the period may come again then. Calls that have not ended
// are yielded with InProgress set. An error of yield stops it and is returned
// as it is.
func Period(ctx context.Context, pbx PBX, from, until time.Time, after Cursor, yield func(*call.Call) error) error {
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
	yield       func(*call.Call) error

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
	// records were read.
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
		w.rooms.note(w.board, g, r)
	}
}

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

// crosses says that the beginning of a call may lie before the place where
// reading began.
func (w *window) crosses(g *gathering) bool {
	return w.edge != 0 && g.headless > 0 && g.first < w.edge+w.silence
}

// complete assembles a call of which all records were read.
func (w *window) complete(ctx context.Context, g *gathering) error {
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
			if err := w.yield(oldest.call); err != nil {
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
		w.board.remove(g)
		w.rooms.leave(g)
		for _, id := range g.ids() {
			w.taken[id] = true
		}
	}
	return nil
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
		for i := range group.Records {
			w.taken[group.Records[i].LinkedID] = true
			w.taken[group.Records[i].UniqueID] = true
		}
		w.finished(&gathering{place: -1}, w.assembler.Assemble(group))
	}
	return nil
}

// given says that these records' call was looked up before.
func (w *window) given(records []cel.Record) bool {
	return slices.ContainsFunc(records, func(r cel.Record) bool { return w.taken[r.LinkedID] })
}

func (w *window) inPeriod(records []cel.Record) bool {
	return slices.ContainsFunc(records, func(r cel.Record) bool {
		return r.At >= w.from && (w.until == 0 || r.At < w.until)
	})
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
		if err := w.yield(oldest.call); err != nil {
			return err
		}
	}
	return nil
}

// goesOn says that records of a call may lie past the end of what was read.
func (w *window) goesOn(g *gathering) bool {
	return w.until != 0 && !w.settled(g)
}
