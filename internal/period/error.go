package period

import (
	"errors"
	"fmt"
	"strconv"
	"unicode/utf8"
)

// Error says why a value was refused.
type Error struct {
	// Parameter is StartParameter or EndParameter.
	Parameter string
	// Value is what came; a long one is cut and ends in "…".
	Value string
	// Message says what is wrong with the value and what would be right.
	Message string
}

func (e *Error) Error() string { return e.Parameter + ": " + e.Message }

// Errors lists every *Error in an error of Parse.
func Errors(err error) []*Error {
	if err == nil {
		return nil
	}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var all []*Error
		for _, e := range joined.Unwrap() {
			all = append(all, Errors(e)...)
		}
		return all
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return []*Error{e}
	}
	return nil
}

// examples shows the forms; it completes the sentences of several messages.
const examples = "such as -7 (seven days ago), 2021-05-25 10:30:00 or 1622138519 (UNIX time)"

func refuse(parameter, value, format string, args ...any) *Error {
	return &Error{Parameter: parameter, Value: cut(value), Message: fmt.Sprintf(format, args...)}
}

// quote shows what came, harmless to a terminal and of bounded length.
func quote(value string) string { return strconv.Quote(cut(value)) }

// maxShown is how many bytes of a refused value are given back.
const maxShown = 64

func cut(value string) string {
	if len(value) <= maxShown {
		return value
	}
	n := maxShown
	for n > maxShown-utf8.UTFMax && !utf8.RuneStart(value[n]) {
		n--
	}
	return value[:n] + "…"
}
