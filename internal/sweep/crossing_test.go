package sweep_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ringback/internal/cel"
	"ringback/internal/sweep"
)

// noon is where the records made here begin.
var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// event is a record so long after noon.
func event(after time.Duration, kind cel.Type, channel, linkedID string) cel.Record {
	at := noon.Add(after)
	return cel.Record{
		At: at.UnixMicro(), Type: kind, Channel: "PJSIP/1001-" + channel, CIDNum: "1001", Exten: "1002", Context: "from-internal",
		UniqueID: channel, LinkedID: linkedID,
	}
}

// id is that of a channel made so long after noon.
func id(after time.Duration, count int) string {
	return fmt.Sprintf("%d.%d", noon.Add(after).Unix(), count)
}

// lone are the records of a channel that is a call by itself.
func lone(after, lasts time.Duration, count int) []cel.Record {
	channel := id(after, count)
	return []cel.Record{
		event(after, cel.ChanStart, channel, channel), event(after+lasts, cel.Hangup, channel, channel),
		event(after+lasts, cel.ChanEnd, channel, channel), event(after+lasts, cel.LinkedIDEnd, channel, channel),
	}
}

// written puts records in order of time and numbers them.
func written(records ...[]cel.Record) []cel.Record {
	all := slices.Concat(records...)
	slices.SortStableFunc(all, func(a, b cel.Record) int { return int(a.At - b.At) })
	for i := range all {
		all[i].ID = int64(i + 1)
	}
	return all
}

// traffic are short calls, one every so often.
func traffic(from, until, every time.Duration, count int) []cel.Record {
	var records []cel.Record
	for at := from; at < until; at += every {
		records = append(records, lone(at, time.Second, count)...)
		count++
	}
	return records
}

func TestACallThatJoinsOneThatWasLookedUpIsNoCallOfItsOwn(t *testing.T) {
	first, second := id(0, 1), id(200*time.Second, 2)
	records := written(
		[]cel.Record{event(0, cel.ChanStart, first, first)},
		[]cel.Record{
			event(200*time.Second, cel.ChanStart, second, second), event(300*time.Second, cel.BridgeEnter, second, first),
			event(310*time.Second, cel.ChanEnd, second, first),
		},
		[]cel.Record{event(150*time.Second, cel.AppStart, first, first), event(310*time.Second, cel.ChanEnd, first, first), event(310*time.Second, cel.LinkedIDEnd, first, first)},
		traffic(100*time.Second, 1000*time.Second, time.Second, 1000),
	)
	from := noon.Add(100 * time.Second)
	for batch := 1; batch < 400; batch += 7 {
		got := printed(period(t, pbx(t, &memory{records: records, batch: batch}, 110*time.Second), from, time.Time{}, sweep.Cursor{}))
		if diff := cmp.Diff(reference(t, records, from, time.Time{}), got); diff != "" {
			t.Fatalf("in batches of %d: %s", batch, diff)
		}
	}
}

func TestRowsWithoutALinkedIDAreNotAllOfTheCallThatWasLookedUp(t *testing.T) {
	records := written(lone(0, 200*time.Second, 1), traffic(150*time.Second, 1000*time.Second, 10*time.Second, 1000))
	for i := range records {
		if records[i].Type != cel.ChanStart {
			records[i].LinkedID = ""
		}
	}
	from := noon.Add(100 * time.Second)
	got := printed(period(t, pbx(t, &memory{records: records, batch: 10}, 110*time.Second), from, time.Time{}, sweep.Cursor{}))
	if diff := cmp.Diff(reference(t, records, from, time.Time{}), got); diff != "" {
		t.Error(diff)
	}
}

func TestRowsWithoutAUniqueIDTieNoCallsTogether(t *testing.T) {
	records := written(lone(0, 200*time.Second, 1), traffic(150*time.Second, 1000*time.Second, 10*time.Second, 1000))
	for i := range records {
		if records[i].Type == cel.LinkedIDEnd {
			records[i].UniqueID = ""
		}
	}
	got := printed(period(t, pbx(t, &memory{records: records, batch: 10}, 110*time.Second), time.Time{}, time.Time{}, sweep.Cursor{}))
	if diff := cmp.Diff(reference(t, records, time.Time{}, time.Time{}), got); diff != "" {
		t.Error(diff)
	}
}

func TestACallThatWasSilentForLongIsNotTakenForAnotherWhenItEnds(t *testing.T) {
	long := lone(0, 6*time.Hour, 1)
	records := written(long, traffic(time.Minute, 7*time.Hour, 5*time.Second, 1000))
	for name, from := range map[string]time.Time{"since before it": {}, "since its middle": noon.Add(time.Hour)} {
		t.Run(name, func(t *testing.T) {
			var last string
			for _, c := range period(t, pbx(t, &memory{records: records, batch: 100}, 4*time.Hour), from, time.Time{}, sweep.Cursor{}) {
				if c.ID == long[0].UniqueID {
					last = string(c.AppendJSON(nil))
				}
			}
			want := reference(t, long, time.Time{}, time.Time{})[0]
			if diff := cmp.Diff(want, last); diff != "" {
				t.Error(diff)
			}
		})
	}
}
