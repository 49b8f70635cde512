package app

import (
	"context"
	"errors"

	"ringback/internal/call"
	"ringback/internal/crm/policy"
	"ringback/internal/sweep"
)

// Explain reads a call from the records of the PBX with that name, or of
// whichever has it when pbx is "", and says why it looks as it does. It returns
// nothing when no record has the id, and an error when one that might could not
// be asked.
func (a *App) Explain(ctx context.Context, pbx, id string) ([]sweep.Explained, error) {
	var failed []error
	for _, p := range a.pbxs {
		if pbx != "" && p.name != pbx {
			continue
		}
		found, err := p.explain(ctx, id)
		if err != nil {
			failed = append(failed, err)
		}
		if len(found) > 0 {
			return found, nil
		}
	}
	return nil, errors.Join(failed...)
}

// Deliveries says what each target is given of a call, and by which rules. It asks no
// target.
func (a *App) Deliveries(c *call.Call) []policy.Decision {
	return policy.Explain(a.Config.Targets, c)
}

func (p *pbx) explain(ctx context.Context, id string) ([]sweep.Explained, error) {
	known, err := p.open(ctx)
	if err != nil {
		return nil, err
	}
	return sweep.Explain(ctx, known, id)
}
