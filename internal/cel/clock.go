package cel

import (
	"math"
	"time"
)

// lateness is by how much a record may be older than the one written before it
// without the clock having been set back: bursts reach a table with a lag.
const lateness = 120

// Clock turns the eventtimes of records, given in order of writing, into
// instants. It is for one reader at a time.
//
// A wall-clock time that the zone skips is read with the offset before the gap.
// One that occurs twice is the later instant when the earlier lies before the
// epoch in the uniqueid (an event cannot precede its channel), or well before
// the record written last; else it is the earlier.
type Clock struct {
	loc *time.Location
	// off is the zone's offset for wall-clock seconds in [lo, hi), none of
	// which occurs twice.
	lo, hi, off int64
	// last is the instant given last, in seconds.
	last int64
}

// NewClock is a clock on a wall in loc, nil meaning UTC.
func NewClock(loc *time.Location) *Clock {
	if loc == nil {
		loc = time.UTC
	}
	return &Clock{loc: loc, last: math.MinInt64}
}

// Micros is the instant of s in microseconds since 1970-01-01 UTC; uniqueid is
// that of its record.
func (c *Clock) Micros(s Stamp, uniqueid string) int64 {
	sec := s.Sec
	if !s.Zoned {
		if sec >= c.lo && sec < c.hi {
			sec -= c.off
		} else {
			sec = c.place(sec, uniqueid)
		}
	}
	c.last = sec
	return sec*1_000_000 + int64(s.Micro)
}

// Guess stands in for a time that cannot be read: the instant given last, but
// not before the record's channel was made.
func (c *Clock) Guess(uniqueid string) int64 {
	sec := c.last
	if epoch, ok := Epoch(uniqueid); ok && epoch > sec {
		sec = epoch
	}
	if sec == math.MinInt64 {
		return 0
	}
	return sec * 1_000_000
}

// span is a stretch of time in which a zone keeps one offset.
type span struct{ start, end, off int64 }

// place finds the instant of a wall-clock time outside the cached stretch.
func (c *Clock) place(wall int64, uniqueid string) int64 {
	// The instant is less than a day from wall read as UTC, so it is in the
	// span found there or in one beside it.
	spans := spansAround(c.loc, wall)
	var found []span
	for _, s := range spans {
		if wall-s.off >= s.start && wall-s.off < s.end {
			found = append(found, s)
		}
	}
	switch len(found) {
	case 0:
		return c.skipped(wall, spans)
	case 1:
		c.cache(found[0])
		return wall - found[0].off
	default:
		return c.twice(wall-found[0].off, wall-found[len(found)-1].off, uniqueid)
	}
}

func (c *Clock) skipped(wall int64, spans []span) int64 {
	for i := range len(spans) - 1 {
		if wall >= spans[i].end+spans[i].off && wall < spans[i+1].start+spans[i+1].off {
			return wall - spans[i].off
		}
	}
	_, off := time.Unix(wall, 0).In(c.loc).Zone()
	return wall - int64(off)
}

func (c *Clock) twice(earlier, later int64, uniqueid string) int64 {
	// MySQL may round a second up, and a channel's id is made just before
	// its first event: one second is no contradiction.
	if epoch, ok := Epoch(uniqueid); ok && epoch > earlier+1 {
		return later
	}
	if c.last > earlier+lateness {
		return later
	}
	return earlier
}

// cache remembers the part of a span whose wall-clock times occur only once.
func (c *Clock) cache(s span) {
	c.off = s.off
	c.lo, c.hi = math.MinInt64, math.MaxInt64
	if s.start != math.MinInt64 {
		before := offsetAt(c.loc, s.start-1)
		c.lo = s.start + max(s.off, before)
	}
	if s.end != math.MaxInt64 {
		after := offsetAt(c.loc, s.end)
		c.hi = s.end + min(s.off, after)
	}
}

// spansAround gives the span at the instant, the one before it and the one
// after it, as far as they exist, in order.
func spansAround(loc *time.Location, instant int64) []span {
	here := spanAt(loc, instant)
	spans := make([]span, 0, 3)
	if here.start != math.MinInt64 {
		spans = append(spans, spanAt(loc, here.start-1))
	}
	spans = append(spans, here)
	if here.end != math.MaxInt64 {
		spans = append(spans, spanAt(loc, here.end))
	}
	return spans
}

func spanAt(loc *time.Location, instant int64) span {
	t := time.Unix(instant, 0).In(loc)
	start, end := t.ZoneBounds()
	_, off := t.Zone()
	s := span{start: math.MinInt64, end: math.MaxInt64, off: int64(off)}
	if !start.IsZero() {
		s.start = start.Unix()
	}
	if !end.IsZero() {
		s.end = end.Unix()
	}
	return s
}

func offsetAt(loc *time.Location, instant int64) int64 {
	_, off := time.Unix(instant, 0).In(loc).Zone()
	return int64(off)
}

// SetBack is by how many seconds the zone's wall clock is set back at most
// within a day of the instant t (in seconds since 1970), 0 where it is not.
// Around such a place, local times in order of writing go backwards.
func SetBack(loc *time.Location, t int64) int64 {
	if loc == nil {
		return 0
	}
	spans := spansAround(loc, t)
	back := int64(0)
	for i := range len(spans) - 1 {
		change := spans[i].end
		if change >= t-86400 && change <= t+86400 {
			back = max(back, spans[i].off-spans[i+1].off)
		}
	}
	return back
}

// Epoch is the second in which the channel with this uniqueid was created: the
// digits before the last point, possibly after a systemname and "-".
func Epoch(uniqueid string) (seconds int64, ok bool) {
	end := len(uniqueid) - 1
	for end >= 0 && uniqueid[end] != '.' {
		end--
	}
	start := end
	for start > 0 && uniqueid[start-1] >= '0' && uniqueid[start-1] <= '9' {
		start--
	}
	if end-start < 9 || end-start > 11 {
		return 0, false
	}
	for _, c := range []byte(uniqueid[start:end]) {
		seconds = seconds*10 + int64(c-'0')
	}
	return seconds, true
}

// Forget makes the clock forget the record written last: the next one comes
// from somewhere else.
func (c *Clock) Forget() { c.last = math.MinInt64 }
