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
// digest of its body, eight bytes, big-endian; the length of its id, as a varint, and the id. All of that is compressed (RFC 1951).
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
	r.plain = binary.AppendUvarint(r.plain, uint64(len(e.ID)))
	r.plain = append(r.plain, e.ID...)
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
	var entries []*Entry
	var started int64
	for len(plain) > 0 {
		since, n := binary.Varint(plain)
		if n <= 0 || len(plain) < n+8 {
			return nil, errRemembered
		}
		digest := binary.BigEndian.Uint64(plain[n:])
		plain = plain[n+8:]
		length, n := binary.Uvarint(plain)
		if n <= 0 || uint64(len(plain)-n) < length {
			return nil, errRemembered
		}
		started += since
		at := time.UnixMicro(started).UTC()
		entries = append(entries, &Entry{
			ID: string(plain[n : n+int(length)]), PBX: pbx, Started: at, Ended: at, digest: int64(digest), recalled: true,
		})
		plain = plain[n+int(length):]
	}
	return entries, nil
}
