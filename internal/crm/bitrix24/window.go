package bitrix24

import "time"

// window is the portal's count of one method's operating time as far as its
// answers tell: ten buckets of a minute, each given back ten minutes after its
// first call (https://apidocs.bitrix24.com/limits.html).
type window struct {
	buckets  []bucket
	inFlight float64
	flying   int
	// mean is what a call costs, in seconds.
	mean    float64
	resetAt time.Time
	blocked time.Time
	// unsure says that the portal's count may be higher than ours: at the
	// beginning, and after time was given back of which we do not know how much.
	// Then one request at a time goes, until an answer tells.
	unsure bool
}

// bucket is operating time that is given back at one moment.
type bucket struct {
	minute int64
	until  time.Time
	used   float64
	// lump says that more than one of the portal's buckets are in it.
	lump bool
}

// edge is how much later than the portal says time is taken for given back:
// clocks differ.
const edge = 500 * time.Millisecond

// wait says whether so much more would be too much, and when it may no longer be.
// A live call does not wait for an answer that would tell more.
func (w *window) wait(now time.Time, cost, allowed float64, past bool) (time.Time, bool) {
	if now.Before(w.blocked) {
		return w.blocked, true
	}
	w.prune(now)
	soon := now.Add(time.Second)
	if w.unsure && w.flying > 0 && past {
		return soon, true
	}
	if allowed < 0 || w.used()+w.inFlight+cost <= allowed {
		return time.Time{}, false
	}
	if w.inFlight > 0 && w.used()+cost <= allowed || len(w.buckets) == 0 {
		return soon, w.inFlight > 0 // what is under way may cost less than expected; one call is always let through
	}
	return w.buckets[0].until.Add(edge), true
}

func (w *window) used() float64 {
	total := 0.0
	for _, b := range w.buckets {
		total += b.used
	}
	return total
}

func (w *window) prune(now time.Time) {
	for len(w.buckets) > 0 && !now.Before(w.buckets[0].until.Add(edge)) {
		w.unsure = w.unsure || w.buckets[0].lump
		w.buckets = w.buckets[1:]
	}
}

func (w *window) begin(cost float64) {
	w.inFlight += cost
	w.flying++
}

// end takes in what an answer says. An answer that says nothing of operating
// time comes from a portal that does not limit it.
func (w *window) end(now time.Time, cost float64, said timing, succeeded bool) {
	w.inFlight = max(0, w.inFlight-cost)
	w.flying--
	if said.Operating == nil || said.ResetAt == 0 {
		w.unsure = w.unsure && !succeeded
		return
	}
	skew := now.Sub(moment(said.Finish))
	if said.Finish == 0 {
		skew = 0
	}
	w.resetAt = moment(said.ResetAt).Add(skew)
	w.prune(now)
	more := *said.Operating - w.used()
	switch {
	case more > 0:
		w.learn(more)
		w.add(moment(said.Start), skew, more)
	case w.flying == 0:
		w.drop(-more)
	}
	w.unsure = false
	if len(w.buckets) > 0 {
		w.buckets[0].until = w.resetAt
	}
}

// learn moves the mean towards what a call cost.
func (w *window) learn(cost float64) {
	if w.unsure {
		return
	}
	const weight = 0.1
	w.mean += weight * (min(cost, 4*w.mean+1) - w.mean)
}

func (w *window) add(start time.Time, skew time.Duration, more float64) {
	minute := start.Unix() / 60
	if n := len(w.buckets); n > 0 && w.buckets[n-1].minute >= minute {
		w.buckets[n-1].used += more
		return
	}
	w.buckets = append(w.buckets, bucket{minute: minute, until: start.Add(windowLength + skew), used: more, lump: w.unsure})
}

// drop takes off what the portal no longer counts.
func (w *window) drop(less float64) {
	for less > 0 && len(w.buckets) > 0 {
		if w.buckets[0].used > less {
			w.buckets[0].used -= less
			return
		}
		less -= w.buckets[0].used
		w.buckets = w.buckets[1:]
	}
}

// block keeps the method back after the portal refused it.
func (w *window) block(now time.Time) time.Time {
	w.blocked = w.resetAt.Add(edge)
	if !w.blocked.After(now) {
		w.blocked = now.Add(unknownPause)
	}
	w.unsure = true
	return w.blocked
}
