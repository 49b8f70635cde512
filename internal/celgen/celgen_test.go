package celgen_test

import (
	"slices"
	"testing"
	"time"

	"ringback/internal/cel"
	"ringback/internal/celgen"
)

var config = celgen.Config{Calls: 3000, Start: time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC), Days: 14, Seed: 1}

func TestOneSeedMakesOneTable(t *testing.T) {
	a, b := slices.Collect(celgen.Records(config)), slices.Collect(celgen.Records(config))
	if !slices.Equal(a, b) {
		t.Error("the same seed made two tables")
	}
	other := config
	other.Seed = 2
	if slices.Equal(a, slices.Collect(celgen.Records(other))) {
		t.Error("two seeds made one table")
	}
}

func TestIDsAndTimesGrow(t *testing.T) {
	var last cel.Record
	rows := 0
	for r := range celgen.Records(config) {
		rows++
		if r.ID != last.ID+1 || r.At < last.At {
			t.Fatalf("record %d at %v follows %d at %v", r.ID, r.Time(), last.ID, last.Time())
		}
		last = r
	}
	if mean := float64(rows) / float64(config.Calls); mean < 12 || mean > 14 {
		t.Errorf("%.1f records a call, want about 13", mean)
	}
}

func TestEveryChannelLivesOnceAndEveryCallEnds(t *testing.T) {
	state := map[string]cel.Type{}
	open := map[string]bool{}
	overlap := 0
	for r := range celgen.Records(config) {
		before, known := state[r.UniqueID]
		switch {
		case r.Type == cel.ChanStart && known, r.Type != cel.ChanStart && !known, before == cel.ChanEnd && r.Type != cel.LinkedIDEnd:
			t.Fatalf("%v of %s after %v", r.Type, r.UniqueID, before)
		}
		state[r.UniqueID] = r.Type
		open[r.LinkedID] = true
		overlap = max(overlap, len(open))
		if r.Type == cel.LinkedIDEnd {
			delete(open, r.LinkedID)
		}
		if epoch, ok := cel.Epoch(r.UniqueID); !ok || epoch*1_000_000 > r.At {
			t.Fatalf("record at %v of channel %s", r.Time(), r.UniqueID)
		}
	}
	if len(open) > 0 {
		t.Errorf("%d calls have no end", len(open))
	}
	if overlap < 2 {
		t.Error("calls do not overlap")
	}
}
