package backfill

import (
	"context"
	"crypto/rand"
	"sync"
	"time"

	"ringback/internal/call"
	"ringback/internal/cel"
	"ringback/internal/cel/source"
	"ringback/internal/journal"
	"ringback/internal/sweep"
)

const (
	// leastRows is how many rows a period must have to be remembered: fewer are read as quickly as it
	// is seen whether they have changed.
	leastRows = 20_000
	// mostLookedUp is how many linkedids may be looked up again for a piece.
	mostLookedUp = 2000
)

// readAndRemember hands over the calls of a whole period, and remembers which ones came of it.
func (w *worker) readAndRemember(ctx context.Context, pbx sweep.PBX, d source.Digester, period journal.ReadPeriod, yield yielder) error {
	pieces := &pieces{Digester: d, from: period.From, until: period.Until}
	pbx.Source = pieces
	m := &memory{worker: w, period: period, pieces: pieces, by: rand.Text()}
	err := w.config.Period(ctx, pbx, period.From, period.Until, sweep.Cursor{}, func(c *call.Call, reach sweep.Reach) error {
		e := journal.NewEntry(c)
		if err := m.add(ctx, c, e, reach); err != nil {
			return err
		}
		return yield(e)
	})
	if err != nil {
		return err
	}
	return m.end(ctx)
}

// pieces is a source that notes of which pieces the records of a period were.
type pieces struct {
	source.Digester

	from, until time.Time

	mu     sync.Mutex
	begun  bool
	pieces []source.Piece
}

// Scan notes the pieces of the first scan of the period; others search it for somebody.
func (p *pieces) Scan(ctx context.Context, from, until time.Time, yield func(batch []cel.Record) error) error {
	p.mu.Lock()
	first := !p.begun && from.Equal(p.from) && until.Equal(p.until)
	p.begun = p.begun || first
	p.mu.Unlock()
	if !first {
		return p.Digester.Scan(ctx, from, until, yield)
	}
	return p.ScanPieces(ctx, from, until, func(piece source.Piece) error {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.pieces = append(p.pieces, piece)
		return nil
	}, yield)
}

// since are the pieces from the n-th on that were told of by now.
func (p *pieces) since(n int) []source.Piece {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.pieces[min(n, len(p.pieces)):]
}

// memory remembers calls as they come, each with the piece that is being read. When one of them cannot be remembered, the
// end of the period is not either, and nothing of it will be recalled.
type memory struct {
	*worker

	period journal.ReadPeriod
	pieces *pieces
	// by names this reading of the period.
	by string
	// n is the piece that calls are being gathered for; rows are those of it and of the pieces before, held the pieces
	// that wait until there are rows enough.
	n        int
	calls    journal.Remembered
	lookedUp []string
	rows     int64
	held     []gathered
	// lost says that nothing more is remembered.
	lost bool
}

// gathered is a piece with its calls.
type gathered struct {
	journal.Piece

	calls journal.Remembered
}

func (m *memory) add(ctx context.Context, c *call.Call, e *journal.Entry, reach sweep.Reach) error {
	if m.lost {
		return nil
	}
	if told := m.pieces.since(m.n); len(told) > 1 {
		if err := m.keep(ctx, told[:len(told)-1], false); err != nil {
			return err
		}
	}
	switch {
	case c.InProgress, len(m.lookedUp) > mostLookedUp: // it will not be the same again, or is not worth it
		m.lost = true
	case reach == sweep.Beyond:
		m.lookedUp = append(m.lookedUp, c.LinkedIDs...)
	default:
		m.calls.Add(e)
	}
	return nil
}

// end keeps what is left when the period was read.
func (m *memory) end(ctx context.Context) error {
	if told := m.pieces.since(m.n); !m.lost && len(told) > 0 {
		return m.keep(ctx, told, true)
	}
	return nil
}

// keep writes pieces that get no more calls. Those gathered came with the first one.
func (m *memory) keep(ctx context.Context, told []source.Piece, ends bool) error {
	for i, p := range told {
		if m.lost = m.lost || p.Digest == ""; m.lost {
			return nil
		}
		m.rows += p.Rows
		m.held = append(m.held, gathered{journal.Piece{
			N: m.n, After: p.After, UpTo: p.UpTo, Digest: p.Digest, Ends: ends && i == len(told)-1, LookedUp: m.lookedUp,
		}, m.calls})
		m.n, m.calls, m.lookedUp = m.n+1, journal.Remembered{}, nil
	}
	if m.rows < m.least {
		return nil
	}
	held := m.held
	m.held = nil
	return m.persist(ctx, func(tx journal.Tx) error {
		for i := range held {
			kept, err := journal.RememberPiece(ctx, tx, m.period, m.by, held[i].Piece, &held[i].calls)
			if err != nil {
				return err
			}
			if !kept { // another run reads the same
				m.lost = true
				return nil
			}
		}
		return nil
	})
}
