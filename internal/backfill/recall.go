package backfill

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"ringback/internal/call"
	"ringback/internal/cel/source"
	"ringback/internal/journal"
	"ringback/internal/sweep"
)

// Errors of a recall that ended after some calls: from there on, the records are no longer those that
// are remembered. errAnew says that most of the period remains to be read, so that it is best read whole, to be remembered.
var (
	errChanged = errors.New("the last records have changed")
	errAnew    = errors.New("the records have changed")
)

// read hands over the calls of a walk, in order of start. A period that was read before is recalled, as far
// as its records have not changed: calls come of the records up to some place and of nothing after it, save those that
// are looked up. After the cursor, or from where records have changed, they are read. recall says that the period may be recalled.
func (w *worker) read(ctx context.Context, pbx sweep.PBX, walk journal.Walk, after sweep.Cursor, recall bool, yield yielder) error {
	d, period := w.digester(pbx, walk)
	if d == nil || !after.Start.IsZero() {
		return w.config.Period(ctx, pbx, walk.From, walk.Until, after, func(c *call.Call, _ sweep.Reach) error {
			return yield(journal.NewEntry(c))
		})
	}
	if recall {
		r := recaller{worker: w, pbx: pbx, source: d, period: period, yield: yield}
		if all, err := r.recall(ctx); all || err != nil {
			return err
		}
	}
	if w.run.DryRun {
		d = nil // what is not recorded cannot be recalled
	}
	return w.readAndRemember(ctx, pbx, d, period, yield)
}

// digester is the PBX's source if it can tell whether records have changed, and if what it
// tells can be gone by: not where calls that reach beyond a period are read with it, not looked up.
func (w *worker) digester(pbx sweep.PBX, walk journal.Walk) (source.Digester, journal.ReadPeriod) {
	period := journal.ReadPeriod{PBX: walk.PBX, From: walk.From, Until: walk.Until}
	for _, p := range w.config.PBX {
		if p.Name == walk.PBX {
			period.Reading = p.Reading
		}
	}
	d, ok := pbx.Source.(source.Digester)
	if !ok || period.Reading == "" || !d.Description().FastLookup {
		return nil, period
	}
	return d, period
}

// forget drops what is remembered of a walk.
func (w *worker) forget(ctx context.Context, walk journal.Walk) error {
	return w.persist(ctx, func(tx journal.Tx) error {
		return journal.Forget(ctx, tx, journal.ReadPeriod{PBX: walk.PBX, From: walk.From, Until: walk.Until})
	})
}

// recaller hands over what is remembered of a period.
type recaller struct {
	*worker

	pbx    sweep.PBX
	source source.Digester
	period journal.ReadPeriod
	yield  yielder
	// upto is the key of the period's last record, handed how many calls were handed over.
	upto   int64
	handed int
}

// recall hands over piece after piece as long as its records are the same. all is true when that was
// the whole period; when some calls were handed over and not all, the error is errChanged or errAnew.
func (r *recaller) recall(ctx context.Context) (all bool, err error) {
	pieces, whole, err := r.known(ctx)
	if err != nil || len(pieces) == 0 {
		return false, err
	}
	looking, stop := context.WithCancel(ctx)
	same := make(chan journal.Piece)
	ended := make(chan error, 1)
	go func() {
		defer close(same)
		ended <- r.compare(looking, pieces, same)
	}()
	n := 0
	for p := range same {
		var ok bool
		if ok, err = r.hand(ctx, p); err != nil || !ok {
			break
		}
		n++
	}
	stop()
	compareErr := <-ended
	switch {
	case err != nil:
		return false, err
	case ctx.Err() != nil:
		return false, ctx.Err()
	case n == len(pieces) && whole:
		return true, nil
	case compareErr != nil && !errors.Is(compareErr, context.Canceled):
		return false, compareErr
	}
	return false, r.partly(pieces, n)
}

// known are the remembered pieces that may be gone by, if the period's records begin where they began. whole says that they end
// where the period ends now; otherwise the last one is left out if the period ended with it: calls that went on were cut there.
func (r *recaller) known(ctx context.Context) (pieces []journal.Piece, whole bool, err error) {
	err = r.persist(ctx, func(tx journal.Tx) (err error) {
		pieces, err = journal.Pieces(ctx, tx, r.period)
		return err
	})
	if err != nil || len(pieces) == 0 {
		return nil, false, err
	}
	var after int64
	after, r.upto, err = r.source.Range(ctx, r.period.From, r.period.Until)
	if err != nil || pieces[0].After != after {
		return nil, false, err
	}
	last := pieces[len(pieces)-1]
	whole = last.Ends && last.UpTo == r.upto
	if last.Ends && !whole {
		pieces = pieces[:len(pieces)-1]
	}
	return pieces, whole, nil
}

// compare hands on pieces until one has changed.
func (r *recaller) compare(ctx context.Context, pieces []journal.Piece, same chan<- journal.Piece) error {
	for _, p := range pieces {
		digest, err := r.source.Digest(ctx, p.After, p.UpTo)
		if err != nil || digest != p.Digest {
			return err
		}
		select {
		case same <- p:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// hand hands over the calls that came with a piece; those for which records beyond the period were read are looked up
// again. ok is false when the piece is remembered no more.
func (r *recaller) hand(ctx context.Context, p journal.Piece) (ok bool, err error) {
	var recalled []*journal.Entry
	err = r.persist(ctx, func(tx journal.Tx) (err error) {
		recalled, ok, err = journal.Recall(ctx, tx, r.period, p)
		return err
	})
	if err != nil || !ok {
		return false, err
	}
	entries, err := r.lookUp(ctx, p.LookedUp, recalled)
	if err != nil {
		return false, err
	}
	for _, e := range entries {
		if err := r.yield(e); err != nil {
			return false, err
		}
		r.handed++
	}
	return true, nil
}

// lookUp adds the calls of some linkedids, in order of start, and takes away what has become a part of them.
func (r *recaller) lookUp(ctx context.Context, ids []string, recalled []*journal.Entry) ([]*journal.Entry, error) {
	if len(ids) == 0 {
		return recalled, nil
	}
	entries := make([]*journal.Entry, 0, len(ids)+len(recalled))
	parts := make(map[string]bool)
	_, err := r.config.IDs(ctx, r.pbx, ids, func(c *call.Call) error {
		for _, id := range slices.Concat(c.LinkedIDs, c.UniqueIDs) {
			parts[id] = true
		}
		entries = append(entries, journal.NewEntry(c))
		return nil
	})
	entries = append(entries, slices.DeleteFunc(recalled, func(e *journal.Entry) bool { return parts[e.ID] })...)
	slices.SortStableFunc(entries, func(a, b *journal.Entry) int {
		return cmp.Or(a.Started.Compare(b.Started), cmp.Compare(a.ID, b.ID))
	})
	return entries, err
}

// partly ends a recall after n of some pieces.
func (r *recaller) partly(pieces []journal.Piece, n int) error {
	switch {
	case r.handed == 0:
		return nil
	case r.upto-pieces[n-1].UpTo > pieces[n-1].UpTo-pieces[0].After:
		return errAnew
	}
	return errChanged
}
