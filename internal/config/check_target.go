package config

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
)

func (c checker) target(t *Target, p place, pbxs []string) {
	c.require(p, "type", `choose "bitrix24", "kommo" or "webhook"`)
	c.references(t, p, pbxs)
	c.private(p.field("url"), t.URL)
	if !c.sound(p.field("type")) {
		return
	}
	c.strangers(t.Type, p, reflect.TypeFor[Target]())
	switch t.Type {
	case Bitrix24:
		c.bitrix24(t, p)
	case Kommo:
		c.kommo(t, p)
	case Webhook:
		c.require(p, "url", "give the address that requests go to")
	}
	c.users(t, p)
	c.policy(t, p)
}

// references sees that the PBXs of a target exist.
func (c checker) references(t *Target, p place, pbxs []string) {
	for i, name := range t.PBX {
		if at := p.field("pbx").item(i); c.sound(at) && !slices.Contains(pbxs, name) {
			c.refuse(at, fmt.Sprintf("no PBX is called %q", name), "names of PBXs here: "+strings.Join(pbxs, ", "))
		}
	}
}

// private sees that no password or call travels in the clear.
func (c checker) private(p place, u WebURL) {
	if c.sound(p) && !u.isPrivate() {
		c.refuse(p, "an http:// address would send calls and passwords in the clear", "use https://; http:// is for this machine only")
	}
}

// strangers refuses keys of a table that belong to other types of target.
func (c checker) strangers(target TargetType, p place, table reflect.Type) {
	for f := range table.Fields() {
		name, owners := f.Tag.Get("toml"), strings.Fields(f.Tag.Get("for"))
		if at := p.field(name); len(owners) > 0 && !slices.Contains(owners, string(target)) && c.given(at) {
			c.refuseKey(at, fmt.Sprintf("a %s target has no key %s", target, name), "it belongs to "+strings.Join(owners, " and "))
		}
	}
}

// portal sees that the address of a CRM is that of its host alone.
func (c checker) portal(p place, u WebURL, hint string) {
	if !c.sound(p) {
		return
	}
	if address := u.URL(); strings.Trim(address.Path, "/") != "" || address.RawQuery != "" || address.User != nil {
		c.refuse(p, "the address of a CRM ends with its host", hint)
	}
}

var anonymous = regexp.MustCompile(`^\+?[0-9]{3,20}$`)

func (c checker) bitrix24(t *Target, p place) {
	c.portal(p.field("url"), t.URL, "give one such as https://example.bitrix24.ru; an incoming webhook's address goes into webhook")
	c.private(p.field("webhook"), t.Webhook)
	c.private(p.field("oauth_url"), t.OAuthURL)
	if c.given(p.field("webhook")) {
		for _, name := range []string{"client_id", "client_secret", "refresh_token"} {
			if at := p.field(name); c.given(at) {
				c.refuseKey(at, name+" does not go together with webhook", "give either a webhook, or client_id, client_secret and refresh_token")
			}
		}
	} else {
		const hint = "give url, client_id and client_secret of a local application, or webhook"
		c.require(p, "url", hint)
		c.require(p, "client_id", hint)
		c.require(p, "client_secret", hint)
	}
	if at := p.field("anonymous_number"); c.sound(at) && !anonymous.MatchString(t.AnonymousNumber) {
		c.refuse(at, fmt.Sprintf("%q is no telephone number", t.AnonymousNumber), "give digits, such as 70000000000")
	}
}

func (c checker) kommo(t *Target, p place) {
	c.require(p, "url", "give the address of the account, such as https://example.kommo.com")
	c.portal(p.field("url"), t.URL, "give one such as https://example.kommo.com")
	if !c.given(p.field("token")) && !c.given(p.field("client_id")) {
		c.require(p, "token", "give a long-lived token, or client_id, client_secret, redirect_uri and code")
		return
	}
	oauth := []string{"client_id", "client_secret", "redirect_uri", "code", "refresh_token"}
	if c.given(p.field("token")) {
		for _, name := range oauth {
			if at := p.field(name); c.given(at) {
				c.refuseKey(at, name+" does not go together with token", "give either a long-lived token, or client_id, client_secret, redirect_uri and code")
			}
		}
		return
	}
	for _, name := range oauth[:3] {
		c.require(p, name, "client_id, client_secret and redirect_uri go together")
	}
}

// users sees that extensions are mapped to what may be a user of a CRM.
func (c checker) users(t *Target, p place) {
	c.user(p.field("default_user"), t.DefaultUser)
	for extension, user := range t.Users {
		c.user(p.field("users").field(extension), user)
	}
}

func (c checker) user(at place, user int64) {
	if c.sound(at) && user < 1 {
		c.refuse(at, fmt.Sprintf("%d is no user", user), "a user of a CRM is a number above 0")
	}
}

// links sees that a CRM that fetches recordings is told where.
func (c checker) links(t *Target, p place) {
	if t.Type == Kommo && t.Recordings && !c.given(place{"server"}.field("public_url")) {
		c.refuse(p.field("recordings"), "Kommo fetches recordings by links, and there is no public_url to make them with",
			"give public_url in [server], the address at which Kommo reaches this machine")
	}
}
