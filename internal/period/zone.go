package period

import "time"

// stretch is a time during which a zone's offset stays the same. A zero start
// or end means that it has none.
type stretch struct {
	start, end time.Time
	offset     time.Duration
}

// at is the moment at which this stretch's clocks show wall, whether or not
// the stretch lasts that long. A wall is a clock's reading kept as if in UTC.
func (s stretch) at(wall time.Time) time.Time { return wall.Add(-s.offset) }

// ended says that t is at or past the stretch's end.
func (s stretch) ended(t time.Time) bool { return !s.end.IsZero() && !t.Before(s.end) }

// begun says that t is at or past the stretch's start.
func (s stretch) begun(t time.Time) bool { return s.start.IsZero() || !t.Before(s.start) }

// reach is more than any offset that a zone has, or had, from UTC.
const reach = 26 * time.Hour

// around lists, in order, the stretches in which clocks of loc may show wall.
// The first of them begins before that, the last ends after it.
func around(wall time.Time, loc *time.Location) []stretch {
	var all []stretch
	for t := wall.Add(-reach).In(loc); ; {
		_, offset := t.Zone()
		start, end := t.ZoneBounds()
		s := stretch{start, end, time.Duration(offset) * time.Second}
		all = append(all, s)
		if !s.ended(wall.Add(reach)) {
			return all
		}
		t = end
	}
}

// firstInstant is the first moment at which the calendar of loc shows the day
// of wall (a midnight) or a later one. So it holds for a day without midnight,
// and for one that was left out altogether.
func firstInstant(wall time.Time, loc *time.Location) time.Time {
	var first time.Time
	for _, s := range around(wall, loc) {
		first = s.at(wall)
		if !s.begun(first) {
			first = s.start
		}
		if !s.ended(first) {
			break
		}
	}
	return first.In(loc)
}

// instants are the first and the last moment at which clocks of loc show wall:
// the same one, but where clocks are set back. In a gap, where clocks never
// show it, both are the moment that the offset before the gap gives.
//
// time.Date promises neither.
func instants(wall time.Time, loc *time.Location) (first, last time.Time) {
	for _, s := range around(wall, loc) {
		switch t := s.at(wall); {
		case s.ended(t):
			if first.IsZero() {
				last = t // should a gap follow
			}
		case s.begun(t):
			if first.IsZero() {
				first = t
			}
			last = t
		}
	}
	if first.IsZero() {
		first = last
	}
	return first.In(loc), last.In(loc)
}
