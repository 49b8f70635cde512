package config

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"regexp"
	"regexp/syntax"
	"slices"
	"strconv"
	"strings"
	"time"
)

// settable is a setting with a text form of its own. An error of set says
// what is wrong; an *advice says what to do as well.
type settable interface {
	set(text string, env environment) error
}

// sensitive is a setting of whose text a part must not be shown.
type sensitive interface {
	secretPart(text string) (from, to int)
}

// advice is an error with a hint what to do about it.
type advice struct{ message, hint string }

func (a *advice) Error() string {
	if a.hint == "" {
		return a.message
	}
	return a.message + "; " + a.hint
}

func advise(message, hint string) error { return &advice{message, hint} }

// Zone is a time zone of the IANA database; unset, its Location is nil.
type Zone struct{ *time.Location }

func (z *Zone) set(text string, _ environment) error {
	loc, err := time.LoadLocation(text)
	if err != nil || text == "" {
		return advise(fmt.Sprintf("there is no time zone %q", text), "give one such as Europe/Moscow or UTC")
	}
	z.Location = loc
	return nil
}

// Pattern is a regular expression (RE2).
type Pattern struct{ *regexp.Regexp }

func (p *Pattern) set(text string, _ environment) error {
	re, err := regexp.Compile(text)
	if fault, ok := errors.AsType[*syntax.Error](err); ok {
		return advise(fmt.Sprintf("this is no regular expression: %s: %s", fault.Code, fault.Expr),
			"the syntax is RE2; write it in single quotes, so that no backslash is lost")
	}
	p.Regexp = re
	return err
}

// Expressions gives patterns as they were written.
func Expressions(patterns []Pattern) []string {
	var all []string
	for _, p := range patterns {
		all = append(all, p.String())
	}
	return all
}

// Duration is a length of time, in nanoseconds.
type Duration time.Duration

func (d Duration) String() string { return time.Duration(d).String() }

var days = regexp.MustCompile(`^[1-9][0-9]{0,4}d$`)

func (d *Duration) set(text string, _ environment) error {
	if days.MatchString(text) {
		n, _ := strconv.Atoi(strings.TrimSuffix(text, "d"))
		*d = Duration(n) * Duration(24*time.Hour)
		return nil
	}
	parsed, err := time.ParseDuration(text)
	if err != nil || parsed <= 0 {
		return advise(fmt.Sprintf("%q is no length of time", text), `give one such as "4h", "90m", "1h30m" or "30d"`)
	}
	*d = Duration(parsed)
	return nil
}

// Listen is an address to listen on, host:port; without a host, all of the
// machine's.
type Listen string

func (l *Listen) set(text string, _ environment) error {
	const hint = "give it as host:port, such as " + DefaultListen
	host, port, err := net.SplitHostPort(text)
	if err != nil {
		return advise(fmt.Sprintf("%q is no address to listen on", text), hint)
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || strconv.FormatUint(n, 10) != port {
		return advise(fmt.Sprintf("%q is no port", port), "a port is a number up to 65535")
	}
	if strings.ContainsAny(host, "/ @") {
		return advise(fmt.Sprintf("%q is no host", host), hint)
	}
	*l = Listen(text)
	return nil
}

// Network is a range of addresses, or a single one.
type Network struct{ netip.Prefix }

func (n *Network) set(text string, _ environment) error {
	prefix, err := netip.ParsePrefix(text)
	if ip, single := netip.ParseAddr(text); single == nil {
		prefix, err = ip.WithZone("").Prefix(ip.BitLen())
	}
	if err != nil || prefix != prefix.Masked() {
		return advise(fmt.Sprintf("%q is no address and no network", text), "give one such as 127.0.0.1, ::1 or 10.0.0.0/8")
	}
	n.Prefix = prefix
	return nil
}

// Role is what an account may do.
type Role string

// The roles. A viewer sees calls and runs, and starts and changes nothing.
const (
	Admin  Role = "admin"
	Viewer Role = "viewer"
)

func (r *Role) set(text string, _ environment) error { return choose(r, text, "role", Admin, Viewer) }

// TargetType is a kind of CRM.
type TargetType string

// The types of target.
const (
	Bitrix24 TargetType = "bitrix24"
	Kommo    TargetType = "kommo"
	Webhook  TargetType = "webhook"
)

func (t *TargetType) set(text string, _ environment) error {
	if text == "amocrm" {
		return advise("amoCRM and Kommo share one API", `write "kommo"`)
	}
	return choose(t, text, "type of target", Bitrix24, Kommo, Webhook)
}

// UnknownCallers is what Kommo does with callers it does not know.
type UnknownCallers string

// What may be done with unknown callers: an entry among the unsorted, a
// contact, nothing.
const (
	Unsorted UnknownCallers = "unsorted"
	Contact  UnknownCallers = "contact"
	Skip     UnknownCallers = "skip"
)

func (u *UnknownCallers) set(text string, _ environment) error {
	return choose(u, text, "way to treat unknown callers", Unsorted, Contact, Skip)
}

// LogLevel is the least that is written to the log.
type LogLevel string

// The levels of the log.
const (
	LogDebug LogLevel = "debug"
	LogInfo  LogLevel = "info"
	LogWarn  LogLevel = "warn"
	LogError LogLevel = "error"
)

func (l *LogLevel) set(text string, _ environment) error {
	return choose(l, text, "level", LogDebug, LogInfo, LogWarn, LogError)
}

// LogFormat is how the log is written.
type LogFormat string

// The formats of the log.
const (
	LogText LogFormat = "text"
	LogJSON LogFormat = "json"
)

func (l *LogFormat) set(text string, _ environment) error {
	return choose(l, text, "format", LogText, LogJSON)
}

// choose sets one of a few words.
func choose[T ~string](setting *T, text, what string, choices ...T) error {
	if slices.Contains(choices, T(text)) {
		*setting = T(text)
		return nil
	}
	var quoted []string
	for _, c := range choices {
		quoted = append(quoted, strconv.Quote(string(c)))
	}
	return advise(fmt.Sprintf("there is no %s %q", what, text), "choose "+strings.Join(quoted, ", "))
}
