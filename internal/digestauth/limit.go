package digestauth

import (
	"net"
	"net/netip"
	"time"
)

// maxAddresses is how many addresses' failures are remembered at a time.
const maxAddresses = 1 << 14

// limiter counts failures by address. An address may fail free times at once;
// each failure is forgiven after every.
type limiter struct {
	free  int
	every time.Duration
	max   int
	// forgiven is when all failures of an address will be.
	forgiven map[netip.Prefix]time.Time
}

func newLimiter(free int, every time.Duration, most int) *limiter {
	return &limiter{free: free, every: every, max: most, forgiven: map[netip.Prefix]time.Time{}}
}

// wait is how long an address has to wait until it may try again; zero means
// not at all.
func (l *limiter) wait(from netip.Prefix, now time.Time) time.Duration {
	until, known := l.forgiven[from]
	if !known {
		return 0
	}
	patience := time.Duration(l.free-1) * l.every
	return max(0, until.Sub(now)-patience)
}

// fail counts a failure.
func (l *limiter) fail(from netip.Prefix, now time.Time) {
	until, known := l.forgiven[from]
	if !known && len(l.forgiven) >= l.max {
		l.forgetOne()
	}
	if until.Before(now) {
		until = now
	}
	l.forgiven[from] = until.Add(l.every)
}

// forgetOne makes room: of a few addresses picked by the map at random, it
// forgets the one that will be forgiven first.
func (l *limiter) forgetOne() {
	const few = 16
	var first netip.Prefix
	seen := 0
	for from, until := range l.forgiven {
		if seen == 0 || until.Before(l.forgiven[first]) {
			first = from
		}
		if seen++; seen == few {
			break
		}
	}
	delete(l.forgiven, first)
}

// origin is what a client's address is counted under: the address, of IPv6 the
// /64 that one customer usually has. All that is no address counts as one.
func origin(remote string) netip.Prefix {
	ip := hostOf(remote)
	bits := 64
	if ip.Is4() {
		bits = 32
	}
	prefix, _ := ip.Prefix(bits) // of what is no address, the zero prefix
	return prefix
}

// hostOf reads the address in host:port or host; it is not valid where there
// is none.
func hostOf(remote string) netip.Addr {
	host, _, err := net.SplitHostPort(remote)
	if err != nil {
		host = remote
	}
	ip, _ := netip.ParseAddr(host)
	return ip.Unmap().WithZone("")
}
