// Package cli is the command line: it reads arguments, runs commands, and says
// how they went.
//
// Results go to standard output, everything else to standard error. What the
// commands do is done by other rooms; docs/command-line.md describes them.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"syscall"
	"time"

	"github.com/alecthomas/kong"
)

// The exit statuses.
const (
	exitDone     = 0
	exitFailed   = 1
	exitUsage    = 2
	exitSomeLost = 3
)

// Process is what a command knows of the process it runs in.
type Process struct {
	// Args are the arguments, without the program's name.
	Args           []string
	Stdout, Stderr io.Writer
	LookupEnv      func(string) (string, bool)
	Now            func() time.Time
	// Name is what the program was called by; "" means ringback.
	Name string
	// Version is that of the program.
	Version string
}

// commands are all there are; kong reads the tags.
type commands struct {
	Serve  serveCommand  `cmd:"" help:"Run the module: the HTTP API, and the runs it is asked for."`
	Calls  callsCommand  `cmd:"" help:"Assemble calls and print them. Needs no server, keeps nothing, delivers nothing."`
	Read   readCommand   `cmd:"" help:"Process past calls now, in the journal that serve uses, and report."`
	Backup backupCommand `cmd:"" help:"Copy the journal to a file, while serve works with it or not."`
	Config struct {
		Check checkCommand `cmd:"" help:"Read and check the configuration."`
	} `cmd:"" help:"Look at the configuration."`
	Demo    demoCommand    `cmd:"" help:"Start a demonstration: a PBX with calls of today and the last seven days."`
	Version versionCommand `cmd:"" help:"Print the version."`
	Help    helpCommand    `cmd:"" help:"Explain a command."`
}

// usageError is a mistake in the arguments or the configuration.
type usageError struct{ err error }

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

func misuse(format string, args ...any) error { return &usageError{fmt.Errorf(format, args...)} }

// errSomeLost says that the work is done, but not for every call. What is
// missing has been reported.
var errSomeLost = errors.New("some calls failed")

// Run runs the command that the arguments name and returns the exit status.
// The end of ctx interrupts it.
func Run(ctx context.Context, p Process) int {
	err := p.run(ctx)
	switch usage := (*usageError)(nil); {
	case err == nil, errors.Is(err, syscall.EPIPE):
		// A reader that has seen enough is no failure.
		return exitDone
	case errors.Is(err, errSomeLost):
		return exitSomeLost
	case errors.As(err, &usage):
		p.complain(err)
		return exitUsage
	case errors.Is(err, context.Canceled) && ctx.Err() != nil:
		p.complain(errors.New("interrupted"))
		return exitFailed
	default:
		p.complain(err)
		return exitFailed
	}
}

func (p *Process) complain(err error) { fmt.Fprintf(p.Stderr, "ringback: %v\n", err) }

func (p *Process) run(ctx context.Context) error {
	var c commands
	helped := false
	parser, err := kong.New(&c,
		kong.Name("ringback"),
		kong.Description("Ringback reads the channel events that an Asterisk PBX logs (CEL), works out every call, and brings it to a CRM exactly once."),
		kong.Writers(p.Stdout, p.Stderr),
		kong.Exit(func(int) { helped = true }),
		kong.WithHyphenPrefixedParameters(true), // --start-date -7
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, NoExpandSubcommands: true}),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(p),
	)
	if err != nil {
		return err
	}
	args := p.Args
	if len(args) == 0 {
		args = []string{"--help"}
	}
	if err := swallowed(parser.Model.Node, args); err != nil {
		return err
	}
	parsed, err := parser.Parse(args)
	switch {
	case helped:
		return nil
	case err != nil:
		return misuse("%w; \"ringback help\" lists the commands and \"ringback help COMMAND\" its options", err)
	}
	return parsed.Run()
}

// swallowed finds a flag that would take the next flag for its value, since
// values may begin with a hyphen.
func swallowed(root *kong.Node, args []string) error {
	takesValue := map[string]bool{}
	var collect func(*kong.Node)
	collect = func(node *kong.Node) {
		for _, flag := range node.Flags {
			takesValue["--"+flag.Name] = !flag.IsBool()
		}
		for _, child := range node.Children {
			collect(child)
		}
	}
	collect(root)
	for i, arg := range args[:len(args)-1] {
		if takesValue[arg] && strings.HasPrefix(args[i+1], "--") {
			return misuse("%s needs a value, but %s came", arg, args[i+1])
		}
	}
	return nil
}
