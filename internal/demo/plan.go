package demo

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"time"
)

const (
	// days is how many days before today have calls.
	days = 7
	// The office opens and closes at these hours, local time.
	opens, closes = 9, 18
	// spacing is the least time between the ends of two calls of today, where there is room for it.
	spacing = 20 * time.Second
	// leastToday is how many calls today has even when it is just after midnight.
	leastToday = 3
	// ordinaryCalls and rareCalls are how many of each a working day has at the most.
	ordinaryCalls, rareCalls = 26, 14
)

// scene is one playing of a take.
type scene struct {
	take  *take
	start time.Time
}

// plan lays calls over the last seven days and today up to now, in the order of
// their start.
func plan(all []*take, now time.Time, random *rand.Rand) []scene {
	var scenes []scene
	for back := days; back >= 1; back-- {
		opening := time.Date(now.Year(), now.Month(), now.Day()-back, opens, 0, 0, 0, now.Location())
		closing := time.Date(now.Year(), now.Month(), now.Day()-back, closes, 0, 0, 0, now.Location())
		calls := program(all, random)
		if day := opening.Weekday(); day == time.Saturday || day == time.Sunday {
			calls = calls[:len(calls)/3]
		}
		for _, t := range calls {
			start := opening.Add(time.Duration(random.Int64N(int64(closing.Sub(opening) - t.length()))))
			scenes = append(scenes, scene{t, start})
		}
	}
	scenes = append(scenes, today(all, now, random)...)
	slices.SortStableFunc(scenes, func(a, b scene) int { return a.start.Compare(b.start) })
	return scenes
}

// today lays calls between the opening and now, all of them over. Early in the
// morning they fall into the night; at midnight they begin yesterday and end
// today, and so belong to both days.
func today(all []*take, now time.Time, random *rand.Rand) []scene {
	midnight := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, now.Location())
	opening := midnight.Add(opens * time.Hour)
	from, until := midnight, now
	if now.Sub(opening) > time.Hour {
		from = opening
		if closing := midnight.Add(closes * time.Hour); closing.Before(now) {
			until = closing
		}
	}
	calls := program(all, random)
	room := until.Sub(from)
	calls = calls[:min(len(calls), max(leastToday, int(room/spacing)))]
	var scenes []scene
	for i, t := range calls {
		end := from.Add(room * time.Duration(i+1) / time.Duration(len(calls)))
		scenes = append(scenes, scene{t, end.Add(-t.length())})
	}
	return scenes
}

// program is one day's calls: first those that make examples, then ordinary ones,
// then rare ones, picked at random.
func program(all []*take, random *rand.Rand) []*take {
	var examples, often, seldom []*take
	for _, t := range all {
		switch {
		case t.example():
			examples = append(examples, t)
		case t.ordinary():
			often = append(often, t)
		default:
			seldom = append(seldom, t)
		}
	}
	random.Shuffle(len(often), func(i, j int) { often[i], often[j] = often[j], often[i] })
	random.Shuffle(len(seldom), func(i, j int) { seldom[i], seldom[j] = seldom[j], seldom[i] })
	return slices.Concat(examples, often[:min(len(often), ordinaryCalls)], seldom[:min(len(seldom), rareCalls)])
}

// merge puts the rows of overlapping calls into one order of writing. Within a
// call the order stays as it was captured, though its times may step back by a
// little.
func merge(scenes [][]row) []row {
	type placed struct {
		row
		order time.Time
	}
	var all []placed
	for _, rows := range scenes {
		var latest time.Time
		for _, r := range rows {
			if r.at.After(latest) {
				latest = r.at
			}
			all = append(all, placed{r, latest})
		}
	}
	slices.SortStableFunc(all, func(a, b placed) int { return cmp.Compare(a.order.UnixMicro(), b.order.UnixMicro()) })
	merged := make([]row, len(all))
	for i, p := range all {
		merged[i] = p.row
	}
	return merged
}
