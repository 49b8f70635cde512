package bitrix24

import (
	"context"
	"encoding/json"
	"strconv"

	"ringback/internal/crm"
)

// entity is what the CRM has of a client, and whose it is.
type entity struct {
	Type        string `json:"CRM_ENTITY_TYPE"`
	ID          number `json:"CRM_ENTITY_ID"`
	Responsible number `json:"ASSIGNED_BY_ID"`
}

// link is the entity as a task names it, "" where that is not known
// (https://apidocs.bitrix24.com/api-reference/tasks/fields.html).
func (e *entity) link() string {
	prefix := map[string]string{"CONTACT": "C_", "COMPANY": "CO_", "LEAD": "L_"}[e.Type]
	if prefix == "" || e.ID == 0 {
		return ""
	}
	return prefix + strconv.FormatInt(int64(e.ID), 10)
}

// clientOf is the portal's best match for a client's number, found as register
// finds it; nil when the CRM does not know the number.
func (t *Target) clientOf(ctx context.Context, client string, past bool) (*entity, error) {
	answer, err := t.client.call(ctx, request{method: methodSearch, past: past, params: map[string]any{"PHONE_NUMBER": phone(client)}})
	if err != nil {
		return nil, harmless(err)
	}
	var found []entity
	if err := json.Unmarshal(answer.Result, &found); err != nil {
		return nil, &crm.Error{Class: crm.Unavailable, Reason: "the portal's list of clients with a number cannot be read", Err: err}
	}
	if len(found) == 0 {
		return nil, nil //nolint:nilnil // not to know a number is no failure
	}
	return &found[0], nil
}
