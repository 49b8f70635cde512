package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"ringback/internal/app"
	"ringback/internal/cel/source"
	"ringback/internal/cel/source/open"
	"ringback/internal/config"
	"ringback/internal/dialplan"
	"ringback/internal/sweep"
)

// sourceFlags say whose calls are read.
type sourceFlags struct {
	configFlag `embed:""`

	CEL      string   `name:"cel" placeholder:"URL" help:"The CEL table or file: mysql://user:password@host/database?table=cel, postgres://…, sqlite:///path/master.db, csv:///path/Master.csv. Or env:NAME, file:/path that hold it."`
	Timezone string   `placeholder:"Z" help:"Zone in which the PBX of --cel writes times, such as Europe/Moscow; the machine's when absent."`
	PBX      []string `name:"pbx" sep:"none" placeholder:"NAME" help:"With --cel: the name that calls show. Else one of the PBXs configured; may be repeated."`
}

// open opens the PBXs that the flags name, and gives the targets that are configured.
// The caller closes the PBXs' sources.
func (f *sourceFlags) open(ctx context.Context, p *Process) ([]sweep.PBX, []config.Target, error) {
	if f.CEL != "" {
		pbx, err := f.single(p)
		if err != nil {
			return nil, nil, err
		}
		pbxs, err := openAll(ctx, p, []opening{pbx})
		return pbxs, nil, err
	}
	if f.Timezone != "" {
		return nil, nil, misuse("--timezone belongs to --cel; with a configuration, set timezone of the PBX there")
	}
	if _, err := os.Stat(f.path(p)); f.Config == "" && errors.Is(err, os.ErrNotExist) {
		return nil, nil, misuse("nothing says where the records are: give --cel URL, or --config FILE (there is no %s)", f.path(p))
	}
	loaded, err := f.load(p)
	if err != nil {
		return nil, nil, err
	}
	chosen, err := choose(loaded.PBX, f.PBX)
	if err != nil {
		return nil, nil, err
	}
	openings := make([]opening, len(chosen))
	for i := range chosen {
		known, err := app.Known(&chosen[i], p.Now)
		if err != nil {
			return nil, nil, &usageError{err}
		}
		openings[i] = opening{
			address: chosen[i].CEL.Reveal(),
			options: source.Options{Location: known.Location, Columns: chosen[i].Columns},
			pbx:     known,
		}
	}
	pbxs, err := openAll(ctx, p, openings)
	return pbxs, loaded.Targets, err
}

// single is the PBX of --cel.
func (f *sourceFlags) single(p *Process) (opening, error) {
	if f.Config != "" {
		return opening{}, misuse("give --cel or --config, not both")
	}
	if len(f.PBX) > 1 {
		return opening{}, misuse("--cel is one PBX; give --pbx once")
	}
	zone := time.Local
	if f.Timezone != "" {
		var err error
		if zone, err = time.LoadLocation(f.Timezone); err != nil {
			return opening{}, misuse("--timezone: there is no zone %q; give one such as Europe/Moscow or UTC", f.Timezone)
		}
	}
	address, err := config.ParseSourceURL(f.CEL, p.LookupEnv, os.ReadFile)
	if err != nil {
		return opening{}, misuse("--cel: %w", err)
	}
	return opening{
		address: address.Reveal(),
		options: source.Options{Location: zone},
		pbx:     sweep.PBX{Name: strings.Join(f.PBX, ""), Plan: dialplan.Default(), Location: zone, Now: p.Now},
	}, nil
}

// choose gives the PBXs with the names, all when there are no names.
func choose(all []config.PBX, names []string) ([]config.PBX, error) {
	if len(names) == 0 {
		if len(all) == 0 {
			return nil, misuse("the configuration has no [[pbx]]")
		}
		return all, nil
	}
	var chosen []config.PBX
	for _, name := range names {
		i := slices.IndexFunc(all, func(p config.PBX) bool { return p.Name == name })
		if i < 0 {
			var known []string
			for _, p := range all {
				known = append(known, p.Name)
			}
			return nil, misuse("--pbx: no PBX is called %q; there are %s", name, strings.Join(known, ", "))
		}
		chosen = append(chosen, all[i])
	}
	return chosen, nil
}

// opening is a PBX whose source is still to be opened.
type opening struct {
	address string
	options source.Options
	pbx     sweep.PBX
}

func openAll(ctx context.Context, p *Process, openings []opening) ([]sweep.PBX, error) {
	var pbxs []sweep.PBX
	for _, o := range openings {
		o.options.Logger = newLogger(p.Stderr, config.Log{Level: config.LogWarn})
		opened, err := open.Open(ctx, o.address, o.options)
		if err != nil {
			closeAll(pbxs)
			if _, setup := errors.AsType[*source.SetupError](err); setup {
				return nil, &usageError{err}
			}
			return nil, err
		}
		for _, w := range opened.Description().Warnings {
			fmt.Fprintf(p.Stderr, "ringback: warning: %s (%s)\n", w.Text, w.Code)
		}
		o.pbx.Source = opened
		pbxs = append(pbxs, o.pbx)
	}
	return pbxs, nil
}

// closeAll closes sources that were only read: a failure would lose nothing.
func closeAll(pbxs []sweep.PBX) {
	for _, pbx := range pbxs {
		_ = pbx.Source.Close()
	}
}
