package config

import (
	"fmt"
	"log/slog"
	"net/url"
	"regexp"
	"strings"
)

// address is a URL whose secret parts are never shown: however it is written,
// they are "…".
type address struct {
	url   *url.URL
	shown string
}

// URL gives a copy of the whole URL, secrets included; nil when unset.
func (a address) URL() *url.URL {
	if a.url == nil {
		return nil
	}
	u := *a.url
	return &u
}

// Reveal writes the whole URL, secrets included.
func (a address) Reveal() string {
	if a.url == nil {
		return ""
	}
	return a.url.String()
}

// IsSet says that there is a URL.
func (a address) IsSet() bool { return a.url != nil }

// String is the URL for people, without its secrets.
func (a address) String() string { return a.shown }

// Format keeps every verb of package fmt from showing secrets.
func (a address) Format(f fmt.State, _ rune) { fmt.Fprint(f, a.shown) }

// MarshalText keeps encoders from showing secrets.
func (a address) MarshalText() ([]byte, error) { return []byte(a.shown), nil }

// LogValue keeps package slog from showing secrets.
func (a address) LogValue() slog.Value { return slog.StringValue(a.shown) }

// escaping is what to do about a URL that cannot be read. What net/url says of
// it is not repeated, since it quotes passwords.
const escaping = "in a user name or password, write @ as %40, : as %3A, / as %2F, ? as %3F, # as %23, % as %25"

// parseAddress reads a URL that begins with scheme://.
func parseAddress(text, example string) (*url.URL, error) {
	if !strings.Contains(text, "://") {
		return nil, advise("this is no URL", "give one such as "+example)
	}
	u, err := url.Parse(text)
	if err != nil {
		return nil, advise("this URL cannot be read", escaping)
	}
	if u.Fragment != "" {
		return nil, advise("this URL has a # in it", escaping)
	}
	return u, nil
}

// plainServer is the text of a database's URL that names no user.
var plainServer = regexp.MustCompile(`^([a-z0-9+.-]+://)?[A-Za-z0-9._-]*(:[0-9]*)?(/?|/[^/].*|[?].*)$`)

// secretOfDatabase is where, in the text of a database's URL, user and password
// are. It reaches to the last @, since there may be one in a password, and has
// the user in it, since the colon between may be forgotten; where the @ is
// forgotten, it reaches to the end.
func secretOfDatabase(text string) (from, to int) {
	if isReference(text) || !strings.Contains(text, "@") && plainServer.MatchString(text) {
		return 0, 0
	}
	to = len(text)
	if at := strings.LastIndexByte(text, '@'); at >= 0 {
		to = at
	}
	if _, after, ok := strings.Cut(text[:to], "://"); ok {
		from = to - len(after)
	}
	return from, to
}

// showDatabase writes a database's URL without its password.
func showDatabase(u *url.URL) string {
	text := u.String()
	if _, given := u.User.Password(); !given {
		return text
	}
	from, to := secretOfDatabase(text)
	return text[:from] + url.User(u.User.Username()).String() + ":" + hidden + text[to:]
}
