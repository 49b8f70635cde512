package bitrix24

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"ringback/internal/crm"
)

// Report is what Check found.
type Report struct {
	// Licence is the portal's plan, "" when it is not known (a webhook).
	Licence string
	// Scopes are the rights that were granted.
	Scopes []string
	// Warnings say what of the settings will not work, though calls are taken.
	Warnings []string
}

// Check sees without any effect that the portal takes calls: that the token
// works, that the scopes suffice, and that calls may be registered with it,
// which some portals refuse to webhooks. It learns the portal's plan, too. Run
// now and then, it keeps the refresh token of an idle application alive.
func (t *Target) Check(ctx context.Context) (Report, error) {
	var r Report
	answer, err := t.client.call(ctx, request{method: "scope"})
	if err != nil {
		return r, harmless(err)
	}
	if err := json.Unmarshal(answer.Result, &r.Scopes); err != nil {
		return r, &crm.Error{Class: crm.Unavailable, Reason: "the portal's list of scopes cannot be read", Err: err}
	}
	if missing := missingScopes(r.Scopes); len(missing) > 0 {
		return r, &crm.Error{Class: crm.Blocked, Reason: "scopes are missing: " + strings.Join(missing, ", "), Hint: scopes}
	}
	if t.settings.Tasks != nil && !slices.Contains(r.Scopes, "task") {
		r.Warnings = append(r.Warnings, "the scope task is missing, so missed calls become no tasks; "+scopeTask)
	}
	if t.oauth != nil {
		if err := t.learnPlan(ctx, &r); err != nil {
			return r, harmless(err)
		}
	}
	return r, t.probe(ctx)
}

func missingScopes(granted []string) []string {
	var missing []string
	for _, s := range []string{"telephony", "crm"} {
		if !slices.Contains(granted, s) {
			missing = append(missing, s)
		}
	}
	if !slices.ContainsFunc(granted, func(s string) bool { return s == "user" || s == "user_basic" }) {
		missing = append(missing, "user_basic")
	}
	return missing
}

// learnPlan asks for the plan, which decides how many requests a second are
// taken.
func (t *Target) learnPlan(ctx context.Context, r *Report) error {
	answer, err := t.client.call(ctx, request{method: "app.info"})
	if err != nil {
		return err
	}
	var info struct {
		Licence string `json:"LICENSE"`
	}
	if err := json.Unmarshal(answer.Result, &info); err != nil {
		return &crm.Error{Class: crm.Unavailable, Reason: "the portal's plan cannot be read", Err: err}
	}
	r.Licence = info.Licence
	_, plan, _ := strings.Cut(info.Licence, "_")
	t.client.limits.plan(t.settings.Enterprise || strings.HasPrefix(plan, "ent"))
	return nil
}

// probe tries to finish a call that does not exist: a portal that takes calls
// says that it is not found.
func (t *Target) probe(ctx context.Context) error {
	user, err := t.users.standIn(ctx)
	if err != nil {
		return err
	}
	_, err = t.client.call(ctx, request{method: methodFinish, params: map[string]any{"CALL_ID": "ringback-probe", "USER_ID": user, "ADD_TO_CHAT": 0}})
	if said, ok := errors.AsType[*refusal](err); ok && said.notFound() {
		return nil
	}
	return harmless(err)
}
