package cli

import (
	"fmt"

	"ringback/internal/config"
)

// configFlag is the flag of every command that needs a configuration.
type configFlag struct {
	Config string `placeholder:"F" help:"The configuration; else that of $RINGBACK_CONFIG, else /etc/ringback/ringback.toml."`
}

func (f configFlag) path(p *Process) string {
	return config.Path(f.Config, func(name string) string {
		value, _ := p.LookupEnv(name)
		return value
	})
}

// load reads the configuration. Whatever is wrong with it is a usage error.
func (f configFlag) load(p *Process) (*config.Config, error) {
	c, err := config.Load(f.path(p))
	if err != nil {
		return nil, &usageError{err}
	}
	return c, nil
}

type checkCommand struct {
	configFlag `embed:""`
}

// Run reads the configuration and says what it found.
func (c *checkCommand) Run(p *Process) error {
	loaded, err := c.load(p)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(p.Stdout, "%s is right: %s, %s, %s\n", c.path(p),
		count(len(loaded.PBX), "PBX", "PBXs"), count(len(loaded.Targets), "target", "targets"), count(len(loaded.Server.Users), "user", "users"))
	return err
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
