package bitrixsim

import "time"

// Options are what a portal is like. The zero Options are a cloud portal on the
// real clock without limits switched off.
type Options struct {
	// Now is the portal's clock; nil means the real one.
	Now func() time.Time
	// Work lets time pass while a method works; nil means that none passes.
	Work func(time.Duration)

	// Rate requests a second drain from the bucket of an address, which holds
	// Burst; 0 means 2 and 50.
	Rate, Burst float64
	// Operating is how many seconds a method may work in ten minutes: 0 means
	// 480, less than 0 no limit (then answers do not say).
	Operating float64
	// Costs are what methods work, by name in lower case; nil means the examples
	// of the documents.
	Costs map[string]time.Duration

	// ClientID and ClientSecret are those of the local application; "" means
	// local.app and secret.
	ClientID, ClientSecret string
	// Scope is what application and webhook were granted; "" means all needed.
	Scope string
	// Licence is the plan; "" means ru_pro.
	Licence string

	Switches

	// Fault says how a request fails; nil means that none does.
	Fault func(Request) Fault
}

// Switches are the points that the documents leave open.
type Switches struct {
	// WebhookTelephony lets a webhook register and finish calls.
	WebhookTelephony bool
	// DedupFinished makes a registration within half an hour find finished calls
	// too, not unfinished ones alone.
	DedupFinished bool
	// RegistrationLife is how long an unfinished registration is remembered; 0
	// means for ever.
	RegistrationLife time.Duration
	// ListFilters lets a filter by CALL_ID and EXTERNAL_CALL_ID hold a list.
	ListFilters bool
	// EmptyCode answers errors of telephony with an empty code, not ERROR_CORE.
	EmptyCode bool
	// ErrorStatus is the HTTP status of these; 0 means 400.
	ErrorStatus int
	// OldRefresh lets a refresh token be used again until the one that it
	// brought was used.
	OldRefresh bool
	// FinishSilently makes 0 the default of ADD_TO_CHAT in finish, as older pages
	// have it.
	FinishSilently bool
	// RefuseMinusOne refuses start=-1 in statistics.
	RefuseMinusOne bool
	// StatisticsLag is how long a finished call is not in the statistics yet.
	StatisticsLag time.Duration
	// NoCRM is a portal without a CRM, which finds no clients.
	NoCRM bool
	// TasksForDismissed takes a dismissed employee as responsible for a task.
	TasksForDismissed bool
	// CreatorRequired refuses a task without CREATED_BY, which the list of its
	// fields calls required and some examples leave out.
	CreatorRequired bool
	// NoXMLID forgets the XML_ID of a task; FilterXMLID lets tasks be filtered by
	// it, which is not among the documented filters.
	NoXMLID, FilterXMLID bool
	// CompleteTwice completes a completed task once more, instead of refusing it.
	CompleteTwice bool
	// Russian writes the errors of tasks in Russian: they come in the portal's
	// language.
	Russian bool
}

// Request is what a fault is decided by.
type Request struct {
	// N counts requests from 1; Method is in lower case, "batch" for a batch,
	// "oauth" for the token server, "upload" for a file.
	N      int
	Method string
	Now    time.Time
}

// Fault is a way for a request to fail.
type Fault uint8

// The faults. Those named After happen when the portal has done what was asked.
const (
	NoFault Fault = iota
	DropBefore
	DropAfter
	ErrorBefore
	ErrorAfter
	// HTMLBefore and HTMLAfter are pages of a gateway, HTTP 502.
	HTMLBefore
	HTMLAfter
	// TimeOut does what was asked and answers nothing until the client gives up.
	TimeOut
	// Expire takes the token for expired.
	Expire
	// Refuse is a refused connection.
	Refuse
	// Overload is the manual block of a portal.
	Overload
)

func (f Fault) commits() bool {
	return f == NoFault || f == DropAfter || f == ErrorAfter || f == HTMLAfter || f == TimeOut
}

// docCosts are the examples of the documents (one portal, March 2026), in
// milliseconds.
var docCosts = map[string]time.Duration{
	"telephony.externalcall.register":          220 * time.Millisecond,
	"telephony.externalcall.finish":            1410 * time.Millisecond,
	"telephony.externalcall.attachrecord":      1940 * time.Millisecond,
	"telephony.externalcall.show":              290 * time.Millisecond,
	"telephony.externalcall.hide":              290 * time.Millisecond,
	"telephony.externalcall.searchcrmentities": 250 * time.Millisecond,
	"voximplant.statistic.get":                 200 * time.Millisecond,
	"user.get":                                 100 * time.Millisecond,
	"tasks.task.add":                           934 * time.Millisecond,
	"tasks.task.list":                          348 * time.Millisecond,
	"tasks.task.get":                           155 * time.Millisecond,
	"tasks.task.complete":                      446 * time.Millisecond,
}

func (o *Options) fill() {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Work == nil {
		o.Work = func(time.Duration) {}
	}
	if o.Rate == 0 {
		o.Rate, o.Burst = 2, 50
	}
	if o.Operating == 0 {
		o.Operating = 480
	}
	if o.Costs == nil {
		o.Costs = docCosts
	}
	if o.ClientID == "" {
		o.ClientID, o.ClientSecret = "local.app", "secret"
	}
	if o.Scope == "" {
		o.Scope = "crm,telephony,user_basic,task"
	}
	if o.Licence == "" {
		o.Licence = "ru_pro"
	}
	if o.ErrorStatus == 0 {
		o.ErrorStatus = 400
	}
}
