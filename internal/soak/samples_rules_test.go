package soak

import (
	"strings"
	"testing"
	"time"
)

// even are samples of a program that grows in nothing.
func even() []sample {
	var list []sample
	for i := range int64(30) {
		list = append(list, sample{
			at: time.Duration(i) * time.Minute, rss: 60 * mebi, heap: 9 * mebi, goroutines: 40, files: 20,
			journal: mebi + i*1000*1500, wal: 4 * mebi, calls: i * 1000,
		})
	}
	return list
}

func TestWhatIsLevelPasses(t *testing.T) {
	samples := even()
	samples[25].rss += 300 * mebi // one that is out of the way proves nothing
	if found, grew := levels(samples, 30*time.Minute); len(grew) > 0 || len(found) != len(gauges)+1 {
		t.Errorf("found %q, grew %q", found, grew)
	}
}

func TestWhatGrowsIsNamed(t *testing.T) {
	for name, grow := range map[string]func(*sample, int64){
		"resident memory":     func(s *sample, i int64) { s.rss += i * 5 * mebi },
		"live heap":           func(s *sample, i int64) { s.heap += 2 * i * mebi },
		"goroutines":          func(s *sample, i int64) { s.goroutines += 5 * i },
		"open files":          func(s *sample, i int64) { s.files += 3 * i },
		"the journal's WAL":   func(s *sample, i int64) { s.wal += 2 * i * mebi },
		"the journal grew by": func(s *sample, i int64) { s.journal += i * i * 1000 * 100 },
	} {
		samples := even()
		for i := range samples {
			grow(&samples[i], int64(i))
		}
		if _, grew := levels(samples, 30*time.Minute); len(grew) != 1 || !strings.HasPrefix(grew[0], name) {
			t.Errorf("where %s grows: %q", name, grew)
		}
	}
}

func TestTooFewSamplesProveNothing(t *testing.T) {
	if _, grew := levels(even()[:12], 30*time.Minute); len(grew) != 1 {
		t.Errorf("%q", grew)
	}
}
