// Package celgen makes CEL as a busy PBX writes it, for tests and benchmarks: as
// many calls as wanted, over as many days, always the same for one seed. What
// channels, contexts and rows look like follows captures of Asterisk 22 with a
// dial plan of FreePBX's shape.
package celgen

import (
	"container/heap"
	"iter"
	"math/rand/v2"
	"slices"
	"time"

	"ringback/internal/cel"
)

// Config says what to make.
type Config struct {
	// Calls is how many calls there are, about 13 records each.
	Calls int
	// Start is the first day; calls are spread over Days days from its
	// midnight in UTC, most of them in working hours.
	Start time.Time
	Days  int
	// Seed chooses one of many such tables.
	Seed uint64
}

// Records yields the records in order of writing, with IDs from 1. Calls overlap.
func Records(cfg Config) iter.Seq[cel.Record] {
	return func(yield func(cel.Record) bool) {
		g := newGenerator(cfg)
		id := int64(0)
		next := func() bool {
			id++
			r := heap.Pop(&g.pending).(pendingRecord).record
			r.ID = id
			return yield(r)
		}
		for _, start := range g.starts() {
			for len(g.pending) > 0 && g.pending[0].record.At < start {
				if !next() {
					return
				}
			}
			g.call(start)
		}
		for len(g.pending) > 0 {
			if !next() {
				return
			}
		}
	}
}

// extensions is how many telephones there are, from 1001 on.
const extensions = 40

// generator holds what a PBX remembers between calls.
type generator struct {
	cfg     Config
	rand    *rand.Rand
	pending pendingHeap
	// written counts records, for a stable order of those of one instant.
	written int
	// uniqueIDs counts channels, as the part of a uniqueid after the point.
	uniqueIDs int
	// serials count the channels of PJSIP and Local, as at the end of their names.
	serial, localSerial int
}

func newGenerator(cfg Config) *generator {
	cfg.Days = max(cfg.Days, 1)
	return &generator{cfg: cfg, rand: rand.New(rand.NewPCG(cfg.Seed, 0x43454c))}
}

// hourWeights say how many calls begin in each hour of a working day.
var hourWeights = [24]int{1, 1, 1, 1, 1, 2, 4, 12, 40, 80, 100, 95, 70, 75, 90, 95, 85, 60, 25, 12, 8, 5, 3, 2}

// weekendShare is a weekend day's calls, in tenths of a working day's.
const weekendShare = 2

// starts are the instants in microseconds at which the calls begin, in order.
func (g *generator) starts() []int64 {
	total := 0
	for _, w := range hourWeights {
		total += w
	}
	starts := make([]int64, g.cfg.Calls)
	for i := range starts {
		hour, n := 0, g.rand.IntN(total)
		for n >= hourWeights[hour] {
			n -= hourWeights[hour]
			hour++
		}
		y, m, d := g.day()
		at := time.Date(y, m, d, hour, g.rand.IntN(60), g.rand.IntN(60), 0, time.UTC)
		starts[i] = at.UnixMicro() + g.rand.Int64N(1_000_000)
	}
	slices.Sort(starts)
	return starts
}

// day chooses a day, seldom one of a weekend.
func (g *generator) day() (int, time.Month, int) {
	for {
		y, m, d := g.cfg.Start.UTC().Date()
		day := time.Date(y, m, d+g.rand.IntN(g.cfg.Days), 12, 0, 0, 0, time.UTC)
		weekend := day.Weekday() == time.Saturday || day.Weekday() == time.Sunday
		if !weekend || g.cfg.Days < 7 || g.rand.IntN(10) < weekendShare {
			return day.Date()
		}
	}
}

// pendingRecord is a record that will be written.
type pendingRecord struct {
	record cel.Record
	order  int
}

// pendingHeap has the next record on top.
type pendingHeap []pendingRecord

func (h pendingHeap) Len() int { return len(h) }
func (h pendingHeap) Less(i, j int) bool {
	if h[i].record.At != h[j].record.At {
		return h[i].record.At < h[j].record.At
	}
	return h[i].order < h[j].order
}
func (h pendingHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *pendingHeap) Push(x any)   { *h = append(*h, x.(pendingRecord)) }
func (h *pendingHeap) Pop() any {
	last := len(*h) - 1
	r := (*h)[last]
	*h = (*h)[:last]
	return r
}
