package journaltest

import (
	"errors"
	"testing"
	"time"

	"ringback/internal/call"
	"ringback/internal/journal"
)

// readPeriod is a period of some minutes of the suite's day at PBX main; a negative end is none.
func readPeriod(from, until int) journal.ReadPeriod {
	p := journal.ReadPeriod{PBX: "main", From: minute(from), Reading: "r1"}
	if until >= 0 {
		p.Until = minute(until)
	}
	return p
}

func minute(n int) time.Time { return now.Truncate(24 * time.Hour).Add(time.Duration(n) * time.Minute) }

// piece is the n-th of some pieces.
func piece(n int) journal.Piece {
	return journal.Piece{N: n, After: int64(n) * 100, UpTo: int64(n)*100 + 100, Digest: "d", LookedUp: []string{}}
}

// remember records calls, if there are any, and remembers them of a piece.
func (b *bench) remember(period journal.ReadPeriod, by string, p journal.Piece, list ...*call.Call) (kept bool) {
	b.t.Helper()
	var calls journal.Remembered
	if len(list) > 0 {
		b.record(list...)
	}
	for _, e := range entries(list) {
		calls.Add(e)
	}
	b.tx(func(tx journal.Tx) (err error) {
		kept, err = journal.RememberPiece(b.ctx(), tx, period, by, p, &calls)
		return err
	})
	return kept
}

// known counts the pieces of a period.
func (b *bench) known(period journal.ReadPeriod) int {
	b.t.Helper()
	list, err := journal.Pieces(b.ctx(), b.Reader(), period)
	b.must(err)
	return len(list)
}

func (b *bench) recall(period journal.ReadPeriod, p journal.Piece) ([]*journal.Entry, bool) {
	b.t.Helper()
	list, ok, err := journal.Recall(b.ctx(), b.Reader(), period, p)
	b.must(err)
	return list, ok
}

func remembered(t *testing.T, b *bench) {
	period := readPeriod(0, 60)
	first, second := piece(0), piece(1)
	first.LookedUp, second.Ends = []string{"7.1", "8.1"}, true
	list := []*call.Call{aCall("main", "10.1", 0), aCall("main", "20.1", 5)}
	same(t, "kept", b.remember(period, "a", first, list...), true)
	same(t, "kept", b.remember(period, "a", second, aCall("main", "30.1", 7)), true)
	pieces, err := journal.Pieces(b.ctx(), b.Reader(), period)
	b.must(err)
	same(t, "pieces", pieces, []journal.Piece{first, second})
	recalled, ok := b.recall(period, first)
	same(t, "remembered", ok, true)
	for what, compare := range map[string]func(journal.Tx) ([]journal.Recorded, error){
		"compared": func(tx journal.Tx) ([]journal.Recorded, error) {
			return journal.CompareCalls(b.ctx(), tx, "main", recalled)
		},
		"recorded": func(tx journal.Tx) ([]journal.Recorded, error) {
			return journal.RecordCalls(b.ctx(), tx, "main", recalled, now)
		},
	} {
		b.tx(func(tx journal.Tx) error {
			got, err := compare(tx)
			same(t, what, got, []journal.Recorded{{State: journal.Same, Revision: 1}, {State: journal.Same, Revision: 1}})
			return err
		})
	}
	b.must(journal.FillRecalled(b.ctx(), b.Reader(), "main", recalled))
	for i, e := range entries(list) {
		same(t, "id", recalled[i].ID, e.ID)
		same(t, "body", string(recalled[i].JSON()), string(e.JSON()))
		same(t, "times", [2]time.Time{recalled[i].Started, recalled[i].Ended}, [2]time.Time{e.Started, e.Ended})
		same(t, "contexts", recalled[i].Contexts(), e.Contexts())
	}
}

func rememberedJustSo(t *testing.T, b *bench) {
	period := readPeriod(0, 60)
	b.remember(period, "a", piece(0))
	for what, other := range map[string]func(*journal.ReadPeriod, *journal.Piece){
		"another PBX":            func(period *journal.ReadPeriod, _ *journal.Piece) { period.PBX = "branch" },
		"another beginning":      func(period *journal.ReadPeriod, _ *journal.Piece) { period.From = minute(1) },
		"another end":            func(period *journal.ReadPeriod, _ *journal.Piece) { period.Until = minute(61) },
		"no end":                 func(period *journal.ReadPeriod, _ *journal.Piece) { period.Until = time.Time{} },
		"another way of reading": func(period *journal.ReadPeriod, _ *journal.Piece) { period.Reading = "r2" },
		"another digest":         func(_ *journal.ReadPeriod, p *journal.Piece) { p.Digest = "e" },
		"other keys":             func(_ *journal.ReadPeriod, p *journal.Piece) { p.UpTo++ },
		"another piece":          func(_ *journal.ReadPeriod, p *journal.Piece) { p.N++ },
	} {
		period, p := period, piece(0)
		other(&period, &p)
		_, ok := b.recall(period, p)
		same(t, "recalled with "+what, ok, false)
	}
	_, ok := b.recall(period, piece(0))
	same(t, "recalled", ok, true)
}

func piecesReplaced(t *testing.T, b *bench) {
	first, second := readPeriod(0, 60), readPeriod(60, 120)
	b.remember(first, "a", piece(0))
	b.remember(first, "a", piece(1))
	b.remember(second, "a", piece(0))
	same(t, "periods side by side", [2]int{b.known(first), b.known(second)}, [2]int{2, 1})
	anew := first
	anew.Reading = "r2"
	b.remember(anew, "b", piece(0))
	same(t, "read in another way", [2]int{b.known(first), b.known(anew)}, [2]int{0, 1})
	same(t, "others stay", b.known(second), 1)
	open := readPeriod(119, -1)
	b.remember(open, "c", piece(0))
	same(t, "a period that begins within", [2]int{b.known(second), b.known(open)}, [2]int{0, 1})
	same(t, "others stay", b.known(anew), 1)
	b.tx(func(tx journal.Tx) error { return journal.Forget(b.ctx(), tx, readPeriod(0, -1)) })
	same(t, "all forgotten", [2]int{b.known(anew), b.known(open)}, [2]int{0, 0})
}

func piecesOfTwoReaders(t *testing.T, b *bench) {
	period := readPeriod(0, 60)
	same(t, "one begins", b.remember(period, "a", piece(0)), true)
	same(t, "and goes on", b.remember(period, "a", piece(1)), true)
	same(t, "another begins", b.remember(period, "b", piece(0)), true)
	same(t, "the first leaves off", b.remember(period, "a", piece(2)), false)
	same(t, "also where the other will get to", b.remember(period, "a", piece(1)), false)
	same(t, "the other goes on", b.remember(period, "b", piece(1)), true)
	same(t, "pieces", b.known(period), 2)
	same(t, "a gap", b.remember(period, "b", piece(3)), false)
	other := piece(2)
	other.After++
	same(t, "keys with a gap", b.remember(period, "b", other), true)
	same(t, "what is before the gap is known", b.known(period), 2)
}

func recalledWrongly(t *testing.T, b *bench) {
	for what, change := range map[string]func(pbx string){
		"a call that has changed": func(pbx string) {
			b.record(aCall(pbx, "10.1", 0, joins("11.1"), func(c *call.Call) { c.Result = call.Missed }))
		},
		"one that is not recorded":         nil,
		"one of which a part was recorded": func(pbx string) { b.record(aCall(pbx, "11.1", 1)) },
	} {
		period := readPeriod(0, 60)
		period.PBX = what
		c := aCall(what, "10.1", 0, joins("11.1"))
		if change == nil {
			var calls journal.Remembered
			calls.Add(journal.NewEntry(c))
			b.tx(func(tx journal.Tx) error {
				_, err := journal.RememberPiece(b.ctx(), tx, period, "a", piece(0), &calls)
				return err
			})
		} else {
			b.remember(period, "a", piece(0), c)
			change(what)
		}
		recalled, ok := b.recall(period, piece(0))
		same(t, "remembered", ok, true)
		err := b.InTx(b.ctx(), func(tx journal.Tx) error {
			_, err := journal.RecordCalls(b.ctx(), tx, what, recalled, now)
			return err
		})
		if forgotten, ok := errors.AsType[*journal.ForgottenError](err); !ok || forgotten.ID != "10.1" {
			t.Errorf("%s gives %v", what, err)
		}
	}
}

func recalledOutdated(t *testing.T, b *bench) {
	period := readPeriod(0, 60)
	b.remember(period, "a", piece(0), aCall("main", "10.1", 0), aCall("main", "20.1", 3))
	b.record(aCall("main", "5.1", -1, joins("10.1")))
	b.record(aCall("main", "20.1", 3, joins("30.1")))
	recalled, _ := b.recall(period, piece(0))
	b.tx(func(tx journal.Tx) error {
		got, err := journal.RecordCalls(b.ctx(), tx, "main", recalled, now)
		same(t, "recorded", got, []journal.Recorded{
			{State: journal.Outdated, Revision: 1, PartOf: "5.1"}, {State: journal.Outdated, Revision: 2},
		})
		return err
	})
}
