package bitrix24

import (
	"errors"
	"strings"
	"time"

	"ringback/internal/call"
	"ringback/internal/crm"
	"ringback/internal/crm/policy"
)

// Tasks says that missed calls become tasks.
type Tasks struct {
	// Responsible is tried in its order: the first active user has the task, the
	// default user where there is none.
	Responsible []policy.Responsible
	// Deadline is how long after the end of the call the task is due.
	Deadline time.Duration
	// ForPast says that calls of the past become tasks too.
	ForPast bool
}

// The steps of tasks, after the call is finished. What the portal refuses of
// them is kept as a warning, and the steps that follow are done all the same.
const (
	// stepTask makes a task of a missed call, stepNote takes down that it is open.
	stepTask = "task"
	stepNote = "note"
	// stepClose completes a task whose client was spoken with.
	stepClose = "close"
	// stepWarn ends a delivery of which something was refused.
	stepWarn = "warn"
)

// tasksWait is for how long after the call a portal is asked again that gives no
// answer about tasks, or an error of its own, while it takes calls.
const tasksWait = 3 * time.Hour

// afterFinish is the step that a call needs next which the portal has.
func (t *Target) afterFinish(p *crm.Parcel, m memo) crm.Step {
	switch {
	case m.Task == 0 && !m.NoTask && t.wantsTask(p):
		count := 2.0 // the client is looked for first
		if p.Past {
			count++ // and later calls of his
		}
		s := t.step(p, stepTask, methodTaskAdd, count)
		s.Look, s.Optional = []crm.Charge{{Budget: requests, Units: 1}}, true
		return s
	case m.Task != 0 && !m.Noted:
		return crm.Step{Name: stepNote, Repeatable: true, Optional: true}
	case len(m.Close) > 0:
		s := t.step(p, stepClose, methodTaskComplete, 1)
		s.Repeatable, s.Optional = true, true
		return s
	case m.File == 0 && t.recorded(p):
		s := t.step(p, stepRecord, methodAttach, 2) // an address to send it to, and the sending
		s.Repeatable, s.Optional = true, true
		return s
	case m.Warning != "":
		return crm.Step{Name: stepWarn, Repeatable: true, Optional: true}
	}
	return crm.Step{}
}

// wantsTask says that a call is one to call back.
func (t *Target) wantsTask(p *crm.Parcel) bool {
	if t.settings.Tasks == nil || p.Past && !t.settings.Tasks.ForPast {
		return false
	}
	part, err := t.part(p)
	return err == nil && part.Number == 0 && part.Direction == call.Incoming && !part.Anonymous &&
		(part.Result == call.Missed || part.Result == call.Voicemail)
}

// aboutTasks says that the portal refuses something of tasks alone: calls go on.
func aboutTasks(err error) bool {
	e, ok := asError(err)
	if !ok || e.Class == crm.Refused {
		return ok
	}
	said, ok := errors.AsType[*refusal](err)
	if !ok || e.Class != crm.Blocked {
		return false
	}
	switch strings.ToLower(said.code) {
	case "insufficient_scope", "access_denied", "invalid_credentials", "user_access_error", "error_method_not_found", "wrong_auth_type":
		return true
	}
	return said.says("access denied")
}

// isUncertain says that it is not known whether a request was carried out.
func isUncertain(err error) bool {
	e, ok := asError(err)
	return ok && e.Class == crm.Uncertain
}

// scopeTask is what helps where the portal does not know the methods of tasks.
const scopeTask = "give the application or webhook the scope task, save, and install it again"

// withoutTask is the outcome where a task is refused: a warning.
func (m memo) withoutTask(err error) (memo, error) {
	if !aboutTasks(err) {
		return m, err
	}
	m.NoTask = true
	m.warn("no task was made: " + saidOfTasks(err))
	return m, nil
}

// saidOfTasks is a refusal in words for people. Texts come with tags.
func saidOfTasks(err error) string {
	said, ok := errors.AsType[*refusal](err)
	if !ok {
		return err.Error()
	}
	text := strings.TrimSpace(strings.ReplaceAll(said.Error(), "<br>", " "))
	switch strings.ToLower(said.code) {
	case "insufficient_scope", "error_method_not_found":
		text += "; " + scopeTask
	}
	return text
}

func (m *memo) warn(text string) {
	if m.Warning != "" {
		text = m.Warning + "; " + text
	}
	m.Warning = text
}
