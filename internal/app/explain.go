package app

import (
	"context"
	"errors"

	"ringback/internal/sweep"
)

// Explain reads a call from the records of the PBX with that name, or of
// whichever has it when pbx is "", and says why it looks as it does. It returns
// nothing when no record has the id.
func (a *App) Explain(ctx context.Context, pbx, id string) ([]sweep.Explained, error) {
	var away []error
	for _, p := range a.pbxs {
		if pbx != "" && p.name != pbx {
			continue
		}
		known, err := p.open(ctx)
		if err != nil {
			away = append(away, err)
			continue
		}
		found, err := sweep.Explain(ctx, known, id)
		if err != nil {
			return nil, err
		}
		if len(found) > 0 {
			return found, nil
		}
	}
	return nil, errors.Join(away...)
}
