package sourcetest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"ringback/internal/cel"
	"ringback/internal/cel/source"
)

// digested is a table of sixteen hours, ten seconds from row to row, and a period in its midst.
type digested struct {
	t           *testing.T
	place       Place
	source      source.Digester
	from, until time.Time
}

func newDigested(t *testing.T, b Backend, l Layout, records []cel.Record) *digested {
	t.Helper()
	p := b.Create(t, l)
	p.Insert(t, rows(l, records))
	d := &digested{t: t, place: p, from: noon.Add(15000 * time.Second), until: noon.Add(45000 * time.Second)}
	d.open()
	return d
}

func (d *digested) open() {
	d.t.Helper()
	s, ok := Open(d.t, d.place, source.Options{}).(source.Digester)
	if !ok {
		d.t.Fatal("the source makes no digests")
	}
	d.source = s
}

// digest is that of the period's keys as they are when there are no others.
func (d *digested) digest() string {
	d.t.Helper()
	digest, err := d.source.Digest(d.t.Context(), 1500, 4500)
	if err != nil {
		d.t.Fatal(err)
	}
	return digest
}

// told expects another digest after a change, and the same as before once it is undone.
func (d *digested) told(what, change, undo string) {
	d.t.Helper()
	before := d.digest()
	d.place.Exec(d.t, change)
	if d.digest() == before {
		d.t.Errorf("%s: the digest stays the same after %s", what, change)
	}
	d.place.Exec(d.t, undo)
	if d.digest() != before {
		d.t.Errorf("%s: the digest is another when all is as it was: %s", what, undo)
	}
}

// digests changes rows in every way that there is.
func digests(t *testing.T, b Backend) {
	if !b.Digests {
		withoutDigests(t, b)
		return
	}
	t.Run("a digest tells of every change to a row", func(t *testing.T) { changesOfRows(t, b) })
	t.Run("a digest tells of rows that come and go", func(t *testing.T) { changesOfTables(t, b) })
	t.Run("a digest is made of every form of time", func(t *testing.T) { digestsOfTimes(t, b) })
	t.Run("pieces are what a scan hands over, and are told of before", func(t *testing.T) { pieces(t, b) })
	t.Run("no digest is made where rows are not found by key", func(t *testing.T) { noDigests(t, b) })
}

func changesOfRows(t *testing.T, b Backend) {
	for _, l := range []Layout{{}, {NULLs: true, Reversed: true}} {
		d := newDigested(t, b, l, calls(1, 6000))
		for f := range source.NumFields {
			name := source.Field(f).String()
			value, old := "'changed'", fmt.Sprintf("(SELECT %s FROM (SELECT * FROM cel WHERE id = 2998) AS other)", name)
			switch source.Field(f) {
			case source.EventTime:
				value = "(SELECT eventtime FROM (SELECT * FROM cel WHERE id = 3002) AS other)"
				old = "'" + noon.Add(29990*time.Second+123456*time.Microsecond).Format("2006-01-02 15:04:05.000000") + "'"
			case source.UniqueID, source.LinkedID, source.ChanName: // these differ from row to row
				d.place.Exec(t, fmt.Sprintf("UPDATE cel SET %s = %s WHERE id = 3000", name, old))
			}
			d.told(name, fmt.Sprintf("UPDATE cel SET %s = %s WHERE id = 3000", name, value), fmt.Sprintf("UPDATE cel SET %s = %s WHERE id = 3000", name, old))
		}
		d.place.Exec(t, "UPDATE cel SET cid_num = '1002', cid_ani = '1003' WHERE id = 3000")
		d.place.Exec(t, "UPDATE cel SET cid_num = '1004' WHERE id = 3001")
		d.told("values change places between rows",
			"UPDATE cel SET cid_num = CASE id WHEN 3000 THEN '1004' ELSE '1002' END WHERE id IN (3000, 3001)",
			"UPDATE cel SET cid_num = CASE id WHEN 3000 THEN '1002' ELSE '1004' END WHERE id IN (3000, 3001)")
		d.told("values change places between columns", "UPDATE cel SET cid_num = '1003', cid_ani = '1002' WHERE id = 3000",
			"UPDATE cel SET cid_num = '1002', cid_ani = '1003' WHERE id = 3000")
		const swap = "UPDATE cel SET id = -1 WHERE id = 3000;\nUPDATE cel SET id = 3000 WHERE id = 3001;\nUPDATE cel SET id = 3001 WHERE id = -1;\n"
		d.told("rows change places", swap, swap)
	}
}

func changesOfTables(t *testing.T, b Backend) {
	d := newDigested(t, b, Layout{}, calls(1, 6000))
	before := d.digest()
	if before == "" {
		t.Fatal("there is no digest")
	}
	if d.open(); d.digest() != before {
		t.Error("opened anew, it is another")
	}
	d.place.Exec(t, "UPDATE cel SET cid_num = '1' WHERE id IN (1500, 4501)")
	d.place.Insert(t, rows(Layout{}, []cel.Record{record(6001, noon.Add(17*time.Hour))}))
	if d.digest() != before {
		t.Error("rows with other keys make it another")
	}
	d.place.Exec(t, "DELETE FROM cel WHERE id = 3000")
	if d.digest() == before {
		t.Error("it is the same after a row was taken away")
	}
	d.place.Insert(t, rows(Layout{}, calls(1, 3000)[2999:]))
	if d.digest() != before {
		t.Error("it is another when the row is there again")
	}
	d.place.Exec(t, "DELETE FROM cel")
	if d.digest() == before {
		t.Error("it is the same of an empty table")
	}
}

func digestsOfTimes(t *testing.T, b Backend) {
	for _, form := range b.Times {
		d := newDigested(t, b, Layout{Time: form}, calls(1, 1600))
		digest := d.digest()
		if digest == "" || d.digest() != digest {
			t.Errorf("form %d: %q, then %q", form, digest, d.digest())
		}
	}
}

// pieces compares the pieces of periods with scans of them.
func pieces(t *testing.T, b Backend) {
	random := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 1))
	records := untidy(random, 3000)
	// Keys that leave much out make a piece of few rows.
	for i := range records {
		records[i].ID *= 100
	}
	d := newDigested(t, b, Layout{}, records)
	for range 10 {
		from, until := randomPeriod(random, records)
		scanned := Scan(t, d.source, from, until)
		var told []source.Piece
		var handed []cel.Record
		err := d.source.ScanPieces(t.Context(), from, until, func(p source.Piece) error {
			told = append(told, p)
			return nil
		}, func(batch []cel.Record) error {
			if last := told[len(told)-1]; batch[0].ID <= last.After || batch[len(batch)-1].ID > last.UpTo {
				t.Errorf("records %d to %d come with the piece %+v", batch[0].ID, batch[len(batch)-1].ID, last)
			}
			handed = append(handed, batch...)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if d := diff(scanned, handed); d != "" {
			t.Errorf("%v to %v (-scanned +in pieces):\n%s", from, until, d)
		}
		after, upto, err := d.source.Range(t.Context(), from, until)
		if err != nil {
			t.Fatal(err)
		}
		checkPieces(t, d.source, told, after, upto, int64(len(scanned)))
	}
	toldBefore(t, d)
	stop := errors.New("stop")
	if err := d.source.ScanPieces(t.Context(), time.Time{}, time.Time{}, func(source.Piece) error { return stop }, nil); !errors.Is(err, stop) {
		t.Errorf("a scan that is stopped when it tells of a piece gives %v", err)
	}
}

// toldBefore changes a row when its piece was told of: it must be read as it is then, and its digest be that from before.
func toldBefore(t *testing.T, d *digested) {
	t.Helper()
	var changed source.Piece
	var read string
	err := d.source.ScanPieces(t.Context(), time.Time{}, time.Time{}, func(p source.Piece) error {
		if changed.Digest == "" {
			changed = p
			d.place.Exec(t, fmt.Sprintf("UPDATE cel SET cid_num = '4711' WHERE id = (SELECT id FROM (SELECT min(id) AS id FROM cel WHERE id > %d) AS first)", p.After))
		}
		return nil
	}, func(batch []cel.Record) error {
		if read == "" {
			read = batch[0].CIDNum
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	now, err := d.source.Digest(t.Context(), changed.After, changed.UpTo)
	if err != nil {
		t.Fatal(err)
	}
	if read != "4711" || now == changed.Digest {
		t.Errorf("a row that changed after its piece was told of is read as of %q; the digest was %q and is %q", read, changed.Digest, now)
	}
}

// checkPieces expects pieces that make up the keys in (after, upto], with so many rows.
func checkPieces(t *testing.T, s source.Digester, pieces []source.Piece, after, upto, rows int64) {
	t.Helper()
	for _, p := range pieces {
		digest, err := s.Digest(t.Context(), p.After, p.UpTo)
		if err != nil {
			t.Fatal(err)
		}
		if p.After != after || p.UpTo <= p.After || p.Digest == "" || p.Digest != digest {
			t.Errorf("the piece %+v follows key %d; its digest is %q", p, after, digest)
		}
		after = p.UpTo
		rows -= p.Rows
	}
	if len(pieces) > 0 && after != upto || rows != 0 {
		t.Errorf("the pieces end with key %d and not %d, %d rows are in none", after, upto, rows)
	}
}

// noDigests reads tables in which a period's rows cannot be found by key.
func noDigests(t *testing.T, b Backend) {
	late := calls(1, 6000)
	for i := range late[3000:] {
		late[3000+i].At -= 30 * 86400 * 1_000_000
	}
	for what, table := range map[string]struct {
		layout  Layout
		records []cel.Record
	}{
		"a table without a key":       {Layout{Key: "-"}, calls(0, 100)},
		"rows that were put in later": {Layout{}, late},
	} {
		d := newDigested(t, b, table.layout, table.records)
		if got := d.digest(); got != "" {
			t.Errorf("%s: digest %q", what, got)
		}
		d.scansWithoutDigests(noon, time.Time{})
	}
}

// scansWithoutDigests expects all records and no digest.
func (d *digested) scansWithoutDigests(from, until time.Time) {
	d.t.Helper()
	var handed []cel.Record
	err := d.source.ScanPieces(d.t.Context(), from, until, func(p source.Piece) error {
		if p.Digest != "" {
			d.t.Errorf("the piece %+v", p)
		}
		return nil
	}, func(batch []cel.Record) error {
		handed = append(handed, batch...)
		return nil
	})
	if err != nil {
		d.t.Fatal(err)
	}
	if diff := diff(Scan(d.t, d.source, from, until), handed); diff != "" {
		d.t.Errorf("(-scanned +in pieces):\n%s", diff)
	}
}

// withoutDigests expects that a source which has no digests says so.
func withoutDigests(t *testing.T, b Backend) {
	p := b.Create(t, Layout{})
	p.Insert(t, rows(Layout{}, calls(1, 6000)))
	s, ok := Open(t, p, source.Options{}).(source.Digester)
	if !ok {
		return
	}
	d := &digested{t: t, place: p, source: s}
	if got := d.digest(); got != "" {
		t.Errorf("digest %q", got)
	}
	d.scansWithoutDigests(noon, time.Time{})
}
