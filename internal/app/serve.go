package app

import (
	"context"
	"net"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"ringback/internal/api"
)

// Serve runs the module until ctx ends, as far as its roles go: it listens, tells ready
// where, works runs, and looks after the PBXs. Whatever its roles, it says how it
// is: /healthz, /readyz, /metrics. An orderly end is nil. Close comes after it.
func (a *App) Serve(ctx context.Context, ready func(net.Addr)) error {
	if err := a.checkRoles(); err != nil {
		return err
	}
	settings, err := a.serverConfig()
	if err != nil {
		return err
	}
	server := api.NewServer(settings)
	if err := server.Listen(ctx); err != nil {
		return err
	}
	if a.has(RoleWork) {
		if err := a.queue.Register(a.tidying()); err != nil {
			return err
		}
		if err := a.start(ctx); err != nil {
			return err
		}
	}
	a.Log.InfoContext(ctx, "listening", "address", server.Addr().String(), "version", a.Version)
	ready(server.Addr())
	group, ctx := errgroup.WithContext(ctx)
	for _, p := range a.pbxs {
		group.Go(func() error {
			p.watch(ctx)
			return nil
		})
	}
	if a.has(RoleWork) {
		for _, p := range a.portals {
			group.Go(func() error {
				a.lookAfter(ctx, p)
				return nil
			})
		}
	}
	group.Go(func() error { return server.Serve(ctx) })
	err = group.Wait()
	a.Log.InfoContext(ctx, "stopping")
	return err
}

func (a *App) serverConfig() (api.Config, error) {
	settings := &a.Config.Server
	c := api.Config{
		Listen: string(settings.Listen), MetricsListen: string(settings.MetricsListen),
		TLSCert: settings.TLSCert, TLSKey: settings.TLSKey,
		NoAPI: !a.has(RoleAPI),
		Runs:  a.runs, Calls: a.journal, Status: a, Explainer: a,
		Log: a.Log, Now: a.Now, Registry: prometheus.NewRegistry(), Pages: a.pages(),
	}
	if err := a.measure(c.Registry); err != nil {
		return api.Config{}, err
	}
	if a.deliveries != nil {
		c.Targets = a.deliveries.Targets()
	}
	for _, p := range a.pbxs {
		c.PBXs = append(c.PBXs, api.PBX{Name: p.name, Location: p.location})
	}
	err := accounts(&c, settings, a.Now)
	return c, err
}
