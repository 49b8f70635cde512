package cel

import (
	"encoding/json"
	"strconv"
	"strings"
)

// Field finds a top-level field of an event's JSON and returns its text:
// strings unquoted, numbers as written. It reads what is there of an object
// that was cut off at a column's length; a value that is itself cut off is
// not returned.
func Field(extra, key string) (string, bool) {
	s := extra
	if len(s) == 0 || s[0] != '{' {
		return "", false
	}
	s = s[1:]
	for {
		s = skip(s)
		if len(s) == 0 || s[0] != '"' {
			return "", false
		}
		name, rest, ok := quoted(s)
		if !ok {
			return "", false
		}
		rest = skip(rest)
		if len(rest) == 0 || rest[0] != ':' {
			return "", false
		}
		rest = skip(rest[1:])
		value, rest, ok := scalar(rest)
		if !ok {
			return "", false
		}
		if name == key {
			return value, true
		}
		s = rest
	}
}

// skip passes over what stands between the parts of an object.
func skip(s string) string {
	for len(s) > 0 && (s[0] == ' ' || s[0] == ',' || s[0] == '\t' || s[0] == '\r' || s[0] == '\n') {
		s = s[1:]
	}
	return s
}

// scalar splits a JSON value off the front of s. Objects and lists, which
// Asterisk does not write here, end the reading.
func scalar(s string) (value, rest string, ok bool) {
	if len(s) == 0 {
		return "", "", false
	}
	if s[0] == '"' {
		return quoted(s)
	}
	end := strings.IndexAny(s, ",}")
	if end < 0 || s[0] == '{' || s[0] == '[' {
		return "", "", false
	}
	return strings.TrimSpace(s[:end]), s[end:], true
}

// quoted splits a JSON string off the front of s, which starts with a quote.
func quoted(s string) (text, rest string, ok bool) {
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '"':
			return s[1:i], s[i+1:], true
		case '\\':
			return escaped(s)
		}
	}
	return "", "", false
}

// escaped is quoted for strings that hold escapes.
func escaped(s string) (text, rest string, ok bool) {
	for i := 1; i < len(s); i++ {
		if s[i] == '\\' {
			i++
			continue
		}
		if s[i] == '"' {
			if err := json.Unmarshal([]byte(s[:i+1]), &text); err != nil {
				text = s[1:i]
			}
			return text, s[i+1:], true
		}
	}
	return "", "", false
}

// HangupFacts is what a HANGUP says of the end of a channel.
type HangupFacts struct {
	// Cause is the Q.850 cause, -1 where it is not told.
	Cause int
	// Source is the name of the channel that hung up, "dialplan/builtin", or "".
	Source string
	// DialStatus is the DIALSTATUS of a channel that dialled, or "".
	DialStatus string
}

// Hangup reads the extra of a HANGUP: JSON (12+, main/cel.c) or
// "cause,source,dialstatus" (up to 11).
func (r *Record) Hangup() HangupFacts {
	facts := HangupFacts{Cause: -1}
	if r.Extra == "" {
		return facts
	}
	if r.Extra[0] != '{' {
		parts := strings.SplitN(r.Extra, ",", 3)
		facts.Cause = number(parts[0])
		if len(parts) > 1 {
			facts.Source = parts[1]
		}
		if len(parts) > 2 {
			facts.DialStatus = parts[2]
		}
		return facts
	}
	if cause, ok := Field(r.Extra, "hangupcause"); ok {
		facts.Cause = number(cause)
	}
	facts.Source, _ = Field(r.Extra, "hangupsource")
	facts.DialStatus, _ = Field(r.Extra, "dialstatus")
	return facts
}

func number(s string) int {
	n, err := strconv.Atoi(strings.TrimSpace(s))
	if err != nil {
		return -1
	}
	return n
}

// Cut says that extra is JSON that stops before its end.
func Cut(extra string) bool {
	return len(extra) > 0 && extra[0] == '{' && extra[len(extra)-1] != '}'
}
