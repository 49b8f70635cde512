package cli

import (
	"errors"
	"iter"
	"slices"

	"ringback/internal/call"
)

// stream hands over calls in order of start, and stops at the first error.
type stream func(yield func(*call.Call) error) error

// merge hands over the calls of several streams in order of start; calls that
// started together, in order of the streams. A call is valid until yield
// returns.
func merge(streams []stream, yield func(*call.Call) error) error {
	if len(streams) == 1 {
		return streams[0](yield)
	}
	var heads []*head
	for _, s := range streams {
		h := pull(s)
		defer h.stop()
		if err := h.advance(); err != nil {
			return err
		}
		heads = append(heads, h)
	}
	for {
		heads = slices.DeleteFunc(heads, func(h *head) bool { return h.call == nil })
		if len(heads) == 0 {
			return nil
		}
		first := slices.MinFunc(heads, func(a, b *head) int { return a.call.StartedAt.Compare(b.call.StartedAt.Time) })
		if err := yield(first.call); err != nil {
			return err
		}
		if err := first.advance(); err != nil {
			return err
		}
	}
}

// head is a stream with its next call, nil after the last.
type head struct {
	call *call.Call
	next func() (*call.Call, bool)
	stop func()
	err  error
}

func pull(s stream) *head {
	h := &head{}
	h.next, h.stop = iter.Pull(func(yield func(*call.Call) bool) {
		h.err = s(func(c *call.Call) error {
			if !yield(c) {
				return errStopped
			}
			return nil
		})
	})
	return h
}

func (h *head) advance() error {
	next, ok := h.next()
	if !ok {
		h.call = nil
		return h.err
	}
	h.call = next
	return nil
}

// errStopped ends a stream of which no more is wanted.
var errStopped = errors.New("no more calls are wanted")
