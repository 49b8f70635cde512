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
		log.Error(when+" wrapped", "error", fmt.Errorf("begin: %w", context.Canceled))
		log.Error(when+" plain", "error", context.Canceled.Error())
		log.Error(when+" other", "error", errors.New("disk full"))
	}
	say("before")
	close(stopping)
	say("after")
	for line, want := range map[string]bool{
		"before wrapped": true, "before plain": true, "before other": true,
		"after wrapped": false, "after plain": false, "after other": true,
	} {
		if strings.Contains(text.String(), line) != want {
			t.Errorf("%q is logged: %v", line, !want)
		}
	}
}
