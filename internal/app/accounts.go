package app

import (
	"context"
	"net/netip"
	"time"

	"ringback/internal/api"
	"ringback/internal/config"
	"ringback/internal/digestauth"
)

// accounts sets how requests are let in, and how to tell who they come from, as
// the configuration has it.
func accounts(c *api.Config, server *config.Server, now func() time.Time) error {
	var credentials []digestauth.Credential
	for _, u := range server.Users {
		credentials = append(credentials, digestauth.Credential{
			Account: digestauth.Account{Name: u.Name, Role: string(u.Role)},
			SHA256:  u.SHA256.Reveal(), MD5: u.MD5.Reveal(),
		})
	}
	var proxies []netip.Prefix
	for _, n := range server.TrustedProxies {
		proxies = append(proxies, n.Prefix)
	}
	client := digestauth.BehindProxies(proxies)
	authenticator, err := digestauth.New(digestauth.Config{
		Realm: config.Realm, Credentials: credentials, Now: now, ClientAddress: client, Refuse: api.RefuseLogin,
	})
	if err != nil {
		return err
	}
	c.LogIn, c.Account, c.ClientAddress = authenticator.Wrap, account, client
	return nil
}

// account is who logged in; nobody has no rights.
func account(ctx context.Context) api.Account {
	a, _ := digestauth.AccountFrom(ctx)
	return api.Account{Name: a.Name, Admin: a.Role == string(config.Admin)}
}
