package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"syscall"

	"ringback/internal/app"
	"ringback/internal/config"
)

type serveCommand struct {
	configFlag `embed:""`

	Roles []app.Role `enum:"api,panel,follow,work" placeholder:"ROLE,…" help:"What this process does of api, panel, follow and work; all when absent. Processes that share a journal on PostgreSQL may divide them."`
}

// Run serves until it is interrupted.
func (c *serveCommand) Run(ctx context.Context, p *Process) error {
	loaded, err := c.load(p)
	if err != nil {
		return err
	}
	return p.serve(ctx, loaded, c.Roles, "stop it, or set server.listen to another port", func(net.Addr) {})
}

// serve runs the module until ctx ends. An interruption is how it is meant to
// end, and no failure. The remedy is for a port that is taken.
func (p *Process) serve(ctx context.Context, c *config.Config, roles []app.Role, remedy string, ready func(net.Addr)) error {
	a, err := p.module(ctx, c, roles...)
	if err != nil {
		return err
	}
	return errors.Join(taken(a.Serve(ctx, ready), remedy), a.Close())
}

// taken adds to the error of a port that is taken what to do about it.
func taken(err error, remedy string) error {
	if errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("%w: another program has this port, perhaps another ringback; %s", err, remedy)
	}
	return err
}

func (p *Process) module(ctx context.Context, c *config.Config, roles ...app.Role) (*app.App, error) {
	return app.Open(ctx, app.Settings{Config: c, Log: newLogger(p.Stderr, c.Log), Version: p.Version, Now: p.Now, Roles: roles})
}
