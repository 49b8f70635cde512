// Command ringback brings the calls of an Asterisk PBX to a CRM.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"
	_ "time/tzdata" // zones of PBXs must be known on a bare machine too

	"ringback/internal/cli"
)

// version is set by the build.
var version = "dev"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	// A second Ctrl-C is not waited for.
	context.AfterFunc(ctx, stop)
	status := cli.Run(ctx, cli.Process{
		Name: os.Args[0], Args: os.Args[1:], Stdout: os.Stdout, Stderr: os.Stderr,
		LookupEnv: os.LookupEnv, Now: time.Now, Version: version,
	})
	os.Exit(status)
}
