package cli

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"

	"ringback/internal/config"
	"ringback/internal/demo"
	"ringback/internal/demo/portal"
)

const portRemedy = "stop it, or give another port with --port (make run PORT=…)"

type demoCommand struct {
	Port uint16 `default:"8077" placeholder:"PORT" help:"Port of the loopback address to listen on; 8077 when absent, 0 for any that is free."`
	CRM  string `name:"crm" enum:",bitrix24,kommo" default:"" placeholder:"KIND" help:"Deliver to a simulated CRM too, bitrix24 or kommo, with a page that shows what it holds."`
}

// Run builds the demonstration in a temporary directory and serves it until it
// is interrupted.
func (c *demoCommand) Run(ctx context.Context, p *Process) (err error) {
	settings := demo.Settings{
		Listen: net.JoinHostPort("127.0.0.1", strconv.Itoa(int(c.Port))),
		User:   "admin", Password: rand.Text()[:16],
	}
	if err := vacant(ctx, settings.Listen); err != nil {
		return err
	}
	directory, err := os.MkdirTemp("", "ringback-demo-")
	if err != nil {
		return fmt.Errorf("make a directory for the demonstration: %w; set TMPDIR to one that can be written", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(directory)) }()

	now := p.Now()
	calls, err := demo.Build(ctx, filepath.Join(directory, demo.TableFile), now)
	if err != nil {
		return err
	}
	settings.Directory = directory
	path := filepath.Join(directory, "ringback.toml")
	text := demo.Configuration(settings)
	page := ""
	if c.CRM != "" {
		simulated, openErr := portal.Open(ctx, c.CRM)
		if openErr != nil {
			return openErr
		}
		defer func() { err = errors.Join(err, simulated.Close()) }()
		text += simulated.Configuration
		page = simulated.Page
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		return fmt.Errorf("write the demonstration's configuration: %w", err)
	}
	loaded, err := config.Load(path)
	if err != nil {
		return err
	}
	return p.serve(ctx, loaded, nil, portRemedy, func(at net.Addr) {
		fmt.Fprint(p.Stdout, demo.Welcome(settings, cmp.Or(p.Name, "ringback"), path, at.String(), calls, now))
		if page != "" {
			fmt.Fprintf(p.Stdout, "\nWhat the simulated CRM holds: %s\n", page)
		}
	})
}

// vacant says at once that a port is taken, before the demonstration is built.
func vacant(ctx context.Context, address string) error {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return taken(fmt.Errorf("listen on %s: %w", address, err), portRemedy)
	}
	return listener.Close()
}
