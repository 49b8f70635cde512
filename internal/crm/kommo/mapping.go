package kommo

import (
	"strings"

	"ringback/internal/call"
	"ringback/internal/crm/policy"
)

// serviceCode names Ringback in the CRM.
const serviceCode = "ringback"

// Statuses of a call (call_status).
const (
	statusVoicemail = 1
	statusTalked    = 4
	statusNotReach  = 6
	statusBusy      = 7
)

func statusOf(r call.Result) int {
	switch r {
	case call.Answered:
		return statusTalked
	case call.Voicemail:
		return statusVoicemail
	case call.Busy:
		return statusBusy
	case call.Missed, call.NoAnswer, call.Cancelled, call.Rejected, call.Congestion, call.Unavailable, call.WrongNumber, call.Failed, call.Service:
	}
	return statusNotReach
}

// resultOf is the result in words, with whom of ours it was.
func resultOf(p *policy.Part) string {
	words := strings.ReplaceAll(string(p.Result), "_", " ")
	switch {
	case p.Person == "":
		return words
	case p.Direction == call.Incoming && p.Result == call.Answered:
		return words + " by " + p.Person
	case p.Direction == call.Incoming:
		return words + " (" + p.Person + ")"
	}
	return words + ", called by " + p.Person
}

// noteBody is a note about a call; patchBody changes one.
type noteBody struct {
	Entity      int64  `json:"entity_id"`
	Type        string `json:"note_type"`
	CreatedAt   int64  `json:"created_at"`
	CreatedBy   int64  `json:"created_by,omitempty"`
	Responsible int64  `json:"responsible_user_id,omitempty"`
	RequestID   string `json:"request_id"`
	// Trigger is false for the past, so that no automation acts on it.
	Trigger bool   `json:"is_need_to_trigger_digital_pipeline"`
	Params  params `json:"params"`
}

type patchBody struct {
	ID     int64  `json:"id"`
	Params params `json:"params"`
}

type params struct {
	Uniq        string `json:"uniq"`
	Duration    int    `json:"duration"`
	Source      string `json:"source"`
	Link        string `json:"link,omitempty"`
	Phone       string `json:"phone"`
	Result      string `json:"call_result"`
	Status      int    `json:"call_status"`
	Responsible int64  `json:"call_responsible,omitempty"`
}

// callBody is a call whose place the CRM finds.
type callBody struct {
	Direction string `json:"direction"`
	params
	ResponsibleUser int64  `json:"responsible_user_id,omitempty"`
	CreatedBy       int64  `json:"created_by,omitempty"`
	CreatedAt       int64  `json:"created_at"`
	RequestID       string `json:"request_id"`
}

type contactBody struct {
	Name        string      `json:"name"`
	Responsible int64       `json:"responsible_user_id,omitempty"`
	Fields      []fieldBody `json:"custom_fields_values"`
	RequestID   string      `json:"request_id,omitempty"`
}

type fieldBody struct {
	Code   string      `json:"field_code"`
	Values []valueBody `json:"values"`
}

type valueBody struct {
	Value string `json:"value"`
	Enum  string `json:"enum_code"`
}

type unsortedBody struct {
	RequestID  string   `json:"request_id"`
	SourceName string   `json:"source_name"`
	SourceUID  string   `json:"source_uid"`
	CreatedAt  int64    `json:"created_at"`
	Metadata   metadata `json:"metadata"`
	In         struct {
		Leads    []leadBody    `json:"leads"`
		Contacts []contactBody `json:"contacts"`
	} `json:"_embedded"`
}

type leadBody struct {
	Name string `json:"name"`
}

// metadata is the call of an entry among the unsorted. From is the client and
// Phone our side, as in the example of the CRM's own library.
type metadata struct {
	From        string `json:"from"`
	Phone       string `json:"phone"`
	CalledAt    int64  `json:"called_at"`
	Duration    int    `json:"duration"`
	Link        string `json:"link,omitempty"`
	Service     string `json:"service_code"`
	Uniq        string `json:"uniq"`
	Event       bool   `json:"is_call_event_needed"`
	Responsible int64  `json:"call_responsible,omitempty"`
}

func (j *job) params(link string) params {
	return params{
		Uniq: j.parcel.Key, Duration: j.part.Talk, Source: j.parcel.Call.PBX, Link: link, Phone: dialable(j.part.Client),
		Result: resultOf(j.part), Status: statusOf(j.part.Result), Responsible: j.user(),
	}
}

func (j *job) noteBody(link string) noteBody {
	kind := "call_out"
	if j.part.Direction == call.Incoming {
		kind = "call_in"
	}
	return noteBody{
		Entity: j.memo.ID, Type: kind, CreatedAt: j.part.Start.Unix(), CreatedBy: j.user(), Responsible: j.user(),
		RequestID: j.parcel.Key, Trigger: !j.parcel.Past, Params: j.params(link),
	}
}

func (j *job) callBody(link string) callBody {
	direction := "outbound"
	if j.part.Direction == call.Incoming {
		direction = "inbound"
	}
	return callBody{
		Direction: direction, params: j.params(link), ResponsibleUser: j.user(), CreatedBy: j.user(),
		CreatedAt: j.part.Start.Unix(), RequestID: j.parcel.Key,
	}
}

// contactBody is a new contact, named as the PBX showed the caller, else by the
// number.
func (j *job) contactBody() contactBody {
	number := dialable(j.part.Client)
	name := number
	if shown := strings.TrimSpace(j.parcel.Call.From.Name); j.part.Direction == call.Incoming && shown != "" && policy.Digits(shown) != policy.Digits(number) {
		name = shown
	}
	return contactBody{
		Name: name, Responsible: j.user(), RequestID: j.parcel.Key,
		Fields: []fieldBody{{"PHONE", []valueBody{{number, "WORK"}}}},
	}
}

func (j *job) unsortedBody(link string) unsortedBody {
	number, ours := dialable(j.part.Client), j.part.Person
	if ours == "" {
		ours = j.part.Line
	}
	start := j.part.Start.Unix()
	b := unsortedBody{
		RequestID: j.parcel.Key, SourceName: j.parcel.Call.PBX, SourceUID: j.parcel.Key, CreatedAt: start,
		Metadata: metadata{
			From: number, Phone: ours, CalledAt: start, Duration: j.part.Talk, Link: link, Service: serviceCode,
			Uniq: j.parcel.Key, Event: true, Responsible: j.user(),
		},
	}
	person := j.contactBody()
	person.RequestID = ""
	b.In.Leads = []leadBody{{"Call " + number}}
	b.In.Contacts = []contactBody{person}
	return b
}
