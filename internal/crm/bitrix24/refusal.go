package bitrix24

import (
	"fmt"
	"strings"

	"ringback/internal/crm"
)

// refusal is an error that the portal answered.
type refusal struct {
	status            int
	code, description string
}

func (r *refusal) Error() string {
	switch {
	case r.code == "":
		return "Bitrix24: " + r.description
	case r.description == "":
		return "Bitrix24: " + r.code
	}
	return "Bitrix24: " + r.code + ": " + r.description
}

// token says that the token was refused, and a new one may be accepted.
func (r *refusal) token() bool {
	switch strings.ToLower(r.code) {
	case "expired_token", "invalid_token", "no_auth_found":
		return true
	}
	return false
}

// says looks for a text in the description, which is the only thing to go by
// where the code is ERROR_CORE or empty.
func (r *refusal) says(text string) bool {
	return strings.Contains(strings.ToLower(r.description), strings.ToLower(text))
}

// notFound says that the call is not registered, or finished already.
func (r *refusal) notFound() bool { return r.says("call is not found") }

// inactive says that the user is none, or dismissed.
func (r *refusal) inactive() bool { return r.says("user is not found or is not active") }

// treatment is what one error needs.
type treatment struct {
	class crm.Class
	hint  string
}

const scopes = "give the application or webhook the scopes telephony, crm and user_basic"

// byCode are the errors of the whole interface
// (https://apidocs.bitrix24.com/error-codes.html), codes in lower case.
var byCode = map[string]treatment{
	"query_limit_exceeded":            {crm.Throttled, ""},
	"operation_time_limit":            {crm.Throttled, ""},
	"overload_limit":                  {crm.Blocked, "Bitrix24 has stopped this portal's REST interface by hand; ask its support"},
	"internal_server_error":           {crm.Uncertain, ""},
	"error_unexpected_answer":         {crm.Uncertain, ""},
	"portal_deleted":                  {crm.Blocked, "the portal is gone; give another url, or take the target out"},
	"expired_token":                   {crm.Unavailable, ""},
	"invalid_token":                   {crm.Unavailable, ""},
	"no_auth_found":                   {crm.Blocked, "the webhook was deleted or the token revoked; make a new one, or install the application again"},
	"insufficient_scope":              {crm.Blocked, scopes},
	"invalid_credentials":             {crm.Blocked, "the user who installed the application or made the webhook lacks rights; take an administrator"},
	"user_access_error":               {crm.Blocked, "the user has no access to the application; give it in the application's settings"},
	"access_denied":                   {crm.Blocked, "the portal's plan must include REST, and the user the right to see call statistics"},
	"wrong_auth_type":                 {crm.Blocked, "this portal lets no webhook register calls; make a local application and give client_id and client_secret instead of webhook"},
	"invalid_request":                 {crm.Blocked, "the portal wants https://"},
	"error_method_not_found":          {crm.Blocked, "the portal has no telephony, or the scope telephony is missing"},
	"error_batch_method_not_allowed":  {crm.Refused, ""},
	"error_batch_length_exceeded":     {crm.Refused, ""},
	"error_manifest_is_not_available": {crm.Refused, ""},
	"invalid_argument":                {crm.Refused, ""},
	"payment_required":                {crm.Blocked, "the portal's plan does not include REST, or is not paid"},
}

// byText are the errors of the telephony methods, which share ERROR_CORE or an
// empty code.
var byText = []struct {
	text string
	treatment
}{
	{"unsupported phone number format", treatment{crm.Refused, "a rule for numbers can change it, anonymous_number stands for hidden ones"}},
	{"user is not found or is not active", treatment{crm.Blocked, "give an active user as default_user"}},
	{"call is not found in the statistic table", treatment{crm.Unavailable, ""}},
	{"call is not found", treatment{crm.Uncertain, ""}},
	{"unexpected database error", treatment{crm.Uncertain, ""}},
	{"wrong file extension", treatment{crm.Refused, "Bitrix24 takes .wav and .mp3 only"}},
	{"file content is empty", treatment{crm.Refused, "the recording is empty"}},
	{"access denied", treatment{crm.Blocked, "the user who installed the application or made the webhook lacks rights; take an administrator"}},
	{"portal was deleted", treatment{crm.Blocked, "the portal is gone; give another url, or take the target out"}},
}

// treat is what must be done about the refusal of a method.
func (r *refusal) treat(method string) *crm.Error {
	e := &crm.Error{Class: crm.Refused, Reason: shortName(method) + ": " + r.Error(), Err: r}
	code := strings.ToLower(r.code)
	if t, ok := byCode[code]; ok {
		e.Class, e.Hint = t.class, t.hint
		return e
	}
	for _, known := range byText {
		if r.says(known.text) {
			e.Class, e.Hint = known.class, known.hint
			return e
		}
	}
	switch {
	case r.status >= 500:
		e.Class = crm.Uncertain
		e.Reason = fmt.Sprintf("%s (HTTP %d)", e.Reason, r.status)
	case r.status == 429:
		e.Class = crm.Throttled
	case r.status == 401:
		e.Class, e.Hint = crm.Blocked, "install the application again, or make a new webhook"
	}
	return e
}
