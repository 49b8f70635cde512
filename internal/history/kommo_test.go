package history

import (
	"bytes"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"ringback/internal/config"
	"ringback/internal/crm"
	"ringback/internal/crm/kommo"
	"ringback/internal/crm/kommo/kommosim"
)

const (
	// accountUsers are numbered from here on, and accountDefault is the default user.
	accountUsers, accountDefault = 500_000, 504_141
	redirectURI                  = "https://pbx.example.com/kommo"
	firstRefresh                 = "refresh-token-to-begin-with"
)

// account is an amoCRM.
type account struct {
	sim   *kommosim.Sim
	world *world
}

// newAccount knows two in three of the clients.
func newAccount(w *world) *account {
	a := &account{world: w}
	a.sim = kommosim.New(kommosim.Options{
		Now: time.Now, ClientID: "integration", ClientSecret: clientSecret, RedirectURI: redirectURI, RefreshToken: firstRefresh, LockAfter: 3, Fault: a.fault,
	})
	for extension := firstExtension; extension < unknown; extension++ {
		a.sim.AddUser(int64(accountUsers+extension), strconv.Itoa(extension), extension != dismissed)
	}
	w.secrets[firstRefresh] = true
	known := map[string]bool{}
	for _, c := range w.past.calls {
		number := ten(c.client)
		if number == "" || known[number] {
			continue
		}
		known[number] = true
		if n := len(known); n%3 > 0 {
			a.sim.AddClient([]string{"contacts", "companies"}[n%2], "Client", "+7"+number)
		}
	}
	return a
}

// fault lets a request take a while, and sometimes fail. Requests reach the account up to
// 30 ms closer together than they are sent: at 95 % of its limit, it would refuse some if
// that were more than 50 ms.
func (a *account) fault(r *http.Request) kommosim.Fault {
	f := kommosim.Fault{Slow: time.Duration(90+a.world.pick(30)) * time.Millisecond}
	if a.world.sky.now() == absence {
		a.world.fault("away")
		f.Status = http.StatusBadGateway
		return f
	}
	n := a.world.sky.oneIn()
	if n == 0 || !a.world.one(n) {
		return f
	}
	kinds := []struct {
		name  string
		fault kommosim.Fault
	}{
		{"reply lost before the effect", kommosim.Fault{Drop: true}},
		{"reply lost after the effect", kommosim.Fault{Drop: true, After: true}},
		{"500 before the effect", kommosim.Fault{Status: 500}},
		{"500 after the effect", kommosim.Fault{Status: 500, After: true}},
		{"502 before the effect", kommosim.Fault{Status: 502}},
		{"504 after the effect", kommosim.Fault{Status: 504, After: true}},
		{"503 before the effect", kommosim.Fault{Status: 503}},
		{"token expired", kommosim.Fault{}},
	}
	one := kinds[a.world.pick(len(kinds))]
	a.world.fault(one.name)
	if one.fault == (kommosim.Fault{}) {
		a.world.expireSoon()
		return f
	}
	one.fault.Slow = f.Slow
	return one.fault
}

func (a *account) adapter(services crm.Services, wire http.RoundTripper) (crm.Target, error) {
	users := map[string]int64{}
	for extension := firstExtension; extension <= misled; extension++ {
		users[strconv.Itoa(extension)] = int64(accountUsers + extension)
	}
	users[strconv.Itoa(misled)] = accountUsers + dismissed
	return kommo.New(kommo.Settings{
		URL: &url.URL{Scheme: "https", Host: "example.amocrm.ru"}, ClientID: "integration", ClientSecret: config.NewSecret(clientSecret),
		RedirectURI: redirectURI, RefreshToken: config.NewSecret(firstRefresh), UnknownCallers: config.Unsorted,
		Users: users, DefaultUser: accountDefault, Recordings: true, Transport: wire,
	}, services)
}

func (a *account) transport() http.RoundTripper { return a.sim.Transport() }

// refused also lets tokens expire that are to.
func (a *account) refused(r *http.Request) *http.Response {
	if a.world.expires() {
		a.sim.Expire()
	}
	if strings.Contains(r.URL.Path, "oauth2") || a.world.sky.now() != storm || !a.world.one(100) {
		return nil
	}
	a.world.fault("refused for others' requests")
	return answer(r, http.StatusTooManyRequests, `{"title":"Too Many Requests","status":429,"detail":"Please try again later."}`)
}

var uniq = regexp.MustCompile(`"uniq":"(main-[^"]+)"`)

func (a *account) landed(r *http.Request, sent []byte, status int, _ []byte) []string {
	if r.Method != http.MethodPost || status != http.StatusOK || bytes.Contains(sent, []byte("grant_type")) {
		return nil
	}
	var keys []string
	for _, m := range uniq.FindAllSubmatch(sent, -1) {
		keys = append(keys, string(m[1]))
	}
	return keys
}

func (a *account) links() []string {
	var all []string
	h := a.sim.Holdings()
	for i := range h.Notes {
		all = append(all, text(h.Notes[i].Params["link"]))
	}
	for i := range h.Unsorted {
		all = append(all, text(h.Unsorted[i].Metadata["link"]))
	}
	return slices.DeleteFunc(all, func(link string) bool { return link == "" })
}

var accountSecrets = []*regexp.Regexp{regexp.MustCompile(`"(?:access|refresh)_token":"([^"]+)"`)}

func (a *account) secrets() []*regexp.Regexp { return accountSecrets }

func TestAHistoryArrivesInKommoOnceAmongFaultsAndKills(t *testing.T) {
	const perMinute = 120 // calls, by the limit of requests
	inBubble(t, newSky(time.Duration(float64(*size)/perMinute*float64(time.Minute)), 10*time.Second, 7*time.Second, *size/80), func(w *world) {
		a := newAccount(w)
		w.crm = a
		f := w.check(func() float64 { return float64(len(a.sim.Requests())) }, 7)
		a.compare(f)
	})
}

// compare sees that the account has what it must have, and nothing besides.
func (a *account) compare(f *figures) {
	w := a.world
	h := a.sim.Holdings()
	got := map[string]*noted{}
	for i := range h.Notes {
		put(w, got, note(&h.Notes[i]))
	}
	for i := range h.Unsorted {
		put(w, got, entry(&h.Unsorted[i]))
	}
	for _, want := range f.all {
		if want.client == "" {
			continue // Kommo skips who shows no number
		}
		n := got[want.key]
		delete(got, want.key)
		if n == nil {
			w.Errorf("%s (%s) did not arrive", want.key, want.kind)
			continue
		}
		wrong := want.differs(&n.arrived)
		if n.status != 0 && n.status != statusKommo[want.outcome] {
			wrong += fmt.Sprintf("; status is %d, want %d", n.status, statusKommo[want.outcome])
		}
		var heard []byte
		if n.link != "" {
			heard = f.heard[n.link]
		}
		if hashOf(heard) != hashOf(want.recording()) {
			wrong += fmt.Sprintf("; the link %q leads to %d bytes, want %d", n.link, len(heard), len(want.recording()))
		}
		if n.triggered != want.live && n.status != 0 {
			wrong += fmt.Sprintf("; triggered %v", n.triggered)
		}
		if wrong != "" {
			w.Errorf("%s (%s) in %s: %s", want.key, want.kind, n.where, strings.TrimPrefix(wrong, "; "))
		}
	}
	for key := range got {
		w.Errorf("%s is there, and no such call was to arrive", key)
	}
	contacts := map[string]int{}
	for _, c := range h.Contacts {
		for _, phone := range c.Phones {
			if contacts[ten(phone)]++; contacts[ten(phone)] == 2 {
				w.Errorf("there are two contacts with the number %s", phone)
			}
		}
	}
	if h.Refused > 0 || h.Locked {
		w.Errorf("the account refused %d requests for its limits; locked: %v", h.Refused, h.Locked)
	}
	w.Logf("%d notes, %d unsorted, %d contacts, %d requests", len(h.Notes), len(h.Unsorted), len(h.Contacts), h.Requests)
}
