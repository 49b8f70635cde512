package sourcetest

import (
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"ringback/internal/cel"
	"ringback/internal/cel/source"
	"ringback/internal/cel/source/open"
)

// periods compares scans of random periods with the whole, for tables as untidy
// as they come.
func periods(t *testing.T, b Backend) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 1))
	for range 2 {
		records := untidy(r, 2000+r.IntN(3500))
		p := b.Create(t, Layout{})
		p.Insert(t, rows(Layout{}, records))
		s := Open(t, p, source.Options{})
		all := Scan(t, s, time.Time{}, time.Time{})
		compare(t, Layout{}, records, all, b)
		if t.Failed() {
			return
		}
		for range 40 {
			from, until := randomPeriod(r, records)
			got := within(Scan(t, s, from, until), from, until)
			if d := diff(within(all, from, until), got); d != "" {
				t.Fatalf("seed %d, period %v to %v (-all +scanned):\n%s", seed, from, until, d)
			}
		}
	}
}

// amongOthers reads a period in the midst of which some rows have times outside it. A
// source whose look-ups are slow is read with a margin instead.
func amongOthers(t *testing.T, b Backend) {
	records := calls(1, 3000)
	from, until := records[1490].Time(), records[1520].Time()
	const first, last = 1500, 1504
	for i := first; i <= last; i++ {
		records[i].At = from.UnixMicro() - 60*1_000_000
	}
	p := b.Create(t, Layout{})
	p.Insert(t, rows(Layout{}, records))
	s := Open(t, p, source.Options{})
	if !s.Description().FastLookup {
		return
	}
	came := map[int64]bool{}
	for _, r := range Scan(t, s, from, until) {
		came[r.ID] = true
	}
	for _, r := range records[first : last+1] {
		if !came[r.ID] {
			t.Errorf("the row %d at %v is missing from the period %v to %v, in which its neighbours lie", r.ID, r.Time(), from, until)
		}
	}
}

// unordered reads a table to which the rows of an earlier month were added later.
func unordered(t *testing.T, b Backend) {
	records := calls(1, 6000)
	for i := range records[3000:] {
		records[3000+i].At -= 30 * 86400 * 1_000_000
	}
	p := b.Create(t, Layout{})
	p.Insert(t, rows(Layout{}, records))
	s := Open(t, p, source.Options{})
	warned := slices.ContainsFunc(s.Description().Warnings, func(w source.Warning) bool { return w.Code == "ids_not_in_time_order" })
	if b.SQL && !warned {
		t.Errorf("warnings %v", s.Description().Warnings)
	}
	all := Scan(t, s, time.Time{}, time.Time{})
	for _, i := range []int{0, 1000, 3000, 5000} {
		from := records[i].Time()
		until := from.Add(time.Hour)
		if d := diff(within(all, from, until), within(Scan(t, s, from, until), from, until)); d != "" {
			t.Errorf("the hour from %v (-all +scanned):\n%s", from, d)
		}
	}
}

// randomPeriod has edges at, beside and between records, and outside of all.
func randomPeriod(r *rand.Rand, records []cel.Record) (from, until time.Time) {
	edge := func() time.Time {
		at := records[r.IntN(len(records))].Time()
		switch r.IntN(5) {
		case 0:
			return at.Add(time.Microsecond)
		case 1:
			return at.Truncate(time.Second)
		case 2:
			return at.Add(time.Duration(r.IntN(3600)) * time.Second)
		}
		return at
	}
	from, until = edge(), edge()
	if until.Before(from) {
		from, until = until, from
	}
	switch r.IntN(12) {
	case 0:
		from = time.Time{}
	case 1:
		until = time.Time{}
	case 2:
		until = until.Add(10_000 * time.Hour)
	case 3:
		from = from.Add(-10_000 * time.Hour)
	case 4:
		until = from.Add(time.Microsecond)
	}
	return from, until
}

func lookup(t *testing.T, b Backend) {
	p := b.Create(t, Layout{})
	records := calls(1, 2000)
	// Some channels change their call in mid-life.
	for i := range 100 {
		r := &records[i*20+1]
		r.UniqueID = records[i*20].UniqueID
		r.LinkedID = records[i*20+5].LinkedID
	}
	p.Insert(t, rows(Layout{}, records))
	s := Open(t, p, source.Options{})
	if got := s.Description().FastLookup; got != b.FastLookup {
		t.Errorf("FastLookup is %v", got)
	}
	all := Scan(t, s, time.Time{}, time.Time{})
	r := rand.New(rand.NewPCG(7, 7))
	for _, n := range []int{0, 1, 2, 50, 1000} {
		ids := []string{"no such id", "", "'", records[0].LinkedID, records[0].LinkedID}[:min(n, 5)]
		for len(ids) < n {
			one := records[r.IntN(len(records))]
			ids = append(ids, one.LinkedID, one.UniqueID)
		}
		got, err := s.Lookup(t.Context(), ids)
		if err != nil {
			t.Fatalf("lookup of %d ids: %v", n, err)
		}
		var want []cel.Record
		for _, rec := range all {
			if slices.Contains(ids, rec.LinkedID) || slices.Contains(ids, rec.UniqueID) {
				want = append(want, rec)
			}
		}
		if d := diff(want, got); d != "" {
			t.Fatalf("lookup of %d ids (-want +got):\n%s", n, d)
		}
	}
}

// repeatedHour writes records every minute of the night in which Berlin sets its
// clocks back, in local time.
func repeatedHour(t *testing.T, b Backend) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	// Clocks go from 3:00 back to 2:00 at 01:00 UTC.
	begin := time.Date(2026, 10, 24, 22, 0, 0, 0, time.UTC)
	for _, l := range []Layout{{Location: berlin}, {Location: berlin, Time: Seconds}} {
		if !slices.Contains(b.Times, l.Time) {
			continue
		}
		var records []cel.Record
		for i := range 6 * 60 {
			records = append(records, record(int64(i+1), begin.Add(time.Duration(i)*time.Minute)))
		}
		// A channel made before the hour, which ends in its second turn, and
		// whose id tells nothing of that.
		records[200].UniqueID = records[10].UniqueID
		p := b.Create(t, l)
		p.Insert(t, rows(l, records))
		s := Open(t, p, source.Options{Location: berlin})
		compare(t, l, records, Scan(t, s, time.Time{}, time.Time{}), b)
		for i := 0; i < len(records); i += 7 {
			from := records[i].Time()
			until := from.Add(50 * time.Minute)
			want := len(within(records, from, until))
			if got := len(within(Scan(t, s, from, until), from, until)); got < want-1 || got > want+1 {
				t.Errorf("the period from %v holds %d records, want %d", from, got, want)
			}
		}
	}
}

func doubledKey(t *testing.T, b Backend) {
	l := Layout{Key: "-", Time: EpochSeconds}
	p := b.Create(t, l)
	records := make([]cel.Record, 100)
	for i := range records {
		records[i] = record(int64(i+1), noon.Add(time.Duration(i/2)*time.Second))
	}
	p.Insert(t, rows(l, records))
	s, err := open.Open(t.Context(), p.URL, source.Options{Columns: map[string]string{source.KeyField: source.EventTime.String()}})
	if err == nil {
		err = errors.Join(s.Scan(t.Context(), time.Time{}, time.Time{}, func([]cel.Record) error { return nil }), s.Close())
	}
	if e, ok := errors.AsType[*source.SetupError](err); !ok || e.Remedy == "" {
		t.Errorf("two rows in each second, told apart by it, give %v", err)
	}
}

func withoutKey(t *testing.T, b Backend) {
	for _, l := range []Layout{{Key: "-"}, {Key: "-", TimeIndex: true}, {Key: "-", Time: Seconds, TimeIndex: true}} {
		p := b.Create(t, l)
		records := calls(1, 5000)
		p.Insert(t, rows(l, records))
		s := Open(t, p, source.Options{})
		warned := slices.ContainsFunc(s.Description().Warnings, func(w source.Warning) bool { return strings.HasPrefix(w.Code, "missing_key") })
		if warned == b.RowIDs {
			t.Errorf("warnings %v", s.Description().Warnings)
		}
		all := Scan(t, s, time.Time{}, time.Time{})
		compare(t, l, records, all, b)
		from, until := records[1000].Time().Truncate(time.Second), records[2500].Time()
		got := within(Scan(t, s, from, until), from, until)
		if d := diff(within(all, from, until), got); d != "" {
			t.Errorf("period (-all +scanned):\n%s", d)
		}
		ids := []string{records[4].LinkedID, records[4000].UniqueID}
		found, err := s.Lookup(t.Context(), ids)
		if err != nil {
			t.Fatal(err)
		}
		var want []cel.Record
		for _, rec := range all {
			if slices.Contains(ids, rec.LinkedID) || slices.Contains(ids, rec.UniqueID) {
				want = append(want, rec)
			}
		}
		if d := diff(want, found); d != "" {
			t.Errorf("lookup (-want +got):\n%s", d)
		}
	}
}

func refusals(t *testing.T, b Backend) {
	refused := func(what, url string, opts source.Options, words ...string) {
		t.Helper()
		s, err := open.Open(t.Context(), url, opts)
		if err == nil {
			t.Cleanup(func() { _ = s.Close() })
			t.Errorf("%s is accepted", what)
			return
		}
		if _, ok := errors.AsType[*source.SetupError](err); !ok {
			t.Errorf("%s gives %T: %v", what, err, err)
		}
		for _, word := range words {
			if !strings.Contains(err.Error(), word) {
				t.Errorf("%s gives an error without %q: %v", what, word, err)
			}
		}
	}
	for _, f := range []source.Field{source.EventTime, source.UniqueID, source.LinkedID} {
		p := b.Create(t, Layout{Names: map[source.Field]string{f: ""}, NoIndexes: true})
		refused("a table without "+f.String(), p.URL, source.Options{}, f.String(), "add")
	}
	p := b.Create(t, Layout{})
	refused("a column that is not there", p.URL, source.Options{Columns: map[string]string{"extra": "nowhere"}}, "nowhere", "uniqueid")
	refused("a field that is none", p.URL, source.Options{Columns: map[string]string{"extras": "extra"}}, "extras", "cid_num")
	if b.SQL {
		elsewhere, _, _ := strings.Cut(p.URL, "?")
		refused("a table that is not there", elsewhere+"?table=nowhere", source.Options{}, "nowhere", "tables there: cel")
		refused("a table with a wicked name", elsewhere+"?table=cel%60%22%27%3B--", source.Options{}, "there is no table")
		l := Layout{Time: TextMicros}
		p := b.Create(t, l)
		bad := rows(l, calls(1, 1))
		for i, c := range l.Columns() {
			if c.Field == source.EventTime {
				v := "02.03.2026 12:00"
				bad[0].Values[i] = &v
			}
		}
		p.Insert(t, bad)
		refused("a time in no known form", p.URL, source.Options{}, "02.03.2026 12:00", "dateformat")
	}
}
