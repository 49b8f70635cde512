package bitrix24

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"ringback/internal/config"
	"ringback/internal/crm"
	"ringback/internal/crm/policy"
)

// Settings are those of one portal.
type Settings struct {
	// Portal is the portal's address, https://example.bitrix24.ru; with the
	// three below, a local application is used.
	Portal       string
	ClientID     string
	ClientSecret config.Secret
	// RefreshToken begins; later ones are in the Store. Without it, the
	// application is installed through Install.
	RefreshToken config.Secret
	// OAuthURL is the token server; "" means the present one of Bitrix24.
	OAuthURL string
	// Webhook is the address of an incoming webhook, instead of the four above.
	Webhook config.Secret

	// DefaultUser has the calls of those who are no active users; 0 means the
	// user who installed the application or made the webhook.
	DefaultUser int64
	// Users maps extensions to users, before the portal is asked.
	Users map[string]int64
	Rules policy.Rules
	// CreateLeads lets the portal make leads of unknown clients: of live calls,
	// and of those of the past.
	CreateLeads, CreateLeadsForPast bool
	Recordings                      bool
	// Tasks says that missed calls become tasks; nil means that they do not.
	Tasks *Tasks

	// OperatingLimit is how many seconds a method may work in ten minutes; 0
	// means the 480 of the cloud, less than 0 no limit (a portal of one's own has
	// none, or 420).
	OperatingLimit float64
	// Enterprise says that the portal takes 5 requests a second, not 2. Check
	// finds out.
	Enterprise bool
	// Transport carries requests; nil means a new http.Transport.
	Transport http.RoundTripper
}

// SettingsOf are the settings of a target of the configuration, which has
// checked them.
func SettingsOf(t config.Target) Settings {
	s := Settings{
		ClientID: t.ClientID, ClientSecret: t.ClientSecret, RefreshToken: t.RefreshToken,
		DefaultUser: t.DefaultUser, Users: t.Users,
		CreateLeads: t.CreateLeads, CreateLeadsForPast: t.CreateLeadsForPast, Recordings: t.Recordings,
		Rules: policy.Of(&t),
	}
	if tasks := t.MissedTasks; tasks != nil {
		s.Tasks = &Tasks{Responsible: policy.Ladder(tasks.Responsible), Deadline: time.Duration(tasks.Deadline), ForPast: tasks.ForPast}
	}
	if u := t.URL.URL(); u != nil {
		s.Portal = u.String()
	}
	if u := t.OAuthURL.URL(); u != nil {
		s.OAuthURL = u.String()
	}
	if u := t.Webhook.URL(); u != nil {
		s.Webhook = config.NewSecret(u.String())
	}
	return s
}

const (
	defaultOAuthURL = "https://oauth.bitrix24.tech"
	// cloudOperating is the limit of the example in the documents, "set by
	// configuration", in seconds.
	cloudOperating = 480
	// answerTime is a little more than the 60 seconds after which the cloud cuts
	// a request off.
	answerTime = 65 * time.Second
)

// New makes the target of a portal. It asks nobody.
func New(s Settings, services crm.Services) (*Target, error) {
	if services.Store == nil || services.Meter == nil || services.Now == nil {
		return nil, errors.New("a Bitrix24 target needs a store, a meter and a clock")
	}
	transport := s.Transport
	if transport == nil {
		transport = http.DefaultTransport.(*http.Transport).Clone()
	}
	exchange := &http.Client{
		Transport: transport, Timeout: answerTime,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	t := &Target{settings: s, services: services, open: openTasks{services.Store, services.Now}, wording: wordingFor(s.Portal)}
	var who authority
	if s.Webhook.IsSet() {
		w, err := newWebhook(s.Webhook.Reveal())
		if err != nil {
			return nil, err
		}
		who, t.wording = w, wordingFor(w.base)
	} else {
		portal, err := url.Parse(s.Portal)
		if err != nil || portal.Host == "" || s.ClientID == "" || !s.ClientSecret.IsSet() {
			return nil, errors.New("a Bitrix24 target needs url, client_id and client_secret of a local application, or webhook")
		}
		server := s.OAuthURL
		if server == "" {
			server = defaultOAuthURL
		}
		t.oauth = &oauth{
			settings: s, portal: portal, server: strings.TrimSuffix(server, "/"),
			store: services.Store, now: services.Now, http: exchange, turn: make(chan struct{}, 1),
		}
		who = t.oauth
	}
	t.client = &client{
		http: exchange, who: who, now: services.Now, store: services.Store,
		limits: newLimits(s, services),
	}
	t.lookups = &lookups{client: t.client}
	t.users = &directory{
		client: t.client, now: services.Now, own: s.Users, fallback: s.DefaultUser, turn: make(chan struct{}, 1),
	}
	return t, nil
}
