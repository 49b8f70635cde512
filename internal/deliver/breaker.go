package deliver

import (
	"sync"
	"time"
)

// troubles is how many failures in a row, with no success between, are taken to mean that the
// target is away. They may be of one delivery, where there is no other to tell a cursed call by.
const troubles = 3

// longestAway is the longest pause of a target that is away: when it is back, calls that just
// ended wait no longer than that. One that refuses everything is left alone for longer.
const longestAway = time.Minute

// breaker keeps requests from a target that is away or refuses everything: after
// a pause one delivery goes first, and the others follow when it gets through.
// gobreaker is not used: it knows neither moments that the target names nor a
// pause that grows.
type breaker struct {
	pause func(n int) time.Duration

	mu       sync.Mutex
	failures int // in a row
	opened   int // in a row without a success
	until    time.Time
	blocked  bool
	reason   string
}

// admits says whether deliveries may be begun: wait is 0 when they may, and only one
// when it is a probe.
func (b *breaker) admits(now time.Time) (probe bool, wait time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.opened == 0 {
		return false, 0
	}
	return true, max(0, b.until.Sub(now))
}

// success notes that the target answered. It reports whether it had been away.
func (b *breaker) success() (back bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	back = b.opened > 0
	b.failures, b.opened, b.until, b.blocked, b.reason = 0, 0, time.Time{}, false, ""
	return back
}

// failure notes that the target did not take a request; until is when it said to
// come again, zero when it did not. It reports whether nothing more is to be sent, and until when.
func (b *breaker) failure(now, until time.Time, reason string) (open bool, next time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.failures++
	if b.opened == 0 && b.failures < troubles {
		return false, time.Time{}
	}
	if b.opened > 0 && now.Before(b.until) { // was under way when it opened
		return true, b.until
	}
	b.open(now, until, reason, longestAway)
	return true, b.until
}

// block notes that the target refuses everything until a person does something.
func (b *breaker) block(now, until time.Time, reason string) time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.blocked || !now.Before(b.until) {
		b.open(now, until, reason, longestPause)
	}
	b.blocked = true
	return b.until
}

// open pauses, for longest at the most; the caller holds the lock.
func (b *breaker) open(now, until time.Time, reason string, longest time.Duration) {
	b.opened++
	b.reason = reason
	b.until = now.Add(min(longest, b.pause(b.opened)))
	if until.After(b.until) {
		b.until = until
	}
}
