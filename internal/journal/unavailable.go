package journal

import "errors"

// ErrUnavailable says that the journal cannot be read or written just now, and
// that later it may be: its disk is full, its server is away or stopping.
var ErrUnavailable = errors.New("the journal is unavailable")

// fault is an error of an engine with words for an administrator.
type fault struct {
	text string
	err  error
	// passing says that trying later may help.
	passing bool
}

func (f *fault) Error() string { return f.text + ": " + f.err.Error() }

func (f *fault) Unwrap() []error {
	if f.passing {
		return []error{f.err, ErrUnavailable}
	}
	return []error{f.err}
}
