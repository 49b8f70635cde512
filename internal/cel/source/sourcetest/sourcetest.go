// Package sourcetest holds the suite that every backend of source passes, on real
// servers and files.
package sourcetest

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"ringback/internal/cel"
	"ringback/internal/cel/source"
	"ringback/internal/cel/source/open"
)

// Backend is what a backend's test lends to the suite.
type Backend struct {
	// Create makes a table or file without rows.
	Create func(t testing.TB, l Layout) Place
	// Times are the forms of eventtime that the backend can hold.
	Times []TimeForm
	// SQL says that the backend has numbers, NULL, keys and indexes.
	SQL bool
	// RowIDs says that every table of the backend has a key of its own.
	RowIDs bool
	// FastLookup is what Description says of a table with all indexes.
	FastLookup bool
	// Digests says that the backend can tell whether rows have changed.
	Digests bool
}

// Place is a table or file with records.
type Place struct {
	// URL is its address, with the table's name.
	URL string
	// Insert writes rows after those that are there.
	Insert func(t testing.TB, rows []Row)
	// Exec carries out a statement; nil where the backend has none, or no Digests.
	Exec func(t testing.TB, statement string)
}

// Run runs the suite.
func Run(t *testing.T, b Backend) {
	t.Run("values come as they were written", func(t *testing.T) { values(t, b) })
	t.Run("columns have other names, another order, or are absent", func(t *testing.T) { columns(t, b) })
	t.Run("times are read in every form", func(t *testing.T) { times(t, b) })
	t.Run("a period holds its rows, however they lie", func(t *testing.T) { periods(t, b) })
	t.Run("rows of a clock that was wrong for a moment come with those among which they were written", func(t *testing.T) { amongOthers(t, b) })
	t.Run("rows added later are found too", func(t *testing.T) { unordered(t, b) })
	t.Run("calls are found by linkedid and uniqueid", func(t *testing.T) { lookup(t, b) })
	t.Run("the hour that happens twice is told apart", func(t *testing.T) { repeatedHour(t, b) })
	t.Run("an empty table has no records", func(t *testing.T) { empty(t, b) })
	t.Run("rows written during a scan belong to an open period", func(t *testing.T) { appended(t, b) })
	t.Run("whether rows have changed is told without them", func(t *testing.T) { digests(t, b) })
	t.Run("a scan stops when it is told to", func(t *testing.T) { stops(t, b) })
	t.Run("what cannot be read is refused with a remedy", func(t *testing.T) { refusals(t, b) })
	if b.SQL {
		t.Run("numbers of events are read, old and new", func(t *testing.T) { numbers(t, b) })
		t.Run("a key that two rows share is refused", func(t *testing.T) { doubledKey(t, b) })
		t.Run("a table without a key is read by time", func(t *testing.T) { withoutKey(t, b) })
	}
}

// Open opens a place, and closes it when the test ends.
func Open(t testing.TB, p Place, opts source.Options) source.Source {
	t.Helper()
	s, err := open.Open(t.Context(), p.URL, opts)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return s
}

// Scan collects what Scan hands over, and checks what holds for every scan.
func Scan(t testing.TB, s source.Source, from, until time.Time) []cel.Record {
	t.Helper()
	var all []cel.Record
	err := s.Scan(t.Context(), from, until, func(batch []cel.Record) error {
		if len(batch) == 0 || len(batch) > 1000 {
			t.Errorf("a batch of %d records", len(batch))
		}
		all = append(all, batch...)
		return nil
	})
	if err != nil {
		t.Fatalf("scan: %v", err)
	}
	checkOrder(t, all)
	return all
}

func checkOrder(t testing.TB, records []cel.Record) {
	t.Helper()
	for i := 1; i < len(records); i++ {
		if records[i].ID <= records[i-1].ID {
			t.Fatalf("record %d follows %d", records[i].ID, records[i-1].ID)
		}
	}
}

// within keeps the records of a period.
func within(records []cel.Record, from, until time.Time) []cel.Record {
	var kept []cel.Record
	for _, r := range records {
		if !from.IsZero() && r.At < from.UnixMicro() || !until.IsZero() && r.At >= until.UnixMicro() {
			continue
		}
		kept = append(kept, r)
	}
	return kept
}

// diff is cmp.Diff, but quick where there is none.
func diff(want, got []cel.Record) string {
	if slices.Equal(want, got) {
		return ""
	}
	return cmp.Diff(want, got)
}

func empty(t *testing.T, b Backend) {
	p := b.Create(t, Layout{})
	s := Open(t, p, source.Options{})
	if got := Scan(t, s, time.Time{}, time.Time{}); len(got) > 0 {
		t.Errorf("scan gave %d records", len(got))
	}
	if got := Scan(t, s, noon, noon.Add(time.Hour)); len(got) > 0 {
		t.Errorf("scan of a period gave %d records", len(got))
	}
	if got, err := s.Lookup(t.Context(), []string{"1.1"}); err != nil || len(got) > 0 {
		t.Errorf("lookup gave %d records, error %v", len(got), err)
	}
	p.Insert(t, rows(Layout{}, calls(1, 3)))
	if got, want := len(Scan(t, s, time.Time{}, time.Time{})), 3; got != want {
		t.Errorf("scan gave %d records after some were written, want %d", got, want)
	}
}

func stops(t *testing.T, b Backend) {
	p := b.Create(t, Layout{})
	p.Insert(t, rows(Layout{}, calls(1, 2500)))
	running := goleak.IgnoreCurrent()
	s, err := open.Open(t.Context(), p.URL, source.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		goleak.VerifyNone(t, running)
	}()

	stop := errors.New("enough")
	batches := 0
	err = s.Scan(t.Context(), time.Time{}, time.Time{}, func([]cel.Record) error {
		batches++
		return stop
	})
	if !errors.Is(err, stop) || batches != 1 {
		t.Errorf("scan returned %v after %d batches, want the error of yield after one", err, batches)
	}

	ctx, cancel := context.WithCancel(t.Context())
	batches = 0
	err = s.Scan(ctx, time.Time{}, time.Time{}, func([]cel.Record) error {
		batches++
		cancel()
		return nil
	})
	if !errors.Is(err, context.Canceled) || batches != 1 {
		t.Errorf("scan returned %v after %d batches, want that it was cancelled after one", err, batches)
	}
	if _, err := s.Lookup(ctx, []string{"1.1"}); !errors.Is(err, context.Canceled) {
		t.Errorf("lookup returned %v, want that it was cancelled", err)
	}
	if got := len(Scan(t, s, time.Time{}, time.Time{})); got != 2500 {
		t.Errorf("the next scan gave %d records, want all 2500", got)
	}
}

func appended(t *testing.T, b Backend) {
	p := b.Create(t, Layout{})
	all := calls(1, 3000)
	p.Insert(t, rows(Layout{}, all[:2000]))
	s := Open(t, p, source.Options{})
	var got int
	err := s.Scan(t.Context(), time.Time{}, time.Time{}, func(batch []cel.Record) error {
		if got == 0 {
			p.Insert(t, rows(Layout{}, all[2000:]))
		}
		got += len(batch)
		return nil
	})
	if err != nil || got != 3000 {
		t.Errorf("scan gave %d records, error %v, want all 3000", got, err)
	}
}
