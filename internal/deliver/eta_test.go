package deliver

import (
	"testing"
	"time"

	"ringback/internal/journal"
)

func TestTheEndOfARunIsEstimatedFromThePaceOfItsDeliveries(t *testing.T) {
	e := estimator{map[int64]observation{}}
	at := epoch
	look := func(processed int64) time.Duration {
		ready := e.observe(at, journal.Delivering{Run: 1, Found: 1000, Processed: processed})
		if ready.IsZero() {
			return -1
		}
		return ready.Sub(at).Round(time.Second)
	}
	same(t, "at first", look(0), time.Duration(-1))
	at = at.Add(10 * time.Second)
	same(t, "ten a second", look(100), 90*time.Second)
	at = at.Add(30 * time.Second)
	same(t, "nothing for half a minute", look(100), 180*time.Second)
	e.forget(nil)
	same(t, "forgotten", look(100), time.Duration(-1))
	at = at.Add(time.Second)
	same(t, "nothing goes on", look(100), time.Duration(-1))
}
