package deliver

import (
	"math/rand/v2"
	"time"
)

// pause is how long to wait after the nth failure in a row: full jitter, so that
// those who failed together do not come back together, over a second that
// doubles with each failure, up to ten minutes.
func pause(n int) time.Duration {
	const first, most, least = time.Second, 10 * time.Minute, 50 * time.Millisecond
	ceiling := min(most, first<<min(max(n-1, 0), 12))
	return max(least, rand.N(ceiling))
}
