package cli

import (
	"context"
	"fmt"
)

type helpCommand struct {
	Command []string `arg:"" optional:"" help:"The command to explain."`
}

// Run prints what --help after the command would.
func (c *helpCommand) Run(ctx context.Context, p *Process) error {
	explained := *p
	explained.Args = append(append([]string{}, c.Command...), "--help")
	return explained.run(ctx)
}

type versionCommand struct{}

// Run prints the version.
func (versionCommand) Run(p *Process) error {
	_, err := fmt.Fprintf(p.Stdout, "ringback %s\n", p.Version)
	return err
}
