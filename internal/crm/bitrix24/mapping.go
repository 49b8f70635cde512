package bitrix24

import (
	"strings"
	"time"

	"ringback/internal/call"
	"ringback/internal/crm"
	"ringback/internal/crm/policy"
)

// Types of a call at the portal.
const (
	typeOutgoing = 1
	typeIncoming = 2
)

// startLayout is that of CALL_START_DATE: always a numeric offset, never Z,
// which the documents do not show.
const startLayout = "2006-01-02T15:04:05-07:00"

// statuses are the codes of results
// (https://apidocs.bitrix24.com/api-reference/telephony/telephony-external-call-finish.html).
var statuses = map[call.Result]string{
	call.Answered:    "200",
	call.Missed:      "304",
	call.Voicemail:   "304",
	call.Busy:        "486",
	call.Cancelled:   "603-S",
	call.NoAnswer:    "480",
	call.Unavailable: "480",
	call.Rejected:    "603",
	call.WrongNumber: "404",
	call.Congestion:  "503",
	call.Failed:      "503",
}

// registration are the parameters that register a call. The portal takes a
// second registration within half an hour for the first one when user, number,
// type, line and external id are the same, so all of these must be the same
// whenever this is repeated.
func (t *Target) registration(p *crm.Parcel, part policy.Part, user int64) map[string]any {
	params := map[string]any{
		"USER_ID":          user,
		"PHONE_NUMBER":     phone(part.Client),
		"TYPE":             typeOutgoing,
		"CALL_START_DATE":  part.Start.Truncate(time.Second).Format(startLayout),
		"CRM_CREATE":       0,
		"SHOW":             0, // the call is over
		"ADD_TO_CHAT":      0,
		"EXTERNAL_CALL_ID": p.Key,
	}
	if part.Direction == call.Incoming {
		params["TYPE"] = typeIncoming
	}
	if t.createsLeads(p) && !part.Anonymous {
		params["CRM_CREATE"] = 1
	}
	if part.Line != "" {
		params["LINE_NUMBER"] = part.Line
	}
	if part.Source != "" {
		params["CRM_SOURCE"] = part.Source // no part of what makes two registrations the same
	}
	return params
}

func (t *Target) createsLeads(p *crm.Parcel) bool {
	if p.Past {
		return t.settings.CreateLeadsForPast
	}
	return t.settings.CreateLeads
}

// completion are the parameters that finish a call.
func completion(p *crm.Parcel, part policy.Part, callID string, user int64) map[string]any {
	params := map[string]any{
		"CALL_ID": callID, "USER_ID": user,
		"DURATION": part.Talk, "STATUS_CODE": statuses[part.Result],
		"ADD_TO_CHAT": 1,
	}
	if p.Past {
		params["ADD_TO_CHAT"] = 0
	}
	return params
}

// phone is a number as the portal takes it: digits, with a plus if it had one.
func phone(number string) string {
	digits := policy.Digits(number)
	if strings.HasPrefix(strings.TrimSpace(number), "+") {
		return "+" + digits
	}
	return digits
}
