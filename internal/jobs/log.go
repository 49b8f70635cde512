package jobs

import (
	"context"
	"errors"
	"log/slog"
)

// orderly is a log without what River says of its own when it is stopped in the middle
// of something: that is no error.
type orderly struct {
	slog.Handler

	stopping <-chan struct{}
}

// Handle implements slog.Handler.
func (h orderly) Handle(ctx context.Context, r slog.Record) error {
	select {
	case <-h.stopping:
	default:
		return h.Handler.Handle(ctx, r)
	}
	interrupted := false
	r.Attrs(func(a slog.Attr) bool {
		switch v := a.Value.Any().(type) {
		case error:
			interrupted = interrupted || errors.Is(v, context.Canceled)
		case string:
			interrupted = interrupted || v == context.Canceled.Error()
		}
		return !interrupted
	})
	if interrupted {
		return nil
	}
	return h.Handler.Handle(ctx, r)
}

// WithAttrs implements slog.Handler.
func (h orderly) WithAttrs(attrs []slog.Attr) slog.Handler {
	return orderly{h.Handler.WithAttrs(attrs), h.stopping}
}

// WithGroup implements slog.Handler.
func (h orderly) WithGroup(name string) slog.Handler {
	return orderly{h.Handler.WithGroup(name), h.stopping}
}
