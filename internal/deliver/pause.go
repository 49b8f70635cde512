package deliver

import (
	"math/rand/v2"
	"time"
)

// longestPause is how long whatever failed often waits at the most.
const longestPause = 10 * time.Minute

// pause is how long to wait after the nth failure in a row: full jitter, so that
// those who failed together do not come back together, over a second that
// doubles with each failure, up to longestPause.
func pause(n int) time.Duration {
	const first, least = time.Second, 50 * time.Millisecond
	ceiling := min(longestPause, first<<min(max(n-1, 0), 12))
	return max(least, rand.N(ceiling))
}
