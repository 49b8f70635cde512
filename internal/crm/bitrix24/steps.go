package bitrix24

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"ringback/internal/crm"
	"ringback/internal/crm/policy"
)

const (
	// sameCall is for how long the portal takes an identical registration for
	// the same call: 30 minutes, less what clocks and lost answers may take.
	sameCall = 25 * time.Minute
	// forgotten is when it surely no longer does.
	forgotten = 31 * time.Minute
	// maxTries is how often a call is registered anew before something must be
	// wrong.
	maxTries = 4
)

// Do implements crm.Target.
func (t *Target) Do(ctx context.Context, p *crm.Parcel, step crm.Step, kept crm.Memo) (crm.Memo, error) {
	m, err := read(kept)
	if err != nil {
		return nil, err
	}
	part, err := t.part(p)
	if err != nil {
		return nil, err
	}
	switch step.Name {
	case stepPrepare:
		m, err = t.prepare(ctx, p, part, m)
	case stepRegister:
		m, err = t.register(ctx, p, part, m)
	case stepFinish:
		m, err = t.finish(ctx, p, part, m)
	case stepTask:
		m, err = t.makeTask(ctx, p, part, m)
	case stepNote:
		m.Noted = true
		err = t.open.add(ctx, openTask{Number: part.Client, Task: m.Task, Call: part.Start.UnixMicro()})
	case stepClose:
		m, err = t.closeTask(ctx, p, part, m)
	case stepRecord:
		m, err = t.record(ctx, p, m)
	case stepWarn:
		err = &crm.Error{Class: crm.Refused, Reason: m.Warning}
	default:
		err = &crm.Error{Class: crm.Refused, Reason: fmt.Sprintf("Bitrix24 has no step %q", step.Name)}
	}
	if err != nil {
		return nil, err
	}
	return m.write()
}

// prepare decides whose call it is.
func (t *Target) prepare(ctx context.Context, p *crm.Parcel, part policy.Part, m memo) (memo, error) {
	user, err := t.responsible(ctx, part, p.Past)
	if err != nil {
		return m, err
	}
	m.User, m.Since = user, t.services.Now().Unix()
	if m.Close, err = t.closedBy(ctx, part); err != nil {
		return m, err
	}
	if !m.Again {
		return m, nil
	}
	m.Again = false
	found, _, err := t.inStatistics(ctx, p, m)
	return found, err
}

// withUser sends a request for a user, and once more for the next one of the ladder
// when the portal says that the user is dismissed; it returns the user who was taken.
func (t *Target) withUser(ctx context.Context, p *crm.Parcel, part policy.Part, user int64, send func(user int64) (*envelope, error)) (*envelope, int64, error) {
	if t.users.isDismissed(user) {
		other, err := t.responsible(ctx, part, p.Past)
		if err != nil {
			return nil, user, err
		}
		user = other
	}
	answer, err := send(user)
	said, ok := errors.AsType[*refusal](err)
	if !ok || !said.inactive() {
		return answer, user, err
	}
	standIn, fault := t.users.standIn(ctx)
	switch {
	case fault != nil:
		return nil, user, fault
	case standIn == user:
		return nil, user, err
	}
	t.users.dismiss(user)
	other, fault := t.responsible(ctx, part, p.Past)
	if fault != nil {
		return nil, user, fault
	}
	answer, err = send(other)
	return answer, other, err
}

func (t *Target) register(ctx context.Context, p *crm.Parcel, part policy.Part, m memo) (memo, error) {
	answer, user, err := t.withUser(ctx, p, part, m.User, func(user int64) (*envelope, error) {
		return t.client.call(ctx, request{method: methodRegister, past: p.Past, params: t.registration(p, part, user)})
	})
	if err != nil {
		return m, err
	}
	var got struct {
		CallID string `json:"CALL_ID"`
	}
	if err := json.Unmarshal(answer.Result, &got); err != nil || got.CallID == "" {
		return m, &crm.Error{Class: crm.Uncertain, Reason: "the portal registered the call and gave no CALL_ID", Err: err}
	}
	if got.CallID == m.Lost {
		// The portal gives back a registration that it does not let us finish.
		return m, &crm.Error{
			Class: crm.Unavailable, Until: time.Unix(m.Since, 0).Add(forgotten),
			Reason: "the portal has lost this call and still takes it for registered",
		}
	}
	m.User, m.CallID = user, got.CallID
	m.Tries++
	return m, nil
}

func (t *Target) finish(ctx context.Context, p *crm.Parcel, part policy.Part, m memo) (memo, error) {
	answer, _, err := t.withUser(ctx, p, part, m.User, func(user int64) (*envelope, error) {
		return t.client.call(ctx, request{method: methodFinish, past: p.Past, params: completion(p, part, m.CallID, user)})
	})
	if said, ok := errors.AsType[*refusal](err); ok && said.notFound() {
		return t.notFound(ctx, p, m, said)
	}
	if err != nil {
		return m, err
	}
	var got struct {
		ID       number `json:"ID"`
		Activity number `json:"CRM_ACTIVITY_ID"`
	}
	if err := json.Unmarshal(answer.Result, &got); err != nil {
		return m, &crm.Error{Class: crm.Uncertain, Reason: "the portal's answer to finish cannot be read", Err: err}
	}
	m.Finished, m.Row, m.Activity = t.services.Now().Unix(), strconv.FormatInt(int64(got.ID), 10), int64(got.Activity)
	return m, nil
}

// notFound tells a call that was finished already from one whose registration
// the portal has lost; the latter begins anew.
func (t *Target) notFound(ctx context.Context, p *crm.Parcel, m memo, said *refusal) (memo, error) {
	found, ok, err := t.inStatistics(ctx, p, m)
	if err != nil || ok {
		return found, err
	}
	if m.Tries >= maxTries {
		return m, &crm.Error{
			Class: crm.Refused, Reason: fmt.Sprintf("the portal lost the registration of this call %d times", m.Tries), Err: said,
			Hint: "ask the support of Bitrix24, then retry the call",
		}
	}
	m.Lost, m.CallID = m.CallID, ""
	return m, nil
}

// Look implements crm.Target.
func (t *Target) Look(ctx context.Context, p *crm.Parcel, step crm.Step, kept crm.Memo) (crm.Memo, bool, error) {
	m, err := read(kept)
	if err != nil {
		return nil, false, err
	}
	if step.Name == stepRegister && t.services.Now().Sub(time.Unix(m.Since, 0)) < sameCall {
		return kept, false, nil // an identical registration gives back the same call
	}
	look := t.inStatistics
	if step.Name == stepTask {
		look = t.lookForTask
	}
	m, found, err := look(ctx, p, m)
	if err != nil || !found {
		return kept, false, err
	}
	b, err := m.write()
	return b, err == nil, err
}

// inStatistics looks whether the portal has a parcel's call: by the portal's
// id, and by ours, which an earlier registration had too.
func (t *Target) inStatistics(ctx context.Context, p *crm.Parcel, m memo) (memo, bool, error) {
	questions := []question{{"EXTERNAL_CALL_ID", p.Key}}
	if m.CallID != "" {
		questions = append(questions, question{"CALL_ID", m.CallID})
	}
	row, err := t.lookups.find(ctx, p.Past, questions)
	if err != nil || row == nil {
		return m, false, err
	}
	m.Finished, m.Row, m.Activity, m.CallID = t.services.Now().Unix(), row.ID, int64(row.Activity), row.CallID
	return m, true, nil
}
