package bitrix24

import (
	"context"
	"encoding/json"
	"fmt"

	"ringback/internal/call"
	"ringback/internal/crm"
	"ringback/internal/crm/policy"
)

// isOpen says that somebody still has to do a task; one that was deleted nobody
// has (https://apidocs.bitrix24.com/api-reference/tasks/tasks-task-get.html).
func (t *Target) isOpen(ctx context.Context, task int64, past, follows bool) (bool, error) {
	answer, err := t.client.call(ctx, request{method: methodTaskGet, past: past, follows: follows, params: map[string]any{
		"taskId": task, "select": []string{"ID", "STATUS"},
	}})
	if err != nil {
		return false, harmless(err)
	}
	var got mapping[struct {
		Status number `json:"status"`
	}]
	if err := json.Unmarshal(answer.Result, &got); err != nil {
		return false, &crm.Error{Class: crm.Unavailable, Reason: "the portal's answer about a task cannot be read", Err: err}
	}
	const pending, inProgress, putOff = 2, 3, 6
	is, there := got["task"]
	return there && (is.Status == pending || is.Status == inProgress || is.Status == putOff), nil
}

// closeTask completes the first of the tasks that the call closes. One that was
// completed or deleted already is refused with the same words as one that may
// not be completed (https://apidocs.bitrix24.com/api-reference/tasks/tasks-task-complete.html):
// so it is looked at.
func (t *Target) closeTask(ctx context.Context, p *crm.Parcel, part policy.Part, m memo) (memo, error) {
	task := m.Close[0]
	_, err := t.client.call(ctx, request{method: methodTaskComplete, past: p.Past, params: map[string]any{"taskId": task}})
	if err != nil {
		is, fault := true, err
		if aboutTasks(err) {
			is, fault = t.isOpen(ctx, task, p.Past, true)
		}
		givenUp := isUncertain(fault) && t.tooLong(m)
		if fault != nil && !aboutTasks(fault) && !givenUp {
			return m, fault
		}
		if is || fault != nil {
			m.warn(fmt.Sprintf("task %d stays open: %s", task, saidOfTasks(err)))
			m.Close = m.Close[1:]
			return m, nil
		}
	}
	if err := t.open.drop(ctx, part.Client, task); err != nil {
		return m, err
	}
	m.Close = m.Close[1:]
	return m, nil
}

// closedBy are the tasks that a call closes: those for earlier calls of its
// client, if anybody spoke with him.
func (t *Target) closedBy(ctx context.Context, part policy.Part) ([]int64, error) {
	if t.settings.Tasks == nil || part.Result != call.Answered || part.Anonymous {
		return nil, nil
	}
	open, err := t.open.of(ctx, part.Client)
	if err != nil {
		return nil, err
	}
	var earlier []int64
	for _, o := range open {
		if o.Call < part.Start.UnixMicro() {
			earlier = append(earlier, o.Task)
		}
	}
	return earlier, nil
}
