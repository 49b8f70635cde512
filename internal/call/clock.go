package call

import (
	"cmp"
	"slices"

	"ringback/internal/cel"
)

// clockStep is how far the time must go back from one record to those written
// after it, in microseconds, for the clock to have been set.
const clockStep = 2 * slackSeconds

// setBack finds the place in the order of writing at which the clock was set
// back in mid-call, and by how much; 0 when it was not. A single record that
// was written late is none: those after it are of the present again.
func setBack(records []cel.Record) (from int, by int64) {
	newest := records[0].At
	for i := range records {
		back := newest - records[i].At
		if back < clockStep {
			newest = max(newest, records[i].At)
			continue
		}
		if i+1 < len(records) && newest-records[i+1].At > back/2 && ownPast(records, i) {
			return i, step(back)
		}
	}
	return 0, 0
}

// Clocks are mostly set by whole half hours (a zone, summer time), and records
// of one call seldom lie farther apart than ten minutes.
const (
	halfHour = 1800 * 1_000_000
	farApart = 600 * 1_000_000
)

// step is by how much a clock was set back when the time went back by so much
// from one record to the next: what passed in between is not in it. Where no
// half hour fits, nothing is taken to have passed.
func step(back int64) int64 {
	whole := (back + halfHour - 1) / halfHour * halfHour
	if whole-back <= farApart {
		return whole
	}
	return back
}

// ownPast says that the channel of record i had written a record with a later
// time before: Asterisk writes each channel's records in order.
func ownPast(records []cel.Record, i int) bool {
	return slices.ContainsFunc(records[:i], func(r cel.Record) bool {
		return r.UniqueID == records[i].UniqueID && r.At >= records[i].At+clockStep
	})
}

// straighten lets time go on where the clock was set back in mid-call: times
// after the step are those of the old clock.
func (m *model) straighten() {
	if !disordered(m.records) {
		return
	}
	written := slices.Clone(m.records)
	slices.SortFunc(written, func(a, b cel.Record) int { return cmp.Compare(a.ID, b.ID) })
	from, by := setBack(written)
	if by == 0 {
		return
	}
	for i := from; i < len(written); i++ {
		written[i].At += by
	}
	slices.SortStableFunc(written, byTime)
	copy(m.records, written)
	m.warn("clock_step")
}

// disordered says that the order of writing is not nearly that of time.
func disordered(records []cel.Record) bool {
	highest, at := records[0].ID, records[0].At
	for i := range records {
		if r := &records[i]; r.ID > highest {
			highest, at = r.ID, r.At
		} else if r.ID < highest && r.At-at >= clockStep {
			return true
		}
	}
	return false
}
