package deliver

import (
	"testing"
	"time"
)

func TestATargetThatIsAwayIsTriedOnceAMinuteAndOneThatRefusesEverythingLessOften(t *testing.T) {
	hour := func(int) time.Duration { return time.Hour }
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	away := breaker{pause: hour}
	for n := range 2 * troubles {
		open, next := away.failure(now, time.Time{}, "no answer")
		if open != (n >= troubles-1) {
			t.Errorf("after %d failures it is open: %v", n+1, open)
		}
		if open && next != now.Add(time.Minute) {
			t.Errorf("after %d failures it is tried again at %v", n+1, next)
		}
	}
	if _, next := away.failure(now.Add(time.Minute), now.Add(3*time.Hour), "come again"); next != now.Add(3*time.Hour) {
		t.Errorf("a target that says when is tried again at %v", next)
	}
	refuses := breaker{pause: hour}
	if next := refuses.block(now, time.Time{}, "not paid"); next != now.Add(longestPause) {
		t.Errorf("a target that refuses everything is tried again at %v", next)
	}
}
