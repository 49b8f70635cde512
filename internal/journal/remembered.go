package journal

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"
)

// Remembered are calls as a piece keeps them: which ones, and what tells whether the journal still
// has them as they were. The zero value is empty.
//
// One after the other: when it began, in microseconds since the one before, as a signed varint; the
// digest of its body, eight bytes, big-endian; one byte, 1 when records are missing; how many other linkedids it joins, as a
// varint; its id and these, each after its length, as a varint. All of that is compressed (RFC 1951).
type Remembered struct {
	plain []byte
	last  int64
	calls int
}

// Add puts a call at the end.
func (r *Remembered) Add(e *Entry) {
	started := e.Started.UnixMicro()
	r.plain = binary.AppendVarint(r.plain, started-r.last)
	r.plain = binary.BigEndian.AppendUint64(r.plain, uint64(e.digest))
	r.plain = append(r.plain, byte(flag(e.beheaded)))
	r.plain = binary.AppendUvarint(r.plain, uint64(len(e.linkedids)))
	for _, id := range append([]string{e.ID}, e.linkedids...) {
		r.plain = binary.AppendUvarint(r.plain, uint64(len(id)))
		r.plain = append(r.plain, id...)
	}
	r.last = started
	r.calls++
}

// Len is how many calls there are.
func (r *Remembered) Len() int { return r.calls }

func (r *Remembered) compress() ([]byte, error) {
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, flate.BestSpeed)
	if err != nil {
		return nil, err
	}
	_, err = w.Write(r.plain)
	if err := errors.Join(err, w.Close()); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// errRemembered says that bytes are not what compress made.
var errRemembered = errors.New("the calls of a piece cannot be read")

// mostPlain bounds what is taken for calls of one piece, in bytes.
const mostPlain = 256 << 20

// recall reads what compress made, as entries of a PBX.
func recall(compressed []byte, pbx string) ([]*Entry, error) {
	plain, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(compressed)), mostPlain))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errRemembered, err)
	}
	if len(plain) == mostPlain {
		return nil, fmt.Errorf("%w: there are too many", errRemembered)
	}
	r := remembrance{plain: plain}
	var entries []*Entry
	var started int64
	for len(r.plain) > 0 && !r.damaged {
		started += r.varint()
		at := time.UnixMicro(started).UTC()
		e := &Entry{PBX: pbx, Started: at, Ended: at, digest: r.digest(), beheaded: r.flag(), recalled: true}
		others := r.uvarint()
		e.ID = r.text()
		for ; others > 0 && !r.damaged; others-- {
			e.linkedids = append(e.linkedids, r.text())
		}
		entries = append(entries, e)
	}
	if r.damaged {
		return nil, errRemembered
	}
	return entries, nil
}

// remembrance reads what Remembered wrote. What is not there is zero, and damaged is set.
type remembrance struct {
	plain   []byte
	damaged bool
}

// take gives the next n bytes, and zeros when there are fewer.
func (r *remembrance) take(n uint64) []byte {
	if n > uint64(len(r.plain)) {
		r.damaged, r.plain = true, nil
		return make([]byte, min(n, 8))
	}
	taken := r.plain[:n]
	r.plain = r.plain[n:]
	return taken
}

func (r *remembrance) varint() int64 {
	v, n := binary.Varint(r.plain)
	r.skip(n)
	return v
}

func (r *remembrance) uvarint() uint64 {
	v, n := binary.Uvarint(r.plain)
	r.skip(n)
	return v
}

func (r *remembrance) skip(n int) {
	if n <= 0 {
		r.damaged, r.plain = true, nil
		return
	}
	r.plain = r.plain[n:]
}

func (r *remembrance) digest() int64 { return int64(binary.BigEndian.Uint64(r.take(8))) }
func (r *remembrance) flag() bool    { return r.take(1)[0] == 1 }
func (r *remembrance) text() string  { return string(r.take(r.uvarint())) }
