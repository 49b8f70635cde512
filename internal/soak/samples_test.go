package soak

import (
	"fmt"
	"slices"
	"time"
)

// sample is how the program was at one time. Sizes are in bytes.
type sample struct {
	at                  time.Duration // since the soak began
	age                 time.Duration // since the program was started
	clock               time.Duration // by how much the program's is ahead
	rss, heap           int64
	goroutines, files   int64
	journal, wal        int64
	calls, runs         int64
	unfinished, waiting int64
	delivered           int64
}

const mebi = 1 << 20

func (s sample) String() string {
	return fmt.Sprintf("%8s  up %7s  clock %+4ds  rss %6.1f MiB  heap %5.1f MiB  goroutines %3d  files %3d  journal %6.2f MiB  wal %5.2f MiB  calls %6d  runs %5d (%d open)  delivered %6d (%d waiting)",
		s.at.Round(time.Second), s.age.Round(time.Second), int(s.clock.Seconds()), float64(s.rss)/mebi, float64(s.heap)/mebi, s.goroutines, s.files,
		float64(s.journal)/mebi, float64(s.wal)/mebi, s.calls, s.runs, s.unfinished, s.delivered, s.waiting)
}

// gauge is a figure that should be level, with how far the last third may lie above
// the middle one: by a share of it, and by so much besides.
type gauge struct {
	name   string
	unit   string
	scale  float64
	of     func(*sample) int64
	within func([]int64) int64
	share  float64
	slack  float64
}

var gauges = []gauge{
	{"resident memory", "MiB", mebi, func(s *sample) int64 { return s.rss }, median, 0.25, 16 * mebi},
	{"live heap", "MiB", mebi, func(s *sample) int64 { return s.heap }, median, 0.25, 8 * mebi},
	{"goroutines", "", 1, func(s *sample) int64 { return s.goroutines }, median, 0.25, 10},
	{"open files", "", 1, func(s *sample) int64 { return s.files }, median, 0.25, 8},
	{"the journal's WAL", "MiB", mebi, func(s *sample) int64 { return s.wal }, slices.Max[[]int64], 0.25, 4 * mebi},
}

// fewSamples is how many a third must have to be judged.
const fewSamples = 3

// thirds are the samples of the middle and of the last third of a soak of such a length.
func thirds(samples []sample, length time.Duration) (middle, last []sample) {
	for _, s := range samples {
		switch {
		case s.at >= 2*length/3:
			last = append(last, s)
		case s.at >= length/3:
			middle = append(middle, s)
		}
	}
	return middle, last
}

// levels compares the last third with the middle one. It returns what it found, and what
// grew, in sentences.
func levels(samples []sample, length time.Duration) (found, grew []string) {
	middle, last := thirds(samples, length)
	if len(middle) < fewSamples || len(last) < fewSamples {
		return nil, []string{fmt.Sprintf("there are %d samples of the middle third and %d of the last one; at least %d of each are needed", len(middle), len(last), fewSamples)}
	}
	for _, g := range gauges {
		before, after := g.within(each(middle, g.of)), g.within(each(last, g.of))
		most := float64(before)*(1+g.share) + g.slack
		sentence := fmt.Sprintf("%s: %.1f %s in the middle third, %.1f %s in the last one, at most %.1f %s",
			g.name, float64(before)/g.scale, g.unit, float64(after)/g.scale, g.unit, most/g.scale, g.unit)
		found = append(found, sentence)
		if float64(after) > most {
			grew = append(grew, sentence)
		}
	}
	before, after := perCall(middle), perCall(last)
	const share, slack = 0.3, 300
	most := before*(1+share) + slack
	sentence := fmt.Sprintf("the journal grew by %.0f bytes a call in the middle third, by %.0f in the last one, at most %.0f", before, after, most)
	found = append(found, sentence)
	if after > most {
		grew = append(grew, sentence)
	}
	return found, grew
}

// perCall is by how much the journal grew with each call.
func perCall(samples []sample) float64 {
	first, last := samples[0], samples[len(samples)-1]
	return float64(last.journal-first.journal) / float64(max(1, last.calls-first.calls))
}

func each(samples []sample, of func(*sample) int64) []int64 {
	var list []int64
	for i := range samples {
		list = append(list, of(&samples[i]))
	}
	return list
}

func median(list []int64) int64 {
	sorted := slices.Sorted(slices.Values(list))
	return sorted[len(sorted)/2]
}
