package app

import (
	"context"
	"net/http"
	"time"

	"ringback/internal/api"
	"ringback/internal/config"
	"ringback/internal/digestauth"
)

// accounts makes the log-in of the users configured, and the way to tell who a
// request comes from.
func accounts(users []config.User, now func() time.Time) (logIn func(http.Handler) http.Handler, who func(context.Context) api.Account, err error) {
	var credentials []digestauth.Credential
	for _, u := range users {
		credentials = append(credentials, digestauth.Credential{
			Account: digestauth.Account{Name: u.Name, Role: string(u.Role)},
			SHA256:  u.SHA256.Reveal(), MD5: u.MD5.Reveal(),
		})
	}
	authenticator, err := digestauth.New(digestauth.Config{
		Realm: config.Realm, Credentials: credentials, Now: now,
		Refuse: func(w http.ResponseWriter, _ *http.Request, status int, detail string) {
			api.WriteProblem(w, api.Problem{Status: status, Detail: detail})
		},
	})
	if err != nil {
		return nil, nil, err
	}
	return authenticator.Wrap, account, nil
}

// account is who logged in; nobody has no rights.
func account(ctx context.Context) api.Account {
	a, _ := digestauth.AccountFrom(ctx)
	return api.Account{Name: a.Name, Admin: a.Role == string(config.Admin)}
}
