package digestauth

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"time"
)

// maxNonces is how many nonces may be in use at a time. Only right credentials
// bring one into use.
const maxNonces = 1 << 15

// A nonce is the time it was made, its serial number, and a proof (HMAC) that
// it was made here.
const (
	nonceBody = 8 + 8
	nonceSize = nonceBody + 16
)

// nonces makes nonces, knows its own again, and remembers which counts were
// used with them.
type nonces struct {
	key      [32]byte
	lifetime time.Duration
	max      int
	// next is the serial number of the nonce to be made next; those below
	// oldest may not be used any more, as what was used of them is forgotten.
	next, oldest uint64
	used         map[uint64]*window // by serial number
}

// window remembers the counts used with a nonce: the largest, and which of the
// 64 up to it.
type window struct {
	expires time.Time
	largest uint64
	seen    uint64
}

func newNonces(lifetime time.Duration, most int) *nonces {
	n := &nonces{lifetime: lifetime, max: most, used: map[uint64]*window{}}
	rand.Read(n.key[:]) // never fails
	return n
}

// issue makes a nonce.
func (n *nonces) issue(now time.Time) string {
	b := make([]byte, nonceBody, nonceSize)
	binary.BigEndian.PutUint64(b, uint64(now.UnixNano()))
	binary.BigEndian.PutUint64(b[8:], n.next)
	n.next++
	return base64.RawURLEncoding.EncodeToString(append(b, n.proof(b)...))
}

func (n *nonces) proof(body []byte) []byte {
	mac := hmac.New(sha256.New, n.key[:])
	mac.Write(body)
	return mac.Sum(nil)[:nonceSize-nonceBody]
}

// current says that a nonce was made here and may still be used, and gives its
// serial number.
func (n *nonces) current(nonce string, now time.Time) (serial uint64, ok bool) {
	b, err := base64.RawURLEncoding.Strict().DecodeString(nonce)
	if err != nil || len(b) != nonceSize || !hmac.Equal(n.proof(b[:nonceBody]), b[nonceBody:]) {
		return 0, false
	}
	made := time.Unix(0, int64(binary.BigEndian.Uint64(b)))
	serial = binary.BigEndian.Uint64(b[8:])
	return serial, now.Sub(made) < n.lifetime && serial >= n.oldest
}

// use marks a count of a current nonce as used. It says no when it was used
// before, or may have been.
func (n *nonces) use(serial, count uint64, now time.Time) bool {
	w := n.used[serial]
	if w == nil {
		n.makeRoom(now)
		w = &window{expires: now.Add(n.lifetime)}
		n.used[serial] = w
	}
	return w.use(count)
}

func (w *window) use(count uint64) bool {
	const width = 64
	if count > w.largest {
		w.seen <<= count - w.largest // to nothing, when that is the width or more
		w.seen |= 1
		w.largest = count
		return true
	}
	behind := w.largest - count
	if behind >= width || w.seen&(1<<behind) != 0 {
		return false
	}
	w.seen |= 1 << behind
	return true
}

// makeRoom forgets the windows of nonces that have expired, when there are many.
// Where that frees little, it forgets all. What is forgotten may not be used
// again, even should the clock go back; clients are told to take new nonces.
func (n *nonces) makeRoom(now time.Time) {
	if len(n.used) < n.max {
		return
	}
	for serial, w := range n.used {
		if !now.Before(w.expires) {
			delete(n.used, serial)
			n.oldest = max(n.oldest, serial+1)
		}
	}
	if len(n.used) > n.max/2 {
		clear(n.used)
		n.oldest = n.next
	}
}
