// Package call says what a call is, and works it out from CEL records.
//
// Assembly is a pure function of the records and the dial-plan settings: no
// database, no clock, no network is known here.
package call

import "time"

// Call is one call as users see it: docs/call.md describes every field.
type Call struct {
	ID          string      `json:"id"`
	PBX         string      `json:"pbx"`
	LinkedIDs   []string    `json:"linkedids"`
	Direction   Direction   `json:"direction"`
	From        Party       `json:"from"`
	To          Party       `json:"to"`
	Trunk       string      `json:"trunk"`
	Result      Result      `json:"result"`
	HangupCause *int        `json:"hangup_cause"`
	EndedBy     EndedBy     `json:"ended_by"`
	StartedAt   Time        `json:"started_at"`
	AnsweredAt  Time        `json:"answered_at"`
	EndedAt     Time        `json:"ended_at"`
	Wait        Seconds     `json:"wait_seconds"`
	Talk        Seconds     `json:"talk_seconds"`
	Duration    Seconds     `json:"duration_seconds"`
	Legs        []Leg       `json:"legs"`
	Talks       []Talk      `json:"talks"`
	Transfers   []Transfer  `json:"transfers"`
	Queues      []QueueStay `json:"queues"`
	Parked      []Parking   `json:"parked"`
	Conference  string      `json:"conference"`
	Voicemail   string      `json:"voicemail"`
	IVR         bool        `json:"ivr"`
	Recordings  []string    `json:"recordings"`
	InProgress  bool        `json:"in_progress"`
	Complete    bool        `json:"complete"`
	Warnings    []string    `json:"warnings"`
	// UniqueIDs are those of all channels of the call, Local ones included: it
	// is found by any of them.
	UniqueIDs []string `json:"-"`
	// Contexts are those of the dial plan that the call's channels ran in.
	Contexts []string `json:"-"`
}

// Direction is who started the call.
type Direction string

// The directions of a call.
const (
	Incoming         Direction = "incoming"
	Outgoing         Direction = "outgoing"
	Internal         Direction = "internal"
	UnknownDirection Direction = "unknown"
)

// Result is how a call went for the one who started it.
type Result string

// The results of a call.
const (
	Answered    Result = "answered"
	Voicemail   Result = "voicemail"
	Missed      Result = "missed"
	Busy        Result = "busy"
	NoAnswer    Result = "no_answer"
	Cancelled   Result = "cancelled"
	Rejected    Result = "rejected"
	Congestion  Result = "congestion"
	Unavailable Result = "unavailable"
	WrongNumber Result = "wrong_number"
	Failed      Result = "failed"
	Service     Result = "service"
)

// EndedBy is who ended the call: one of the two sides, the PBX, or nobody
// that the records name.
type EndedBy string

// Who can have ended a call.
const (
	EndedByFrom    EndedBy = "from"
	EndedByTo      EndedBy = "to"
	EndedByPBX     EndedBy = "pbx"
	EndedByUnknown EndedBy = ""
)

// Party is a person or line; Extension is filled for one of ours.
type Party struct {
	Number    string `json:"number"`
	Name      string `json:"name"`
	Extension string `json:"extension"`
}

// Label is how a party appears in talks and transfers: the extension, or the
// number.
func (p Party) Label() string {
	if p.Extension != "" {
		return p.Extension
	}
	return p.Number
}

// Leg is one attempt to ring a telephone or an outside line, or one that took
// part.
type Leg struct {
	ID         string    `json:"id"`
	Channel    string    `json:"channel"`
	Party      Party     `json:"party"`
	Via        Via       `json:"via"`
	RangAt     Time      `json:"rang_at"`
	AnsweredAt Time      `json:"answered_at"`
	EndedAt    Time      `json:"ended_at"`
	Result     LegResult `json:"result"`
	Talk       Seconds   `json:"talk_seconds"`
}

// Via is why a leg rang.
type Via string

// The reasons why a leg rings; ViaDialled is the plain one.
const (
	ViaDialled          Via = ""
	ViaQueue            Via = "queue"
	ViaGroup            Via = "group"
	ViaForward          Via = "forward"
	ViaBlindTransfer    Via = "blind_transfer"
	ViaAttendedTransfer Via = "attended_transfer"
	ViaPickup           Via = "pickup"
	ViaPark             Via = "park"
	ViaOriginate        Via = "originate"
	ViaConference       Via = "conference"
)

// LegResult is how a leg went.
type LegResult string

// The results of a leg.
const (
	LegAnswered          LegResult = "answered"
	LegNoAnswer          LegResult = "no_answer"
	LegBusy              LegResult = "busy"
	LegRejected          LegResult = "rejected"
	LegAnsweredElsewhere LegResult = "answered_elsewhere"
	LegCancelled         LegResult = "cancelled"
	LegUnavailable       LegResult = "unavailable"
	LegFailed            LegResult = "failed"
)

// Talk is an interval during which a set of people could hear one another.
type Talk struct {
	From    Time     `json:"from"`
	Until   Time     `json:"until"`
	Seconds Seconds  `json:"seconds"`
	Parties []string `json:"parties"`
}

// Transfer is a completed hand-over.
type Transfer struct {
	Kind TransferKind `json:"kind"`
	At   Time         `json:"at"`
	By   string       `json:"by"`
	To   string       `json:"to"`
}

// TransferKind is blind or attended.
type TransferKind string

// The kinds of transfer.
const (
	Blind    TransferKind = "blind"
	Attended TransferKind = "attended"
)

// QueueStay is one stay of the caller in a queue.
type QueueStay struct {
	Name      string      `json:"name"`
	EnteredAt Time        `json:"entered_at"`
	LeftAt    Time        `json:"left_at"`
	Result    QueueResult `json:"result"`
}

// QueueResult is how a stay in a queue ended; "" while it lasts.
type QueueResult string

// The ends of a stay in a queue.
const (
	QueueAnswered  QueueResult = "answered"
	QueueAbandoned QueueResult = "abandoned"
	QueueTimeout   QueueResult = "timeout"
	QueueLeft      QueueResult = "left"
)

// Parking is one stay in a parking lot.
type Parking struct {
	By          string        `json:"by"`
	At          Time          `json:"at"`
	Until       Time          `json:"until"`
	Result      ParkingResult `json:"result"`
	RetrievedBy string        `json:"retrieved_by"`
}

// ParkingResult is how a stay in a parking lot ended; "" while it lasts.
type ParkingResult string

// The ends of a stay in a parking lot.
const (
	ParkRetrieved ParkingResult = "retrieved"
	ParkTimedOut  ParkingResult = "timed_out"
	ParkAbandoned ParkingResult = "abandoned"
)

// Time is a moment in the PBX's zone. The zero Time is written as null.
// Fraction says that the PBX recorded parts of a second: microseconds are then
// written, even zero ones.
type Time struct {
	time.Time
	Fraction bool
}

// Seconds is a length in seconds, exact to the microsecond.
type Seconds float64
