package soak

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"ringback/internal/cli"
	"ringback/internal/dbtest"
)

// length is how long the storm lasts; what comes after it takes a minute or two.
var length = flag.Duration("soak", 0, "soak the program for so long; 0 is a few seconds that show that it can be done")

// asProgram makes the test binary be the program itself, with its clock ahead by so much.
const asProgram = "RINGBACK_SOAK_AS_PROGRAM"

// File descriptors of the program by which it is asked, and answers.
const (
	questions = 3
	answers   = 4
)

func TestMain(m *testing.M) {
	if ahead, ok := os.LookupEnv(asProgram); ok {
		os.Exit(program(ahead))
	}
	os.Exit(dbtest.Main(m))
}

// program is cmd/ringback, save that its clock can be set, and that it tells of
// itself what its own pages do not.
func program(ahead string) int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	var skew atomic.Int64
	set := func(text string) {
		if d, err := time.ParseDuration(text); err == nil {
			skew.Store(int64(d))
		}
	}
	set(ahead)
	go attend(set)
	return cli.Run(ctx, cli.Process{
		Args: os.Args[1:], Stdout: os.Stdout, Stderr: os.Stderr, LookupEnv: os.LookupEnv, Version: "soak",
		Now: func() time.Time { return time.Now().Add(time.Duration(skew.Load())) },
	})
}

// attend sets the clock and answers questions until those who ask are gone; then the
// program must go too.
func attend(set func(ahead string)) {
	out := os.NewFile(answers, "answers")
	for in := bufio.NewScanner(os.NewFile(questions, "questions")); in.Scan(); {
		if ahead, ok := strings.CutPrefix(in.Text(), "clock "); ok {
			set(ahead)
			continue
		}
		goroutines := runtime.NumGoroutine()
		runtime.GC() // what is live, not what was
		var memory runtime.MemStats
		runtime.ReadMemStats(&memory)
		fmt.Fprintln(out, goroutines, memory.HeapAlloc)
	}
	os.Exit(1)
}
