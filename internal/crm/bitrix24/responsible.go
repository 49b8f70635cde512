package bitrix24

import (
	"context"
	"slices"

	"ringback/internal/crm"
	"ringback/internal/crm/policy"
)

// responsible is whose a call is: the first active user whom its ladder leads to,
// else the default one.
func (t *Target) responsible(ctx context.Context, part policy.Part, past bool) (int64, error) {
	for _, who := range part.Responsible {
		user, err := t.userOf(ctx, who, part, past)
		if err != nil || user != 0 {
			return user, err
		}
	}
	return t.defaultUser(ctx, part)
}

// userOf is the active user whom one word of a ladder leads to, 0 if there is none.
func (t *Target) userOf(ctx context.Context, who policy.Responsible, part policy.Part, past bool) (int64, error) {
	switch who {
	case policy.OfPerson:
		return t.users.find(ctx, part.Person, past)
	case policy.OfDefault:
		return t.defaultUser(ctx, part)
	case policy.OfClient:
	}
	if part.Anonymous {
		return 0, nil // whoever has the placeholder has not this client
	}
	client, err := t.clientOf(ctx, part.Client, past)
	if err != nil || client == nil || client.Responsible == 0 {
		return 0, err
	}
	user := int64(client.Responsible)
	active, err := t.users.isActive(ctx, user, past)
	if err != nil || !active {
		return 0, err
	}
	return user, nil
}

// preparation is the step that decides whose call it is. It may ask whose the client
// is.
func (t *Target) preparation(p *crm.Parcel) crm.Step {
	part, err := t.part(p)
	if err != nil || part.Anonymous || !slices.Contains(part.Responsible, policy.OfClient) {
		return crm.Step{Name: stepPrepare, Repeatable: true}
	}
	s := t.step(p, stepPrepare, methodSearch, 1)
	s.Repeatable = true
	return s
}

// asksForClients says that some calls belong to whoever has the client.
func asksForClients(r policy.Rules) bool {
	if slices.Contains(r.Missed, policy.OfClient) {
		return true
	}
	for _, trunk := range r.Trunks {
		if slices.Contains(trunk.Missed, policy.OfClient) {
			return true
		}
	}
	return false
}
