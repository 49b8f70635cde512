package kommo

import (
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"ringback/internal/crm"
)

// problem is the body of a refusal, where it is JSON at all.
type problem struct {
	Title      string          `json:"title"`
	Detail     string          `json:"detail"`
	Hint       string          `json:"hint"`
	RetryAfter json.RawMessage `json:"retry_after"`
	// Validation names the items that are not valid.
	Validation []invalidItem `json:"validation-errors"`
	// Errors are those of /calls, and In what it has made all the same.
	Errors []itemError `json:"errors"`
	In     lists       `json:"_embedded"`
}

// invalidItem is one item that the CRM does not take, named by its request_id, or
// by its index where it has none.
type invalidItem struct {
	RequestID string    `json:"request_id"`
	Errors    []invalid `json:"errors"`
}

// invalid is one field that the CRM does not take.
type invalid struct{ Code, Path, Detail string }

type itemError struct {
	Title     string `json:"title"`
	Status    int    `json:"status"`
	RequestID string `json:"request_id"`
}

// notFound says that nobody in the CRM has the number.
func (e itemError) notFound() bool { return e.Status == 263 || e.Title == "Entity not found" }

// rejection is a 400, 404 or 422, with what the CRM said; it lies beneath a
// *crm.Error of class Refused.
type rejection struct {
	status  int
	problem problem
}

func (r *rejection) Error() string {
	var said []string
	for _, v := range r.problem.Validation {
		for _, e := range v.Errors {
			said = append(said, fmt.Sprintf("%s: %s (%s)", e.Path, strings.TrimRight(e.Detail, "."), e.Code))
		}
	}
	for _, e := range r.problem.Errors {
		said = append(said, e.Title)
	}
	if len(said) == 0 {
		said = append(said, strings.Join(slices.DeleteFunc([]string{r.problem.Title, r.problem.Detail, r.problem.Hint},
			func(s string) bool { return s == "" }), ": "))
	}
	return shown(strings.Join(said, "; "))
}

// names says that a field is among those refused.
func (r *rejection) names(fields ...string) bool {
	for _, v := range r.problem.Validation {
		if slices.ContainsFunc(v.Errors, func(e invalid) bool {
			return slices.Contains(fields, e.Path[strings.LastIndexByte(e.Path, '.')+1:])
		}) {
			return true
		}
	}
	return false
}

// missing says that the entity which the request was about is not there.
func (r *rejection) missing() bool {
	return r.status == http.StatusNotFound || r.names("entity_id") ||
		slices.ContainsFunc(r.problem.Errors, itemError.notFound)
}

// twice says that the CRM holds the same already.
func (r *rejection) twice() bool {
	text := strings.ToLower(r.Error())
	return slices.ContainsFunc([]string{"identical", "duplicate", "already exists"}, func(s string) bool { return strings.Contains(text, s) })
}

// shown is text of the CRM as far as it is fit for people: one line, not long.
func shown(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "?"))
	if runes := []rune(text); len(runes) > 300 {
		return string(runes[:300]) + "…"
	}
	return text
}

func contentType(a *answer) string {
	kind, _, err := mime.ParseMediaType(a.header.Get("Content-Type"))
	if err != nil {
		return "of no type"
	}
	return shown(kind)
}

// classify says what an answer's status means; the body, which may be anything,
// only adds words.
func (c *client) classify(r *request, a *answer) error {
	if a.status >= 200 && a.status < 300 {
		return nil
	}
	var p problem
	_ = json.Unmarshal(a.body, &p)
	told := &rejection{a.status, p}
	failure := &crm.Error{Reason: fmt.Sprintf("%s answered %d to %s", c.base.Host, a.status, r.path), Err: told}
	if text := c.tokens.scrub(told.Error()); text != "" {
		failure.Reason += ": " + text
	}
	if id := a.header.Get("X-Request-Id"); id != "" {
		failure.Reason += " (request " + shown(id) + ")"
	}
	switch s := a.status; {
	case s < 400:
		failure.Class, failure.Hint = crm.Blocked, moved(a)
	case s == http.StatusPaymentRequired:
		failure.Class, failure.Hint = crm.Blocked, "the account is not paid for: pay it, or ask the account's owner"
	case s == http.StatusForbidden:
		failure.Class, failure.Hint = crm.Blocked, "the CRM has locked the integration or its rights do not suffice: see that the user who gave the token is an administrator, else write to the CRM's support"
	case s == http.StatusTooManyRequests:
		failure.Class, failure.Budget, failure.Until = crm.Throttled, requests, c.later(a, p)
	case s == http.StatusRequestTimeout || s >= 500:
		failure.Class, failure.Until = crm.Unavailable, c.retryAfter(a)
		if r.effect {
			failure.Class = crm.Uncertain
		}
	case s == http.StatusTooEarly:
		failure.Class = crm.Unavailable
	default:
		failure.Class, failure.Hint = crm.Refused, told.hint()
	}
	return failure
}

// hint says what to do about a refusal, if that is known.
func (r *rejection) hint() string {
	if r.names("responsible_user_id", "created_by", "call_responsible") {
		return "see that the users of the configuration exist in the CRM"
	}
	return ""
}

// item is the refusal of one item of an array.
func (c *client) item(r *request, told *rejection) error {
	return &crm.Error{
		Class: crm.Refused, Reason: fmt.Sprintf("%s answered %d to %s: %s", c.base.Host, told.status, r.path, c.tokens.scrub(told.Error())),
		Hint: told.hint(), Err: told,
	}
}

// moved tells where a redirect leads, without the rest of the address.
func moved(a *answer) string {
	to, err := url.Parse(a.header.Get("Location"))
	if err != nil || to.Host == "" {
		return "the address in the configuration does not lead to the API"
	}
	return fmt.Sprintf("the account has moved to %s: put this address into the configuration", shown(to.Host))
}

// later is when to try again after a 429: when the CRM says, else after a pause
// that doubles with every further refusal, for a lock follows on too many.
func (c *client) later(a *answer, p problem) time.Time {
	n := c.refusals.Add(1)
	if until := c.retryAfter(a); !until.IsZero() {
		return until
	}
	if s, err := strconv.ParseFloat(strings.Trim(string(p.RetryAfter), `"`), 64); err == nil && s > 0 {
		return c.now().Add(pause(s))
	}
	return c.now().Add(time.Second << min(n-1, 8))
}

// retryAfter reads the header: seconds or a date (RFC 9110, section 10.2.3).
func (c *client) retryAfter(a *answer) time.Time {
	text := strings.TrimSpace(a.header.Get("Retry-After"))
	if s, err := strconv.ParseFloat(text, 64); err == nil && s >= 0 {
		return c.now().Add(pause(s))
	}
	if at, err := http.ParseTime(text); err == nil {
		return at
	}
	return time.Time{}
}

// pause is a time in seconds as the CRM gives it, a day at most.
func pause(seconds float64) time.Duration {
	return time.Duration(min(seconds, 86400) * float64(time.Second))
}
