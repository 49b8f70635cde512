package app

import (
	"context"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"ringback/internal/api"
	"ringback/internal/call"
	"ringback/internal/config"
	"ringback/internal/crm"
	"ringback/internal/crm/bitrix24"
	"ringback/internal/crm/kommo"
	"ringback/internal/crm/policy"
	"ringback/internal/crm/webhook"
	"ringback/internal/deliver"
)

// adapter makes the adapter of a target: a new type of CRM is one case more.
func adapter(t *config.Target, services crm.Services) (crm.Target, error) {
	switch t.Type {
	case config.Webhook:
		return webhook.New(webhook.Settings{URL: t.URL.URL(), Secret: t.Secret.Reveal(), Rules: policy.Of(t)}, services)
	case config.Kommo:
		return kommo.New(kommo.FromConfig(t), services)
	case config.Bitrix24:
		return bitrix24.New(bitrix24.SettingsOf(*t), services)
	}
	return nil, fmt.Errorf("this version knows no targets of type %s; remove the target from the configuration, or install a version that does", t.Type)
}

// targets makes the deliveries to the targets configured, nil where there are none.
func (a *App) targets(ctx context.Context) (*deliver.Service, error) {
	if len(a.Config.Targets) == 0 {
		return nil, nil
	}
	vault, err := deliver.OpenVault(a.journal, a.Config.State.KeyFile)
	if err != nil {
		return nil, err
	}
	if err := a.openRecordings(ctx, vault); err != nil {
		return nil, err
	}
	var sounds crm.Recordings = noRecordings{}
	if a.recordings != nil {
		sounds = a.recordings
	}
	var targets []deliver.Target
	for i := range a.Config.Targets {
		t := &a.Config.Targets[i]
		made, err := adapter(t, crm.Services{
			Store: vault.Store(t.Name), Meter: deliver.NewMeter(a.journal, t.Name), Recordings: sounds, Now: a.Now,
		})
		if err != nil {
			return nil, fmt.Errorf("target %s: %w", t.Name, err)
		}
		if bitrix, ok := made.(*bitrix24.Target); ok {
			a.portals = append(a.portals, portal{t.Name, bitrix})
		}
		targets = append(targets, deliver.Target{Name: t.Name, Type: string(t.Type), PBX: t.PBX, Target: made})
	}
	return deliver.New(deliver.Config{Journal: a.journal, Targets: targets, Logger: a.Log, Now: a.Now})
}

// noRecordings stands where no recordings can be reached.
type noRecordings struct{}

func (noRecordings) Of(context.Context, *call.Call) (*crm.Recording, error) {
	return nil, crm.ErrNoRecording
}

func (noRecordings) Link(*call.Call) (string, error) { return "", crm.ErrNoRecording }

// measure shows what is delivered among the metrics.
func (a *App) measure(registry prometheus.Registerer) error {
	if a.deliveries == nil {
		return nil
	}
	return a.deliveries.Measure(registry)
}

// targetsReady says that no target is known to be away.
func (a *App) targetsReady(ctx context.Context) bool {
	part := a.targetStatus(ctx)
	return part.Status != api.Error
}

// targetStatus is how the targets are.
func (a *App) targetStatus(ctx context.Context) api.Part {
	part := api.Part{Name: "crm", Status: api.Ok}
	if a.deliveries == nil {
		return part
	}
	list, err := a.deliveries.Status(ctx)
	if err != nil {
		return api.Part{Name: "crm", Status: api.Error, Message: err.Error()}
	}
	for i := range list {
		part.Parts = append(part.Parts, showTarget(&list[i]))
	}
	part.Status = api.Worst(part.Parts)
	return part
}

func showTarget(t *deliver.TargetStatus) api.Part {
	moment := func(at time.Time) any {
		if at.IsZero() {
			return nil
		}
		return at.Format(time.RFC3339)
	}
	part := api.Part{Name: t.Target, Status: api.Ok, Values: map[string]any{
		"type": t.Type, "state": t.State, "waiting": t.Open, "uncertain": t.Uncertain, "in_flight": t.Working,
		"delivered": t.Delivered, "failed": t.Refused, "repeated": t.Repeats,
		"last_error": t.Error, "last_error_at": moment(t.ErrorAt), "blocked_until": moment(t.BlockedUntil),
	}}
	switch t.State {
	case "blocked":
		part.Status, part.Message = api.Error, "the target refuses everything: "+t.Reason
	case "unavailable":
		part.Status, part.Message = api.Error, "the target is away: "+t.Reason
	}
	if t.State == "" && !t.BlockedUntil.IsZero() {
		part.Status, part.Message = api.Warning, "the target asks to wait until "+t.BlockedUntil.Format(time.RFC3339)
	}
	if t.State != "" {
		part.Values["blocked_until"] = moment(t.Until)
	}
	return part
}
