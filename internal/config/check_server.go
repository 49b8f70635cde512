package config

import (
	"fmt"
	"regexp"
	"strings"
)

// shortestLinkKey is the fewest bytes with which links to recordings are signed.
const shortestLinkKey = 16

func (c checker) server(s *Server) {
	p := place{"server"}
	cert, key := p.field("tls_cert"), p.field("tls_key")
	switch {
	case c.given(cert) && !c.given(key):
		c.refuseKey(cert, "tls_cert is given without tls_key", "give the file of the key as well")
	case c.given(key) && !c.given(cert):
		c.refuseKey(key, "tls_key is given without tls_cert", "give the file of the certificate as well")
	}
	c.absolute(cert, s.TLSCert)
	c.absolute(key, s.TLSKey)
	if public := p.field("public_url"); c.sound(public) {
		if u := s.PublicURL.URL(); u.User != nil || u.RawQuery != "" {
			c.refuse(public, "public_url has more than an address and a path in it", "give one such as https://pbx.example.com")
		}
	}
	if metrics := p.field("metrics_listen"); c.sound(metrics) && s.MetricsListen == s.Listen {
		c.refuse(metrics, "metrics_listen is the same address as listen", "leave it out to serve /metrics with the rest")
	}
	if key := p.field("link_key"); c.sound(key) && len(s.LinkKey.Reveal()) < shortestLinkKey {
		c.refuse(key, fmt.Sprintf("link_key is too short to sign with: it has fewer than %d bytes", shortestLinkKey),
			"make one with: openssl rand -hex 32; or leave it out, and Ringback makes one and keeps it")
	}
	lines := map[string]int{}
	for i := range s.Users {
		c.account(&s.Users[i], p.field("user").item(i), lines)
	}
}

// userName keeps names fit for digest authentication, whose hashes put a colon
// behind them.
var userName = regexp.MustCompile(`^[\pL\pN._@-]{1,64}$`)

func (c checker) account(u *User, p place, lines map[string]int) {
	c.require(p, "name", "")
	c.require(p, "role", `choose "admin" or "viewer"`)
	if name := p.field("name"); c.sound(name) {
		if !userName.MatchString(u.Name) {
			c.refuse(name, fmt.Sprintf("%q is no name for a user", u.Name), "a name has up to 64 letters, digits, and any of . _ @ -")
		} else if line, twice := lines[u.Name]; twice {
			c.refuse(name, fmt.Sprintf("another user is called %q (line %d)", u.Name, line), "give each a name of its own")
		} else {
			lines[u.Name] = c.line(name)
		}
	}
	password, sha, md := p.field("password"), p.field("password_hash_sha256"), p.field("password_hash_md5")
	switch hashed := c.given(sha) || c.given(md); {
	case c.given(password) && hashed:
		c.refuseKey(password, "a password is given both in the clear and hashed", "leave one of them out")
	case !c.given(password) && !c.given(sha):
		c.require(p, "password", `give password = "file:/path", or password_hash_sha256`)
	}
	c.hash(sha, u.SHA256, 64)
	c.hash(md, u.MD5, 32)
}

var hexadecimal = regexp.MustCompile(`^[0-9a-f]+$`)

func (c checker) hash(p place, hash Secret, length int) {
	if c.sound(p) && (len(hash.Reveal()) != length || !hexadecimal.MatchString(hash.Reveal())) {
		name := p.path[strings.LastIndexByte(p.path, '.')+1:]
		c.refuse(p, name+" is no such hash", fmt.Sprintf("it is the %d hexadecimal digits, in lower case, that docs/configure.md tells how to make", length))
	}
}
