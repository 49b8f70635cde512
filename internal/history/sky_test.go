package history

import "time"

// sky is when the network and the CRM are how, since the import began.
type sky struct {
	begun time.Time
	// Until calm is over nothing goes wrong; then there is a storm, then the CRM is away, for an
	// hour where the import is a long one, and after that little goes wrong.
	calm, storm, away time.Duration
	// kills is how many there are in the storm.
	kills int
	// every is the window in which the CRM counts, for samples; live is the pause between
	// live calls.
	every, live time.Duration
}

// newSky is for an import that takes as long as work when nothing goes wrong. A short one has
// no calm in which a limit could be looked at.
func newSky(work, every, live time.Duration, kills int) *sky {
	return &sky{away: min(time.Hour, 2*work), calm: (work * 4 / 10).Truncate(every), storm: work * 3 / 10, kills: kills, every: every, live: live}
}

// weather is how often requests fail.
type weather uint8

const (
	calm weather = iota
	storm
	absence
	breeze
)

func (s *sky) now() weather {
	switch since := time.Since(s.begun); {
	case since < s.calm:
		return calm
	case since < s.calm+s.storm:
		return storm
	case since < s.calm+s.storm+s.away:
		return absence
	}
	return breeze
}

// oneIn is of how many requests one fails.
func (s *sky) oneIn() int {
	switch s.now() {
	case storm:
		return 6
	case breeze:
		return 60
	case calm, absence:
	}
	return 0
}

// pause is how long a life lasts at least.
func (s *sky) pause(w *world) time.Duration {
	since := time.Since(s.begun)
	between := s.storm / time.Duration(s.kills)
	switch s.now() {
	case calm:
		return s.calm - since
	case absence:
		between = s.away / 4
	case breeze:
		// Longer than a process that died while it renewed a token keeps the next one waiting.
		between = max(4*between, 10*time.Minute)
	case storm:
	}
	return time.Duration(w.pick(int(2*between)) + 1)
}
