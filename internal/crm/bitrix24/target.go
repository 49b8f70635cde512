package bitrix24

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"

	"ringback/internal/call"
	"ringback/internal/crm"
	"ringback/internal/crm/policy"
)

// Target is one portal. It implements crm.Target, crm.Limited and crm.Afresh.
type Target struct {
	settings Settings
	services crm.Services
	client   *client
	oauth    *oauth // nil for a webhook
	users    *directory
	lookups  *lookups
	open     openTasks
	wording  wording
}

// The steps of a parcel, in order.
const (
	// stepPrepare decides on the user, so that a registration can be repeated
	// with the same one.
	stepPrepare  = "prepare"
	stepRegister = "register"
	stepFinish   = "finish"
	stepRecord   = "record"
)

// memo is what the steps leave behind.
type memo struct {
	// Again says that the portal had the call, and somebody wants it brought
	// again.
	Again bool `json:"again,omitempty"`
	// User is the one whom the call is registered for.
	User int64 `json:"user,omitempty"`
	// Since is when the registration was decided on, in unix seconds: none was
	// sent before.
	Since  int64  `json:"since,omitempty"`
	CallID string `json:"call_id,omitempty"`
	// Lost is a registration that the portal no longer knows, and Tries is how
	// many there were.
	Lost  string `json:"lost,omitempty"`
	Tries int    `json:"tries,omitempty"`
	// Finished is when the portal was known to have the call, in unix seconds.
	Finished int64 `json:"finished,omitempty"`
	// Row and Activity are the portal's ids of the finished call.
	Row      string `json:"row,omitempty"`
	Activity int64  `json:"activity,omitempty"`
	// File is the portal's id of the recording.
	File int64 `json:"file,omitempty"`

	// Task is the task for the missed call, Noted that it is known to be open, and
	// NoTask that the portal refuses it.
	Task   int64 `json:"task,omitempty"`
	Noted  bool  `json:"noted,omitempty"`
	NoTask bool  `json:"no_task,omitempty"`
	// Close are the tasks that the call closes.
	Close []int64 `json:"close,omitempty"`
	// Warning is what was refused of tasks.
	Warning string `json:"warning,omitempty"`
}

// read reads a memo; an unreadable one is refused by Do.
func read(m crm.Memo) (memo, error) {
	var got memo
	if len(bytes.TrimSpace(m)) == 0 {
		return got, nil
	}
	if err := json.Unmarshal(m, &got); err != nil {
		return got, &crm.Error{Class: crm.Refused, Reason: "what the journal holds of this delivery cannot be read", Err: err}
	}
	return got, nil
}

func (m memo) write() (crm.Memo, error) {
	b, err := json.Marshal(m)
	if err != nil {
		return nil, &crm.Error{Class: crm.Refused, Reason: "what is to be kept of this delivery cannot be written", Err: err}
	}
	return b, nil
}

// Capabilities implements crm.Target.
func (t *Target) Capabilities() crm.Capabilities {
	return crm.Capabilities{ReadBack: true, Recordings: t.settings.Recordings}
}

// Parcels implements crm.Target.
func (t *Target) Parcels(c *call.Call, past bool) (parcels []crm.Parcel, skipped string) {
	parts, skipped := t.settings.Rules.Parts(c)
	for _, part := range parts {
		p := crm.Parcel{Key: part.Key(c), Part: part.Number, Past: past, Call: c}
		if part.Number > 0 {
			p.Number = part.Client
		}
		parcels = append(parcels, p)
	}
	return parcels, skipped
}

// Next implements crm.Target.
func (t *Target) Next(p *crm.Parcel, kept crm.Memo) crm.Step {
	m, err := read(kept)
	switch {
	case err != nil || m.Again || m.User == 0:
		return t.preparation(p)
	case m.CallID == "" && m.Finished == 0:
		s := t.step(p, stepRegister, methodRegister, 1)
		s.Look = []crm.Charge{{Budget: requests, Units: 1}}
		return s
	case m.Finished == 0:
		s := t.step(p, stepFinish, methodFinish, 1)
		s.Look = []crm.Charge{{Budget: requests, Units: 1}}
		return s
	}
	return t.afterFinish(p, m)
}

// recorded says that a parcel brings a recording along. It goes with the call
// itself; a further outside party has none of its own.
func (t *Target) recorded(p *crm.Parcel) bool {
	return t.settings.Recordings && t.services.Recordings != nil && len(p.Call.Recordings) > 0 && p.Part == 0
}

// Afresh implements crm.Afresh. The portal cannot change a call that it has, and
// a second one would be a double: so it is looked for first, and only its
// recording is brought again, or a task that was refused.
func (t *Target) Afresh(kept crm.Memo) crm.Memo {
	m, err := read(kept)
	if err != nil {
		return kept
	}
	b, err := memo{Again: true, Task: m.Task, Noted: m.Noted}.write()
	if err != nil {
		return kept
	}
	return b
}

func (t *Target) step(p *crm.Parcel, name, method string, count float64) crm.Step {
	s := crm.Step{Name: name, Charges: []crm.Charge{{Budget: requests, Units: count}}}
	if cost, limited := t.client.limits.cost(method); limited {
		s.Charges = append(s.Charges, crm.Charge{Budget: budgetOf(method, p.Past), Units: cost})
	}
	return s
}

// part is what of the call the parcel is.
func (t *Target) part(p *crm.Parcel) (policy.Part, error) {
	parts, skipped := t.settings.Rules.Parts(p.Call)
	i := slices.IndexFunc(parts, func(part policy.Part) bool { return part.Number == p.Part })
	if i >= 0 {
		return parts[i], nil
	}
	if skipped == "" {
		skipped = "the call has changed, and this party is no longer in it"
	}
	return policy.Part{}, &crm.Error{Class: crm.Refused, Reason: skipped, Hint: "the settings or the call changed after the delivery began"}
}

func asError(err error) (*crm.Error, bool) { return errors.AsType[*crm.Error](err) }
