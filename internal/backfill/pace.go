package backfill

import "time"

// pace estimates when a run will be over from how fast it has gone since this
// process took it up.
type pace struct {
	since time.Time
	from  float64
}

// newPace begins at a moment when the fraction done was from, between 0 and 1.
func newPace(now time.Time, from float64) pace { return pace{now, from} }

// skip leaves out a fraction that cost nothing, such as years before the first call.
func (p pace) skip(fraction float64) pace {
	p.from += fraction
	return p
}

// readyAt is the zero time while there is too little to go by.
func (p pace) readyAt(now time.Time, done float64) time.Time {
	const least, soonest = 0.001, 500 * time.Millisecond
	took := now.Sub(p.since)
	if done-p.from < least*(1-p.from) || took < soonest {
		return time.Time{}
	}
	left := float64(took) * (1 - done) / (done - p.from)
	const most = 365 * 24 * time.Hour // beyond, it is no estimate
	if left > float64(most) {
		return time.Time{}
	}
	return now.Add(time.Duration(left))
}

// done is which fraction of a run is behind it when walk n has got to the call
// that began at. Calls are spread over a period evenly enough for that.
func (w *worker) done(n int, at time.Time) float64 {
	if w.run.Kind == string(ByIDs) {
		return float64(w.run.IDsDone) / float64(max(1, len(w.run.IDs)))
	}
	var sum float64
	for i := range w.run.Walks {
		walk := w.run.Walks[i]
		if i == n && !at.IsZero() {
			walk.AtStart = at
		}
		switch {
		case walk.Done:
			sum++
		case !walk.AtStart.IsZero():
			until := walk.Until
			if until.IsZero() {
				until = w.run.RequestedAt
			}
			whole := until.Sub(walk.From)
			sum += min(1, max(0, float64(walk.AtStart.Sub(walk.From))/float64(max(1, whole))))
		}
	}
	return sum / float64(len(w.run.Walks))
}
