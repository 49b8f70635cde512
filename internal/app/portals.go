package app

import (
	"context"
	"time"

	"ringback/internal/crm/bitrix24"
)

const (
	// checkEvery is how often a portal is asked whether it still takes calls; that
	// also keeps the refresh token of an idle application alive, which dies after
	// 180 days.
	checkEvery = 24 * time.Hour
	// checkTime is how long that may take.
	checkTime = 2 * time.Minute
)

// portal is a Bitrix24 target by its name.
type portal struct {
	name   string
	target *bitrix24.Target
}

// lookAfter checks a portal now and once a day until ctx ends, and logs what is
// wrong with it in words. Deliveries find it out for themselves; this says it
// before the first call.
func (a *App) lookAfter(ctx context.Context, p portal) {
	tick := time.NewTicker(checkEvery)
	defer tick.Stop()
	for {
		a.check(ctx, p)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (a *App) check(ctx context.Context, p portal) {
	ctx, cancel := context.WithTimeout(ctx, checkTime)
	defer cancel()
	report, err := p.target.Check(ctx)
	switch {
	case ctx.Err() != nil && err != nil:
	case err != nil:
		a.Log.WarnContext(ctx, "the portal does not take calls now", "target", p.name, "error", err)
	default:
		a.Log.InfoContext(ctx, "the portal takes calls", "target", p.name, "plan", report.Licence)
		for _, warning := range report.Warnings {
			a.Log.WarnContext(ctx, "something that is configured will not work with the portal", "target", p.name, "warning", warning)
		}
	}
}
