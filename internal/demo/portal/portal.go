// Package portal opens a simulated CRM beside the demonstration: a Bitrix24
// portal or an account of Kommo, strict as the real ones, with a page that shows
// what arrived.
//
// It is for the demonstration alone, and knows nothing of how calls get there.
package portal

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"ringback/internal/crm/bitrix24/bitrixsim"
	"ringback/internal/crm/kommo/kommosim"
)

// Kinds are the CRMs that can be simulated, as targets' types are called.
var Kinds = []string{"bitrix24", "kommo"}

// Portal is a simulated CRM that listens on the loopback.
type Portal struct {
	// Page is the address of the page that shows what the CRM holds.
	Page string
	// Configuration is the part of a configuration that makes it a target.
	Configuration string

	server *http.Server
	done   chan error
}

// people of the demonstration: the extensions of the captures, with their users.
var people = map[string]int64{"1001": 11, "1002": 12, "1003": 13, "1004": 14}

// client is somebody outside whom the CRM knows.
const client = "+79161234567"

// Open opens a CRM of one of Kinds on a free port of the loopback.
func Open(ctx context.Context, kind string) (*Portal, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("open the simulated CRM: %w", err)
	}
	address := "http://" + listener.Addr().String()
	p := &Portal{done: make(chan error, 1)}
	var handler http.Handler
	switch kind {
	case "bitrix24":
		handler = p.bitrix24(address)
	case "kommo":
		handler = p.kommo(address)
	default:
		return nil, errors.Join(fmt.Errorf("no simulated CRM is called %q; there are %s", kind, strings.Join(Kinds, ", ")), listener.Close())
	}
	p.server = &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	go func() { p.done <- p.server.Serve(listener) }()
	return p, nil
}

// Close ends the CRM; what it held is gone.
func (p *Portal) Close() error {
	err := p.server.Close()
	if served := <-p.done; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return err
}

func (p *Portal) bitrix24(address string) http.Handler {
	const id, secret = "local.demonstration", "demonstration"
	sim := bitrixsim.New(bitrixsim.Options{ClientID: id, ClientSecret: secret})
	for extension, user := range people {
		sim.AddUser(bitrixsim.User{ID: user, Inner: extension, Active: true})
	}
	sim.AddClient(bitrixsim.Client{Type: "CONTACT", ID: 501, Phone: client, Responsible: people["1001"]})
	_, refresh := sim.Grant(1)
	p.Page = address + "/"
	p.Configuration = fmt.Sprintf(`
[[target]]
name = "portal"
type = "bitrix24"
url = %q
oauth_url = %q
client_id = %q
client_secret = %q
refresh_token = %q
default_user = 1
[target.missed_tasks]
for_past = true
`, address, address, id, secret, refresh)
	return sim
}

func (p *Portal) kommo(address string) http.Handler {
	const token = "demonstration-token"
	sim := kommosim.New(kommosim.Options{Now: time.Now, Token: token})
	var users strings.Builder
	for extension, user := range people {
		sim.AddUser(user, "Extension "+extension, true)
		fmt.Fprintf(&users, "%s = %d\n", extension, user)
	}
	sim.AddClient("contacts", "A known client", client)
	p.Page = address + "/_sim/"
	p.Configuration = fmt.Sprintf(`
[[target]]
name = "account"
type = "kommo"
url = %q
token = %q
unknown_callers = "unsorted"
[target.users]
%s`, address, token, &users)
	return sim
}
