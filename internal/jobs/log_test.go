package jobs

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

func TestStoppingInTheMiddleOfSomethingIsNoError(t *testing.T) {
	var text bytes.Buffer
	stopping := make(chan struct{})
	log := slog.New(orderly{slog.NewTextHandler(&text, nil), stopping}).With("queue", "runs").WithGroup("river")
	say := func(when string) {
		log := log.With("when", when)
		log.Error("wrapped", "error", fmt.Errorf("begin: %w", context.Canceled))
		log.Error("plain", "error", context.Canceled.Error())
		log.Error("other", "error", errors.New("disk full"))
	}
	say("before")
	close(stopping)
	say("after")
	for line, want := range map[string]bool{
		"msg=wrapped queue=runs river.when=before": true, "msg=plain queue=runs river.when=before": true, "msg=other queue=runs river.when=before": true,
		"msg=wrapped queue=runs river.when=after": false, "msg=plain queue=runs river.when=after": false, "msg=other queue=runs river.when=after": true,
	} {
		if strings.Contains(text.String(), line) != want {
			t.Errorf("%q is logged: %v", line, !want)
		}
	}
}
