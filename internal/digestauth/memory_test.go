package digestauth

import (
	"net/netip"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

func TestACountIsUsedOnceAndAnyWithinTheWindowMayBe(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var w window
		used := map[uint64]bool{}
		largest := uint64(0)
		for range rapid.IntRange(1, 200).Draw(t, "uses") {
			count := rapid.OneOf(rapid.Uint64Range(1, 200), rapid.Uint64Range(1, 1<<31)).Draw(t, "count")
			fresh := !used[count] && (count > largest || largest-count < 64)
			if got := w.use(count); got != fresh {
				t.Fatalf("count %d after %d: got %v", count, largest, got)
			}
			used[count] = used[count] || fresh
			largest = max(largest, count)
		}
	})
}

func TestNoncesAreForgottenWithoutARepeatedUse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const most = 8
		n := newNonces(time.Minute, most)
		now := noon
		var issued []string
		used := map[string]bool{}
		for range rapid.IntRange(1, 300).Draw(t, "steps") {
			switch rapid.IntRange(0, 3).Draw(t, "step") {
			case 0:
				issued = append(issued, n.issue(now))
			case 1:
				// The clock may be set back as well.
				now = now.Add(time.Duration(rapid.IntRange(-30, 60).Draw(t, "seconds")) * time.Second)
			default:
				if len(issued) == 0 {
					continue
				}
				nonce := rapid.SampledFrom(issued).Draw(t, "nonce")
				serial, ok := n.current(nonce, now)
				if !ok {
					continue
				}
				if n.use(serial, 1, now) {
					if used[nonce] {
						t.Fatal("a nonce's count was used twice")
					}
					used[nonce] = true
				}
			}
			if len(n.used) > most {
				t.Fatalf("%d windows are kept", len(n.used))
			}
		}
	})
}

func TestANewNonceIsGoodEvenWhenAllAreInUse(t *testing.T) {
	n := newNonces(time.Minute, 8)
	for i := range 100 {
		serial, ok := n.current(n.issue(noon), noon)
		if !ok || !n.use(serial, 1, noon) {
			t.Fatalf("nonce %d is refused", i)
		}
	}
}

func TestAChangedNonceIsNotCurrent(t *testing.T) {
	n := newNonces(time.Minute, 8)
	nonce := []byte(n.issue(noon))
	for i := range nonce {
		changed := append([]byte(nil), nonce...)
		changed[i] ^= 1
		if _, ok := n.current(string(changed), noon); ok {
			t.Errorf("a change at %d passes", i)
		}
	}
}

func TestNobodyFailsMoreOftenThanAllowed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const free, every = 5, 30 * time.Second
		l := newLimiter(free, every, 100)
		from := netip.MustParsePrefix("192.0.2.1/32")
		now, failures := noon, 0
		for range rapid.IntRange(1, 300).Draw(t, "attempts") {
			now = now.Add(time.Duration(rapid.IntRange(0, 20).Draw(t, "seconds")) * time.Second)
			wait := l.wait(from, now)
			if wait == 0 {
				l.fail(from, now)
				failures++
			}
			if wait > every {
				t.Fatalf("has to wait %s", wait)
			}
			if most := free + int(now.Sub(noon)/every); failures > most {
				t.Fatalf("%d failures in %s", failures, now.Sub(noon))
			}
		}
	})
}

func TestAddressesAreForgottenTheHarmlessFirst(t *testing.T) {
	const most = 16
	l := newLimiter(3, time.Minute, most)
	guesser := netip.MustParsePrefix("192.0.2.1/32")
	for range 3 {
		l.fail(guesser, noon)
	}
	address := netip.MustParseAddr("198.51.100.1")
	for range 200 {
		l.fail(netip.PrefixFrom(address, 32), noon)
		address = address.Next()
	}
	if len(l.forgiven) != most || l.wait(guesser, noon) == 0 {
		t.Errorf("%d addresses are kept, the guesser waits %s", len(l.forgiven), l.wait(guesser, noon))
	}
}
