package config

import (
	"net/netip"
	"net/url"
	"regexp"
	"strings"
)

// WebURL is an address on the web. As tokens stand in the paths and queries of
// such addresses, it is shown as far as the host only.
type WebURL struct{ address }

func (w *WebURL) set(text string, env environment) error {
	text, err := env.resolve(text)
	if err != nil {
		return err
	}
	u, err := parseAddress(text, "https://crm.example.com")
	if err != nil {
		return err
	}
	switch {
	case u.Scheme != "https" && u.Scheme != "http":
		return advise("this is no address on the web", "it begins with https://")
	case u.Hostname() == "":
		return advise("the URL names no host", "give one such as https://crm.example.com")
	}
	w.address = address{u, showWeb(u)}
	return nil
}

// plainHost is the text of an address that ends with its host.
var plainHost = regexp.MustCompile(`^([a-z]+://)?[A-Za-z0-9.:_\[\]-]*/?$`)

// secretPart is all that follows the host; where there is a user, or no host to
// be made out, all that follows the slashes.
func (*WebURL) secretPart(text string) (from, to int) {
	if isReference(text) || plainHost.MatchString(text) {
		return 0, 0
	}
	_, after, ok := strings.Cut(text, "://")
	if !ok {
		return 0, len(text)
	}
	from = len(text) - len(after)
	if end := strings.IndexAny(after, "/?#"); end > 0 && !strings.Contains(after, "@") {
		from += end + 1
	}
	return from, len(text)
}

func showWeb(u *url.URL) string {
	shown := u.Scheme + "://" + u.Host
	if u.User != nil {
		shown = u.Scheme + "://" + hidden + "@" + u.Host
	}
	if u.Path != "" && u.Path != "/" || u.RawQuery != "" {
		shown += "/" + hidden
	}
	return shown
}

// isPrivate says that what is sent to the address cannot be overheard: it is
// encrypted, or never leaves the machine.
func (w WebURL) isPrivate() bool {
	if w.url.Scheme == "https" {
		return true
	}
	host := w.url.Hostname()
	ip, err := netip.ParseAddr(host)
	return strings.EqualFold(host, "localhost") || err == nil && ip.Unmap().IsLoopback()
}
