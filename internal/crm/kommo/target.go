package kommo

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"ringback/internal/call"
	"ringback/internal/config"
	"ringback/internal/crm"
	"ringback/internal/crm/policy"
)

// requests is the budget of requests to the account.
const requests = "requests"

// rate is how many requests a second are sent. The CRM takes seven; two that
// the network pushes together must not make an eighth of them.
const rate = 6.75

// atOnce is how many deliveries are under way at a time.
const atOnce = 64

// Settings are those of one account.
type Settings struct {
	// URL is the account's address; its host tells amoCRM from Kommo, nothing
	// else does.
	URL *url.URL
	// Token lives long; unset, the rest authorises by OAuth.
	Token        config.Secret
	ClientID     string
	ClientSecret config.Secret
	RedirectURI  string
	Code         config.Secret
	RefreshToken config.Secret
	// UnknownCallers says what becomes of callers whom the CRM does not know.
	UnknownCallers config.UnknownCallers
	// Users maps extensions to users of the CRM; DefaultUser, unless 0, has the
	// calls of all others.
	Users       map[string]int64
	DefaultUser int64
	// Recordings says that links to recordings are delivered.
	Recordings bool
	Rules      policy.Rules
	// Transport carries the requests; nil is http.DefaultTransport.
	Transport http.RoundTripper
}

// FromConfig takes from a configuration what it says of an account.
func FromConfig(t *config.Target) Settings {
	return Settings{
		URL: t.URL.URL(), Token: t.Token,
		ClientID: t.ClientID, ClientSecret: t.ClientSecret, RedirectURI: address(t.RedirectURI), Code: t.Code, RefreshToken: t.RefreshToken,
		UnknownCallers: t.UnknownCallers, Users: t.Users, DefaultUser: t.DefaultUser,
		Recordings: t.Recordings, Rules: policy.Of(t),
	}
}

func address(u config.WebURL) string {
	if !u.IsSet() {
		return ""
	}
	return u.URL().String()
}

// Target is one account of amoCRM or Kommo.
type Target struct {
	settings Settings
	services crm.Services
	client   *client
	clients  *clients
	account  *account
	// creating is held for a number while something is made for it.
	creating *keyed
	// batches write what several deliveries want written at the same time; notes and
	// pages look for what was written.
	batches gatherings[endpoint, *item]
	notes   gatherings[feed, *search]
	pages   gatherings[pageKey, *pageOfUnsorted]
}

var (
	_ crm.Target  = (*Target)(nil)
	_ crm.Limited = (*Target)(nil)
	_ crm.Afresh  = (*Target)(nil)
	_ crm.AtOnce  = (*Target)(nil)
)

// New opens no connection: an account that is away is met when a call is
// delivered.
func New(s Settings, services crm.Services) (*Target, error) {
	switch {
	case s.URL == nil || s.URL.Host == "":
		return nil, errors.New("a Kommo target has no address; give url, such as https://example.kommo.com")
	case services.Store == nil || services.Now == nil || services.Meter == nil:
		return nil, errors.New("a Kommo target needs a store, a meter and a clock")
	case s.Recordings && services.Recordings == nil:
		return nil, errors.New("a Kommo target is to deliver recordings and nothing finds them")
	}
	t := &Target{settings: s, services: services, clients: newClients(services.Now), account: newAccount(services.Now), creating: newKeyed()}
	tokens := newTokens(&t.settings, services.Store, services.Now)
	t.client = &client{
		base: s.URL, tokens: tokens, now: services.Now,
		http: &http.Client{Transport: s.Transport, CheckRedirect: stay},
	}
	tokens.post = t.client.authorise
	p := &purse{meter: services.Meter, budget: t.Budgets()[0], now: services.Now}
	t.batches.begin = func(a endpoint) *gathering[*item] { return newBatch(t.client, p, a) }
	t.notes.begin = func(f feed) *gathering[*search] { return newSearches(t.client, p, f) }
	t.pages.begin = func(k pageKey) *gathering[*pageOfUnsorted] { return newPages(t.client, p, k) }
	return t, nil
}

// Capabilities are those of notes: they can be found and changed.
func (t *Target) Capabilities() crm.Capabilities {
	return crm.Capabilities{ReadBack: true, Update: true, Recordings: t.settings.Recordings}
}

// Budgets is seven requests a second, evenly: a live call then waits for the
// next one only.
func (t *Target) Budgets() []crm.Budget {
	return []crm.Budget{{Name: requests, Units: rate, Window: time.Second, Burst: 1}}
}

// AtOnce is as many deliveries as may be, since a request takes up to fifty of them
// along.
func (t *Target) AtOnce() int { return atOnce }

// Afresh makes the next step an update of the note. An entry among the unsorted
// cannot be changed.
func (t *Target) Afresh(raw crm.Memo) crm.Memo {
	m, err := read(raw)
	if err != nil || m.Note == 0 {
		return raw
	}
	m.Revision = 0
	return m.write()
}

// Parcels are one for each outside party whose number is known.
func (t *Target) Parcels(c *call.Call, past bool) ([]crm.Parcel, string) {
	parts, skipped := t.settings.Rules.Parts(c)
	parcels := make([]crm.Parcel, 0, len(parts))
	for _, part := range parts {
		parcels = append(parcels, crm.Parcel{Key: part.Key(c), Part: part.Number, Revision: 1, Past: past, Number: part.Client, Call: c})
	}
	// Kommo has no such setting.
	skipped, _, _ = strings.Cut(skipped, "; anonymous_number")
	return parcels, skipped
}

// Next looks at the memo alone, and at what was lately learnt of users and
// clients, which saves requests.
func (t *Target) Next(p *crm.Parcel, raw crm.Memo) crm.Step {
	m, err := read(raw)
	if err != nil {
		// Do says what is wrong with it.
		return step(find, 0)
	}
	return t.next(p, &m)
}

// Do sends the one request of a step, or has it go with those of other deliveries.
func (t *Target) Do(ctx context.Context, p *crm.Parcel, s crm.Step, raw crm.Memo) (crm.Memo, error) {
	m, part, err := t.open(p, raw)
	if err != nil {
		return raw, err
	}
	j := &job{Target: t, parcel: p, part: part, memo: m, paid: len(s.Charges) > 0}
	do, ok := map[string]func(*job, context.Context) error{
		users: (*job).askUsers, inquire: (*job).askAccount, find: (*job).find,
		contact: (*job).createContact, unsorted: (*job).createUnsorted,
		note: (*job).postNote, log: (*job).postCall, link: (*job).patchLink, update: (*job).patchNote,
	}[s.Name]
	if !ok {
		return raw, refused("there is no step %q of a delivery to Kommo", s.Name)
	}
	if err := do(j, ctx); err != nil {
		if j.memo.Alone == m.Alone {
			return raw, err
		}
		m.Alone = j.memo.Alone
		return m.write(), err
	}
	return j.memo.write(), nil
}

// Look asks the CRM whether it has what a step was to make.
func (t *Target) Look(ctx context.Context, p *crm.Parcel, s crm.Step, raw crm.Memo) (crm.Memo, bool, error) {
	m, part, err := t.open(p, raw)
	if err != nil {
		return raw, false, err
	}
	j := &job{Target: t, parcel: p, part: part, memo: m, paid: true}
	look, ok := map[string]func(*job, context.Context) (bool, error){
		contact: (*job).lookForContact, unsorted: (*job).lookForUnsorted, note: (*job).lookForNote, log: (*job).lookForCall,
	}[s.Name]
	if !ok {
		// What is left asks, or may be repeated.
		return raw, false, nil
	}
	found, err := look(j, ctx)
	if !found {
		// How far was looked is kept, and nothing else.
		m.Page = j.memo.Page
		return m.write(), false, err
	}
	return j.memo.write(), true, err
}

// open reads the memo and the part of the call that the parcel is about.
func (t *Target) open(p *crm.Parcel, raw crm.Memo) (memo, *policy.Part, error) {
	m, err := read(raw)
	if err != nil {
		return m, nil, &crm.Error{Class: crm.Refused, Reason: "what was kept of the delivery cannot be read", Err: err}
	}
	part, ok := t.settings.Rules.Part(p.Call, p.Part)
	if !ok {
		return m, nil, &crm.Error{Class: crm.Skipped, Reason: "the settings leave the call out by now"}
	}
	return m, &part, nil
}
