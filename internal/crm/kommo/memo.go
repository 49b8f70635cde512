package kommo

import (
	"encoding/json"
	"fmt"

	"ringback/internal/call"
	"ringback/internal/config"
	"ringback/internal/crm"
	"ringback/internal/crm/policy"
)

// The steps of a delivery.
const (
	// users learns who of the mapped users is active, inquire whether the account
	// has unsorted entries. Both are remembered for all calls.
	users   = "users"
	inquire = "account"
	// find asks for the client, one query after the other.
	find = "find"
	// contact and unsorted make something of a stranger.
	contact  = "contact"
	unsorted = "unsorted"
	// note writes the call on the client, log lets the CRM choose where.
	note = "note"
	log  = "call"
	// link adds the recording, update changes what was written.
	link   = "link"
	update = "update"
)

// kind is a kind of entity, as it stands in the API's paths.
type kind string

const (
	contacts  kind = "contacts"
	companies kind = "companies"
	leads     kind = "leads"
	customers kind = "customers"
)

// memo is what the steps so far have found and made.
type memo struct {
	// Tried is how many queries for the client were in vain.
	Tried int `json:"tried,omitempty"`
	// Kind and ID name the entity that the call belongs to, then where its note
	// is. Leads and Customers of it are where the CRM may put a note instead.
	Kind      kind    `json:"kind,omitempty"`
	ID        int64   `json:"id,omitempty"`
	Leads     []int64 `json:"leads,omitempty"`
	Customers []int64 `json:"customers,omitempty"`
	// Owner is the user who has the client, 0 when that is not known.
	Owner int64 `json:"owner,omitempty"`
	// Hidden says that the entity cannot be found by the CRM's search: it is
	// known from an entry among the unsorted, or was just made.
	Hidden bool `json:"hidden,omitempty"`
	// Gone counts entities that had vanished when the note was written.
	Gone int `json:"gone,omitempty"`
	// NoLog says that the CRM did not find the client itself.
	NoLog bool `json:"no_log,omitempty"`
	// Strangers is what the account makes of strangers: unsorted or contact.
	Strangers string `json:"strangers,omitempty"`
	// User has the call: 0 for nobody, nil as long as that is open.
	User     *int64 `json:"user,omitempty"`
	Note     int64  `json:"note,omitempty"`
	Unsorted string `json:"unsorted,omitempty"`
	// Linked says that the CRM has the link to the recording.
	Linked   bool  `json:"linked,omitempty"`
	Revision int64 `json:"revision,omitempty"`
	// Page is how far was looked, after a lost answer, for what it told of.
	Page int `json:"page,omitempty"`
	// Alone says that it goes in a request of its own: of several in one, the CRM
	// left it out without a word.
	Alone bool `json:"alone,omitempty"`
}

func read(raw crm.Memo) (memo, error) {
	var m memo
	if len(raw) == 0 {
		return m, nil
	}
	return m, json.Unmarshal(raw, &m)
}

// write cannot fail: a memo is numbers and words.
func (m *memo) write() crm.Memo {
	b, _ := json.Marshal(m)
	return b
}

// forget goes back to looking for the client.
func (m *memo) forget() {
	*m = memo{Gone: m.Gone + 1, User: m.User}
}

// next says what a parcel needs.
func (t *Target) next(p *crm.Parcel, m *memo) crm.Step {
	part, ok := t.settings.Rules.Part(p.Call, p.Part)
	if !ok {
		return step(find, 0)
	}
	switch {
	case m.Unsorted != "":
		return crm.Step{}
	case m.Note != 0:
		return t.after(p, m)
	case t.wantsUsers(&part, m):
		return step(users, 1)
	case m.ID != 0 && (p.Past || m.Hidden || m.NoLog):
		return effect(note)
	case m.ID != 0:
		return effect(log)
	case m.Tried < len(queries(part.Client)):
		if m.Tried == 0 && m.Gone == 0 && t.clients.has(part.Client) {
			return step(find, 0)
		}
		return step(find, 1)
	}
	return t.stranger(&part, m)
}

// after is what is left to do on a call that the CRM has.
func (t *Target) after(p *crm.Parcel, m *memo) crm.Step {
	switch {
	case p.Revision > m.Revision:
		return optional(update)
	case t.linked(p) && !m.Linked:
		return optional(link)
	}
	return crm.Step{}
}

// linked says that the CRM is to have a link to the call's recording. The
// recording belongs to the call, and not to its further parties.
func (t *Target) linked(p *crm.Parcel) bool {
	return t.settings.Recordings && p.Part == 0 && len(p.Call.Recordings) > 0
}

// stranger is what becomes of somebody whom nobody in the CRM knows.
func (t *Target) stranger(part *policy.Part, m *memo) crm.Step {
	if t.settings.UnknownCallers == config.Skip {
		// Looked for in vain: it says so, and asks nobody.
		return step(find, 0)
	}
	if t.settings.UnknownCallers != config.Unsorted || part.Direction != call.Incoming {
		return effect(contact)
	}
	switch m.Strangers {
	case "":
		return step(inquire, 1)
	case contact:
		return effect(contact)
	}
	return effect(unsorted)
}

// step asks something, and may be repeated.
func step(name string, requests int) crm.Step {
	return crm.Step{Name: name, Charges: charge(requests), Repeatable: true}
}

// effect changes something, and is looked for after a lost answer.
func effect(name string) crm.Step {
	s := crm.Step{Name: name, Charges: shared(), Look: shared()}
	if name == contact {
		// The search takes one number.
		s.Look = charge(1)
	}
	return s
}

// optional changes a note, with the same effect however often.
func optional(name string) crm.Step {
	return crm.Step{Name: name, Charges: shared(), Repeatable: true, Optional: true}
}

func charge(n int) []crm.Charge {
	if n == 0 {
		return nil
	}
	return []crm.Charge{{Budget: requests, Units: float64(n)}}
}

// admission is what a step is charged whose request is shared with others, and paid for
// when it is sent: next to nothing, but a step with a charge is not begun while the
// limit is blocked.
const admission = 0.0001

func shared() []crm.Charge { return []crm.Charge{{Budget: requests, Units: admission}} }

func refused(format string, a ...any) error {
	return &crm.Error{Class: crm.Refused, Reason: fmt.Sprintf(format, a...)}
}
