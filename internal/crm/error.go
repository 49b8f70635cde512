package crm

import (
	"strconv"
	"time"
)

// Class says what must be done about a step that did not succeed. Each has one
// treatment.
type Class uint8

// The classes of outcome.
const (
	// Uncertain: the reply was lost, and the effect may have come about. The
	// CRM is asked before anything is repeated.
	Uncertain Class = iota
	// Refused: the CRM will never take this. The parcel has failed, with the
	// reason.
	Refused
	// Throttled: a limit was met and nothing was done. Wait until Error.Until.
	Throttled
	// Unavailable: the CRM is away and nothing was done. Try again later.
	Unavailable
	// Blocked: the CRM refuses everything until a person does something: a
	// dead token, an unpaid account, a lock. Nothing is sent to the target until
	// then but a probe now and then.
	Blocked
	// Skipped: the CRM's answer showed that the settings leave the call out, as
	// with a stranger where strangers are to be skipped. Nothing has failed.
	Skipped
)

// String names the class.
func (c Class) String() string {
	switch c {
	case Uncertain:
		return "uncertain"
	case Refused:
		return "refused"
	case Throttled:
		return "throttled"
	case Unavailable:
		return "unavailable"
	case Blocked:
		return "blocked"
	case Skipped:
		return "skipped"
	}
	return "class " + itoa(int(c))
}

// Error is an outcome other than success. Reason and Hint are for people: what
// the CRM said or what happened, and what to do about it. They hold no secret.
type Error struct {
	Class  Class
	Reason string
	Hint   string
	// Until is when to try again, for Throttled, and for others where the CRM
	// said so; zero when it is not known.
	Until time.Time
	// Again, for Throttled: no limit was met. What the step had paid for went into something
	// else, such as a new token; it is done again as soon as it can be paid for again.
	Again bool
	// Budget is the limit that was met, for Throttled; "" means all of the target.
	Budget string
	// Err is what lies beneath, nil if nothing does.
	Err error
}

func (e *Error) Error() string {
	text := e.Reason
	if text == "" {
		text = e.Class.String()
	}
	if e.Hint != "" {
		text += "; " + e.Hint
	}
	return text
}

func (e *Error) Unwrap() error { return e.Err }

func itoa(n int) string { return strconv.Itoa(n) }
