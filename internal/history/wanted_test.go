package history

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// outcome is how a call ended, as the contract's rulings for CRMs (6.1) tell results apart.
type outcome string

// status24 is what Bitrix24 must show of an outcome, statusKommo what Kommo must: the
// table of the rulings.
var (
	status24 = map[outcome]string{
		"answered": "200", "missed": "304", "voicemail": "304", "busy": "486", "cancelled": "603-S", "no_answer": "480",
		"rejected": "603", "wrong_number": "404", "congestion": "503", "failed": "503", "unavailable": "480",
	}
	statusKommo = map[outcome]int{
		"answered": 4, "voicemail": 1, "busy": 7, "missed": 6, "cancelled": 6, "no_answer": 6, "rejected": 6, "wrong_number": 6,
		"congestion": 6, "failed": 6, "unavailable": 6,
	}
)

// wanted is what a CRM must have of a call, worked out from how its records were made.
type wanted struct {
	// key is <pbx>-<call id>, with -2 for the second outside party.
	key      string
	kind     string
	incoming bool
	// client is the number of the outside party; its last ten digits count. "" is a caller
	// who shows none.
	client string
	// persons are those of ours one of whom has the call; "" stands for nobody.
	persons []string
	outcome outcome
	// Between these seconds is what was talked.
	least, most float64
	// Between these moments, in whole seconds, the call began.
	start, startUntil time.Time
	line              string
	// recordings are the names of the files that the PBX logged, sounds those of them that
	// are there.
	recordings, sounds []string
	ended              time.Time
	live               bool
}

// seconds is a length that is known within some hundredths.
func (w *wanted) seconds(talked, within float64) { w.least, w.most = talked-within, talked+within }

// ten is the significant part of a number.
func ten(number string) string {
	digits := strings.Map(func(c rune) rune {
		if c < '0' || c > '9' {
			return -1
		}
		return c
	}, number)
	return digits[max(0, len(digits)-10):]
}

// The people of the PBX: extensions from 1001 to 1040. The CRM takes calls of the last
// three for the default user: one was dismissed, one is somebody else's number, one it
// does not know.
const (
	firstExtension, lastExtension = 1001, 1040
	dismissed, misled, unknown    = 1038, 1039, 1040
)

// has says whether a user whom the CRM shows is right: users are numbered from base.
func (w *wanted) has(user, base, byDefault int64) bool {
	return slices.ContainsFunc(w.persons, func(extension string) bool {
		n, err := strconv.Atoi(extension)
		if err != nil || n < firstExtension || n >= dismissed {
			return user == byDefault
		}
		return user == base+int64(n)
	})
}

// differs says how a call that a CRM shows is not as it must be, "" when it is right.
func (w *wanted) differs(got *arrived) string {
	var wrong []string
	note := func(field string, got, want any) {
		wrong = append(wrong, fmt.Sprintf("%s is %v, want %v", field, got, want))
	}
	if got.incoming != w.incoming {
		note("incoming", got.incoming, w.incoming)
	}
	if ten(got.client) != ten(w.client) && w.client != "" {
		note("client", got.client, w.client)
	}
	if !got.rightUser(w) {
		note("user", got.user, w.persons)
	}
	least, most := int(math.Round(w.least)), int(math.Round(w.most))
	if w.outcome != "answered" {
		least, most = 0, 0
	}
	if got.duration < least || got.duration > most {
		note("duration", got.duration, fmt.Sprintf("%d to %d", least, most))
	}
	if got.start.Before(w.start.Truncate(time.Second)) || got.start.After(w.startUntil) {
		note("start", got.start.UTC(), fmt.Sprintf("%v to %v", w.start, w.startUntil))
	}
	return strings.Join(wrong, "; ")
}

// arrived is a call as a CRM shows it.
type arrived struct {
	incoming  bool
	client    string
	user      int64
	rightUser func(*wanted) bool
	duration  int
	start     time.Time
}
