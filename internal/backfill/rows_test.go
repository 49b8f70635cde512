package backfill

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"ringback/internal/call/expect"
	"ringback/internal/captures"
	"ringback/internal/cel"
	"ringback/internal/cel/source"
	"ringback/internal/dialplan"
	"ringback/internal/journal"
	"ringback/internal/sweep"
)

// rows is a table in memory that can tell whether its rows have changed.
type rows struct {
	mu      sync.Mutex
	records []cel.Record
	// fail makes Scan fail after so many rows, once; 0 is never.
	fail int
	// scanned counts the rows handed over.
	scanned int
}

var _ source.Digester = (*rows)(nil)

// newRows is what a PBX wrote in a night: calls of many kinds, thrice.
func newRows(t testing.TB) *rows {
	t.Helper()
	var once []cel.Record
	for i, name := range captures.Names() {
		if i%4 != 0 {
			continue
		}
		table, err := captures.CSV(name)
		must(t, err)
		records, err := captures.Records(table)
		must(t, err)
		once = append(once, records...)
	}
	r := &rows{}
	for i, by := range []time.Duration{0, 3 * time.Minute, 9 * time.Hour} {
		for _, rec := range once {
			r.records = append(r.records, moved(rec, by, strings.Repeat("7", i)))
		}
	}
	r.sort()
	return r
}

// moved is a record as of another call that was so much later.
func moved(r cel.Record, by time.Duration, tag string) cel.Record {
	rename := func(id string) string {
		epoch, count, _ := strings.Cut(id, ".")
		return epoch + "." + tag + count
	}
	old := r.UniqueID
	r.At += by.Microseconds()
	r.LinkedID, r.UniqueID = rename(r.LinkedID), rename(r.UniqueID)
	r.Extra = strings.ReplaceAll(r.Extra, old+`"`, r.UniqueID+`"`)
	return r
}

// sort puts the rows in order of time and numbers them.
func (r *rows) sort() {
	slices.SortStableFunc(r.records, func(a, b cel.Record) int { return int(a.At - b.At) })
	for i := range r.records {
		r.records[i].ID = int64(i+1) * apart
	}
}

// apart is how far keys are from each other, so that rows can come between.
const apart = 1000

func (r *rows) within(from, until time.Time) []cel.Record {
	r.mu.Lock()
	defer r.mu.Unlock()
	var list []cel.Record
	for i := range r.records {
		if rec := &r.records[i]; (from.IsZero() || rec.At >= from.UnixMicro()) && (until.IsZero() || rec.At < until.UnixMicro()) {
			list = append(list, *rec)
		}
	}
	return list
}

func (r *rows) Scan(_ context.Context, from, until time.Time, yield func([]cel.Record) error) error {
	return r.hand(r.within(from, until), yield)
}

func (r *rows) hand(list []cel.Record, yield func([]cel.Record) error) error {
	for batch := range slices.Chunk(list, 100) {
		r.mu.Lock()
		r.scanned += len(batch)
		failing := r.fail > 0 && r.fail <= r.scanned
		if failing {
			r.fail = 0
		}
		r.mu.Unlock()
		if failing {
			return &source.UnavailableError{Place: "the table"}
		}
		if err := yield(batch); err != nil {
			return err
		}
	}
	return nil
}

func (r *rows) Lookup(_ context.Context, ids []string) ([]cel.Record, error) {
	wanted := make(map[string]bool, len(ids))
	for _, id := range ids {
		wanted[id] = true
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	var found []cel.Record
	for i := range r.records {
		if rec := &r.records[i]; wanted[rec.LinkedID] || wanted[rec.UniqueID] {
			found = append(found, *rec)
		}
	}
	return found, nil
}

func (r *rows) Description() source.Description { return source.Description{FastLookup: true} }
func (r *rows) Close() error                    { return nil }

func (r *rows) ScanPieces(ctx context.Context, from, until time.Time, tell func(source.Piece) error, yield func([]cel.Record) error) error {
	list := r.within(from, until)
	after := int64(0)
	if len(list) > 0 {
		after = list[0].ID - 1
	}
	for piece := range slices.Chunk(list, pieceRows) {
		p := source.Piece{After: after, UpTo: piece[len(piece)-1].ID, Rows: int64(len(piece))}
		var err error
		if p.Digest, err = r.Digest(ctx, p.After, p.UpTo); err != nil {
			return err
		}
		if err := tell(p); err != nil {
			return err
		}
		after = p.UpTo
		if err := r.hand(r.keyed(p.After, p.UpTo), yield); err != nil {
			return err
		}
	}
	return nil
}

// pieceRows is how many rows a piece has.
const pieceRows = 200

// keyed are the rows with keys in (after, upto].
func (r *rows) keyed(after, upto int64) []cel.Record {
	r.mu.Lock()
	defer r.mu.Unlock()
	from, _ := slices.BinarySearchFunc(r.records, after+1, byKey)
	until, _ := slices.BinarySearchFunc(r.records, upto+1, byKey)
	return slices.Clone(r.records[from:until])
}

func byKey(r cel.Record, key int64) int { return cmp.Compare(r.ID, key) }

func (r *rows) Digest(_ context.Context, after, upto int64) (string, error) {
	sum := fnv.New64a()
	_, err := fmt.Fprintf(sum, "%+v", r.keyed(after, upto))
	return strconv.FormatUint(sum.Sum64(), 16), err
}

func (r *rows) Range(_ context.Context, from, until time.Time) (after, upto int64, err error) {
	list := r.within(from, until)
	if len(list) == 0 {
		return 0, 0, nil
	}
	return list[0].ID - 1, list[len(list)-1].ID, nil
}

// span is when the first row was written, and a moment after the last.
func (r *rows) span() (from, until time.Time) {
	list := r.within(time.Time{}, time.Time{})
	least, most := int64(math.MaxInt64), int64(0)
	for i := range list {
		least, most = min(least, list[i].At), max(most, list[i].At)
	}
	return time.UnixMicro(least).UTC(), time.UnixMicro(most + 1).UTC()
}

// change changes some rows as a PBX or its administrator would.
func (r *rows) change(random *rand.Rand) (what string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	pick := func() int { return random.IntN(len(r.records)) }
	switch random.IntN(7) {
	case 0:
		i := pick()
		r.records = slices.Delete(r.records, i, i+1)
		return "a row is taken away"
	case 1:
		r.records = r.records[random.IntN(50):]
		return "the oldest rows are taken away"
	case 2:
		r.records[pick()].CIDNum = strconv.Itoa(random.IntN(10_000))
		return "a number is another"
	case 3:
		i := pick()
		j := min(i+random.IntN(30), len(r.records)-1)
		from, to := r.records[i].LinkedID, r.records[j].LinkedID
		r.records[i].LinkedID = to
		return "a row joins call " + from + " to " + to
	case 4:
		i := pick()
		j := min(i+random.IntN(30), len(r.records)-1)
		rec := moved(r.records[i], time.Duration(random.IntN(5))*time.Second, "")
		rec.ID = r.records[j].ID + 1
		if j+1 == len(r.records) || r.records[j+1].ID > rec.ID {
			r.records = slices.Insert(r.records, j+1, rec)
		}
		return "a row comes a little late"
	case 5:
		last := r.records[len(r.records)-1]
		tag := strconv.FormatInt(last.ID, 10)
		for _, rec := range r.records[:random.IntN(300)] {
			rec = moved(rec, time.Duration(last.At-r.records[0].At)*time.Microsecond, tag)
			rec.ID = r.records[len(r.records)-1].ID + apart
			r.records = append(r.records, rec)
		}
		return "more calls come"
	}
	return "nothing changes"
}

// overRows starts a service over a table; reading is that of its PBX.
func overRows(t testing.TB, table *rows, reading string, change func(*Config)) *bench {
	t.Helper()
	plan, err := dialplan.New(expect.Scenario{}.Plan())
	must(t, err)
	_, newest := table.span()
	present := func() time.Time { return newest.Add(365 * 24 * time.Hour) }
	s := open(t, t.TempDir(), nil, func(c *Config) {
		c.Period, c.IDs, c.Now = nil, nil, present
		c.PBX = []PBX{{Name: "main", Location: time.UTC, Reading: reading, Open: func(context.Context) (sweep.PBX, error) {
			return sweep.PBX{Name: "main", Source: table, Plan: plan, Location: time.UTC, Now: present}, nil
		}}}
		if change != nil {
			change(c)
		}
	})
	s.again, s.batch, s.least = readAgain, 100, pieceRows
	s.begin(t)
	t.Cleanup(func() { s.stop(t) })
	return s
}

// holds is what the journal has: revision and JSON of each call.
func (b *bench) holds(t testing.TB) map[string]string {
	t.Helper()
	list, err := b.journal.Calls(context.Background(), journal.CallFilter{Limit: 1 << 20})
	must(t, err)
	all := map[string]string{}
	for _, c := range list {
		all[c.ID] = fmt.Sprintf("%d %s", c.Revision, c.JSON)
		if !json.Valid(c.JSON) {
			t.Errorf("call %s is no JSON", c.ID)
		}
	}
	return all
}

// known are the pieces that are remembered of a period.
func (b *bench) known(t testing.TB, reading string, from, until time.Time) []journal.Piece {
	t.Helper()
	list, err := journal.Pieces(context.Background(), b.journal.Reader(), journal.ReadPeriod{PBX: "main", From: from, Until: until, Reading: reading})
	must(t, err)
	return list
}
