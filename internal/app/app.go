// Package app puts the rooms of the program together, and takes them down in
// order: first what takes requests, then what works, then the journal.
//
// It decides nothing by itself, and only the commands know it.
package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"ringback/internal/backfill"
	"ringback/internal/config"
	"ringback/internal/deliver"
	"ringback/internal/jobs"
	"ringback/internal/journal"
	"ringback/internal/recording"
)

const (
	// stopTime is how long work may take to come to an end when the program stops.
	stopTime = 40 * time.Second
	// answerTime is how long targets may then take to answer what was sent to them.
	answerTime = 10 * time.Second
)

// Settings are what an App is made of.
type Settings struct {
	Config *config.Config
	Log    *slog.Logger
	// Version is that of the program, for the log.
	Version string
	Now     func() time.Time
	// Roles are what Serve does; none means all.
	Roles []Role
}

// App is the module: its journal, its queue, its runs, the PBXs it reads.
type App struct {
	Settings
	journal *journal.Journal
	queue   *jobs.Client
	runs    *backfill.Service
	pbxs    []*pbx
	// deliveries is nil where no target is configured.
	deliveries *deliver.Service
	// recordings is nil where no PBX tells where it keeps them.
	recordings *recording.Library
	// portals are the Bitrix24 targets.
	portals []portal
}

// Open opens the journal and the queue, and begins nothing. A journal that another
// process has is a *journal.InUseError. PBXs are opened when they are needed.
func Open(ctx context.Context, settings Settings) (*App, error) {
	a := &App{Settings: settings}
	for i := range settings.Config.PBX {
		p, err := newPBX(&settings.Config.PBX[i], settings.Log, settings.Now)
		if err != nil {
			return nil, err
		}
		a.pbxs = append(a.pbxs, p)
	}
	address := settings.Config.State.URL.URL()
	if err := makeDirectory(address); err != nil {
		return nil, err
	}
	var err error
	if a.journal, err = journal.Open(ctx, journal.Config{URL: address.String(), Logger: settings.Log}); err != nil {
		return nil, err
	}
	if err := a.prepare(ctx); err != nil {
		return nil, errors.Join(err, a.journal.Close())
	}
	return a, nil
}

// prepare builds what stands on the journal.
func (a *App) prepare(ctx context.Context) error {
	var err error
	if a.queue, err = jobs.Open(ctx, jobs.Config{Journal: a.journal, Logger: a.Log}); err != nil {
		return err
	}
	var sources []backfill.PBX
	program := programDigest()
	for i, p := range a.pbxs {
		sources = append(sources, backfill.PBX{
			Name: p.name, Location: p.location, Open: p.open, Reading: reading(program, &a.Config.PBX[i]),
		})
	}
	if a.deliveries, err = a.targets(ctx); err != nil {
		return err
	}
	c := backfill.Config{Journal: a.journal, Jobs: a.queue, PBX: sources, Logger: a.Log, Now: a.Now}
	if a.deliveries != nil {
		c.Deliverer = a.deliveries
	}
	a.runs, err = backfill.New(c)
	return err
}

// makeDirectory makes the directory of a journal in a file, so that a first
// start needs no preparation beyond the rights to do so.
func makeDirectory(address *url.URL) error {
	if address.Scheme != "sqlite" {
		return nil
	}
	directory := filepath.Dir(address.Path)
	if err := os.MkdirAll(directory, 0o750); err != nil {
		return fmt.Errorf("make the journal's directory: %w; make %s writable for the user that ringback runs as, or set state.url to another place", err, directory)
	}
	return nil
}

// start begins to deliver and to work the queue.
func (a *App) start(ctx context.Context) error {
	if err := a.runs.Resume(ctx); err != nil {
		return err
	}
	// Both are stopped by Close, in order, and not by the end of ctx.
	if a.deliveries != nil {
		if err := a.deliveries.Start(context.WithoutCancel(ctx), a.runs); err != nil {
			return err
		}
	}
	return a.queue.Start(context.WithoutCancel(ctx))
}

// Close ends the work and closes everything, whether it was begun or not. What
// is not done goes on at the next start.
func (a *App) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), stopTime)
	defer cancel()
	a.runs.Close()
	errs := []error{a.queue.Stop(ctx)}
	if a.deliveries != nil {
		underway, cut := context.WithTimeout(ctx, answerTime)
		defer cut()
		errs = append(errs, a.deliveries.Stop(underway))
	}
	if a.recordings != nil {
		errs = append(errs, a.recordings.Close())
	}
	for _, p := range a.pbxs {
		errs = append(errs, p.close())
	}
	return errors.Join(append(errs, a.journal.Close())...)
}
