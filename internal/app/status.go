package app

import (
	"context"
	"time"

	"ringback/internal/api"
)

// Status shows how every part of the module is.
func (a *App) Status(ctx context.Context) api.Report {
	pbxs := api.Part{Name: "pbx", Status: api.Ok}
	for _, p := range a.pbxs {
		pbxs.Parts = append(pbxs.Parts, p.status())
	}
	pbxs.Status = api.Worst(pbxs.Parts)
	parts := []api.Part{
		pbxs, a.targetStatus(ctx), a.queueStatus(ctx), a.journalStatus(ctx),
		{Name: "live", Status: api.Ok, Message: "calls are not followed live by this version", Values: map[string]any{"running": false}},
	}
	return api.Report{Status: api.Worst(parts), Parts: parts}
}

// Ready says whether every PBX and target could be reached when that was tried
// last and the journal answers.
func (a *App) Ready(ctx context.Context) bool {
	for _, p := range a.pbxs {
		if state := p.look(); state.at.IsZero() || state.err != nil {
			return false
		}
	}
	return a.targetsReady(ctx) && a.journal.Ping(ctx) == nil
}

func (p *pbx) status() api.Part {
	state := p.look()
	part := api.Part{Name: p.name, Status: api.Ok, Values: map[string]any{"timezone": zoneName(p.location)}}
	if state.at.IsZero() {
		part.Status, part.Message = api.Warning, "not looked at yet"
		return part
	}
	part.Values["seen_at"] = state.at.In(p.location).Format(time.RFC3339)
	if d := state.description; d.Backend != "" {
		part.Values["backend"], part.Values["place"], part.Values["time_index"] = d.Backend, d.Place, d.TimeIndex
	}
	for i, w := range state.description.Warnings {
		if i > 0 {
			part.Message += " "
		}
		part.Status, part.Message = api.Warning, part.Message+w.Text
	}
	if state.err != nil {
		part.Status, part.Message = api.Error, state.err.Error()
	}
	return part
}

// zoneName is the name of a zone; the machine's own has none to show.
func zoneName(zone *time.Location) string {
	if zone == time.Local {
		return "that of this machine, now " + time.Now().Format("-07:00")
	}
	return zone.String()
}

func (a *App) queueStatus(ctx context.Context) api.Part {
	stats, err := a.queue.Stats(ctx)
	if err != nil {
		return api.Part{Name: "queue", Status: api.Error, Message: err.Error()}
	}
	part := api.Part{Name: "queue", Status: api.Ok, Values: map[string]any{}}
	var waiting, running, later int64
	for kind, counts := range stats {
		waiting, running, later = waiting+counts.Waiting, running+counts.Running, later+counts.Later
		part.Parts = append(part.Parts, api.Part{Name: kind, Status: api.Ok, Values: map[string]any{
			"waiting": counts.Waiting, "running": counts.Running, "later": counts.Later,
		}})
	}
	if a.journal.Shared() {
		nodes, err := a.queue.Nodes(ctx)
		if err != nil {
			return api.Part{Name: "queue", Status: api.Error, Message: err.Error()}
		}
		part.Values["processes"] = nodes
	}
	part.Values["waiting"], part.Values["running"], part.Values["later"] = waiting, running, later
	return part
}

func (a *App) journalStatus(ctx context.Context) api.Part {
	stats, err := a.journal.Stats(ctx)
	if err != nil {
		return api.Part{Name: "journal", Status: api.Error, Message: err.Error()}
	}
	return api.Part{Name: "journal", Status: api.Ok, Values: map[string]any{
		"place": a.journal.Place(), "bytes": stats.Bytes, "calls": stats.Calls, "runs": stats.Runs, "unfinished_runs": stats.Unfinished,
	}}
}
