package backfill

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"golang.org/x/sync/errgroup"

	"ringback/internal/call"
	"ringback/internal/cel/source"
	"ringback/internal/journal"
	"ringback/internal/sweep"
)

// read hands over the calls of a walk, in order of start: of a period that was read before and of which no record has
// changed, as the journal remembers them, else as the records are read. recall says that the journal may be asked.
func (w *worker) read(ctx context.Context, pbx sweep.PBX, walk journal.Walk, after sweep.Cursor, recall bool, yield yielder) error {
	d, period := w.digester(pbx, walk)
	whole := d != nil && after.Start.IsZero()
	if whole && recall {
		r := recaller{worker: w, pbx: pbx, source: d, period: period}
		if all, err := r.recall(ctx, yield); all || err != nil {
			return err
		}
	}
	if whole && !w.run.DryRun { // what is not recorded cannot be recalled
		return w.readAndRemember(ctx, pbx, d, period, yield)
	}
	return w.config.Period(ctx, pbx, walk.From, walk.Until, after, func(c *call.Call, _ sweep.Reach) error {
		return yield(journal.NewEntry(c))
	})
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

// forget drops what is remembered of a walk, which did not hold.
func (w *worker) forget(ctx context.Context, walk journal.Walk) error {
	if w.run.DryRun {
		return nil
	}
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
}

// recall hands over the calls of the period, if it is remembered and no record has changed; all says whether.
func (r *recaller) recall(ctx context.Context, yield yielder) (all bool, err error) {
	pieces, err := r.known(ctx)
	if err != nil || len(pieces) == 0 {
		return false, err
	}
	if same, err := r.same(ctx, pieces); err != nil || !same {
		return false, err
	}
	for _, p := range pieces {
		entries, err := r.piece(ctx, p)
		if err != nil {
			return false, err
		}
		for _, e := range entries {
			if err := yield(e); err != nil {
				return false, err
			}
		}
	}
	return true, nil
}

// known are the remembered pieces if they are the whole period, which begins and ends with the same keys still; else none.
func (r *recaller) known(ctx context.Context) (pieces []journal.Piece, err error) {
	err = r.persist(ctx, func(tx journal.Tx) (err error) {
		pieces, err = journal.Pieces(ctx, tx, r.period)
		return err
	})
	if err != nil || len(pieces) == 0 || !pieces[len(pieces)-1].Ends {
		return nil, err
	}
	after, upto, err := r.source.Range(ctx, r.period.From, r.period.Until)
	if err != nil || pieces[0].After != after || pieces[len(pieces)-1].UpTo != upto {
		return nil, err
	}
	return pieces, nil
}

// digestsAtOnce is how many digests the PBX's database makes at a time.
const digestsAtOnce = 2

// errChanged says that records have changed.
var errChanged = errors.New("the records have changed")

// same says that no record of the pieces has changed.
func (r *recaller) same(ctx context.Context, pieces []journal.Piece) (bool, error) {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(digestsAtOnce)
	for _, p := range pieces {
		group.Go(func() error {
			if err := ctx.Err(); err != nil {
				return err
			}
			digest, err := r.source.Digest(ctx, p.After, p.UpTo)
			if err == nil && digest != p.Digest {
				return errChanged
			}
			return err
		})
	}
	err := group.Wait()
	if errors.Is(err, errChanged) {
		return false, nil
	}
	return err == nil, err
}

// piece gives the calls that came with a piece; those for which records beyond the period were read are looked up
// again. A piece that is remembered no more is a *journal.ForgottenError.
func (r *recaller) piece(ctx context.Context, p journal.Piece) (entries []*journal.Entry, err error) {
	var ok bool
	err = r.persist(ctx, func(tx journal.Tx) (err error) {
		entries, ok, err = journal.Recall(ctx, tx, r.period, p)
		return err
	})
	if err == nil && !ok {
		err = &journal.ForgottenError{}
	}
	if err != nil || len(p.LookedUp) == 0 {
		return entries, err
	}
	return r.lookUp(ctx, p.LookedUp, entries)
}

// lookUp adds the calls of some linkedids, in order of start, and takes away what has become a part of them.
func (r *recaller) lookUp(ctx context.Context, ids []string, recalled []*journal.Entry) ([]*journal.Entry, error) {
	entries := make([]*journal.Entry, 0, len(ids)+len(recalled))
	parts := make(map[string]bool)
	err := sweep.IDsWithin(ctx, r.pbx, ids, r.period.From, r.period.Until, func(c *call.Call) error {
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
