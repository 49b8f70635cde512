package history

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"ringback/internal/config"
	"ringback/internal/crm"
	"ringback/internal/crm/bitrix24"
	"ringback/internal/crm/bitrix24/bitrixsim"
	"ringback/internal/crm/policy"
)

const (
	finishMethod = "telephony.externalcall.finish"
	// portalUsers are numbered from here on, and the default user is portalDefault.
	portalUsers, portalDefault = 5000, 1
	// anonymous stands for a number that is not shown.
	anonymous = "70000000000"
)

// portal is a Bitrix24.
type portal struct {
	sim     *bitrixsim.Portal
	refresh string
	world   *world
}

func newPortal(w *world) *portal {
	p := &portal{world: w}
	p.sim = bitrixsim.New(bitrixsim.Options{
		Now: time.Now, Work: func(d time.Duration) { <-time.After(d) }, ClientID: "local.app", ClientSecret: clientSecret, Fault: p.fault,
	})
	for extension := firstExtension; extension < unknown; extension++ {
		p.sim.AddUser(bitrixsim.User{ID: int64(portalUsers + extension), Inner: strconv.Itoa(extension), Active: extension != dismissed})
	}
	_, p.refresh = p.sim.Grant(portalDefault)
	w.secrets[p.refresh] = true
	return p
}

func (p *portal) fault(r bitrixsim.Request) bitrixsim.Fault {
	kinds := []bitrixsim.Fault{
		bitrixsim.DropBefore, bitrixsim.DropAfter, bitrixsim.ErrorBefore, bitrixsim.ErrorAfter, bitrixsim.HTMLBefore, bitrixsim.HTMLAfter,
		bitrixsim.TimeOut, bitrixsim.Expire, bitrixsim.Refuse,
	}
	names := []string{
		"reply lost before the effect", "reply lost after the effect", "500 before the effect", "500 after the effect", "502 before the effect",
		"502 after the effect", "no answer for a minute", "token expired", "connection refused",
	}
	if p.world.sky.now() == absence {
		p.world.fault("away")
		return bitrixsim.HTMLBefore
	}
	n := p.world.sky.oneIn()
	if n == 0 || r.Method == "oauth" || !p.world.one(n) {
		return bitrixsim.NoFault
	}
	i := p.world.pick(len(kinds))
	p.world.fault(names[i])
	return kinds[i]
}

func (p *portal) adapter(services crm.Services, wire http.RoundTripper) (crm.Target, error) {
	return bitrix24.New(bitrix24.Settings{
		Portal: "https://demo.bitrix24.ru", ClientID: "local.app", ClientSecret: config.NewSecret(clientSecret), RefreshToken: config.NewSecret(p.refresh),
		OAuthURL: "https://oauth.bitrix24.tech", DefaultUser: portalDefault, Recordings: true, Transport: wire,
		Users: map[string]int64{strconv.Itoa(misled): portalUsers + dismissed}, Rules: policy.Rules{Anonymous: anonymous},
	}, services)
}

func (p *portal) transport() http.RoundTripper { return p.sim.Transport() }

func (p *portal) refused(r *http.Request) *http.Response {
	if strings.Contains(r.URL.Path, "oauth") || p.world.sky.now() != storm || !p.world.one(60) {
		return nil
	}
	p.world.fault("refused for others' requests")
	return answer(r, http.StatusServiceUnavailable, `{"error":"QUERY_LIMIT_EXCEEDED","error_description":"Too many requests"}`)
}

func answer(r *http.Request, status int, body string) *http.Response {
	return &http.Response{
		Status: http.StatusText(status), StatusCode: status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: r,
		Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(bytes.NewReader([]byte(body))), ContentLength: int64(len(body)),
	}
}

var finishedKey = regexp.MustCompile(`"EXTERNAL_CALL_ID":"(main-[^"]+)"`)

func (p *portal) landed(r *http.Request, _ []byte, status int, answered []byte) []string {
	if status != http.StatusOK || !strings.Contains(strings.ToLower(r.URL.Path), finishMethod) {
		return nil
	}
	if m := finishedKey.FindSubmatch(answered); m != nil {
		return []string{string(m[1])}
	}
	return nil
}

func (*portal) links() []string { return nil }

var portalSecrets = []*regexp.Regexp{
	regexp.MustCompile(`"(?:access|refresh)_token":"([^"]+)"`), regexp.MustCompile(`"auth":"([^"]+)"`), regexp.MustCompile(`refresh_token=([0-9a-f]+)`),
}

func (p *portal) secrets() []*regexp.Regexp { return portalSecrets }

func TestAHistoryArrivesInBitrix24OnceAmongFaultsAndKills(t *testing.T) {
	const perMinute = 32.7 // calls, by the operating time of finish that is for calls of the past
	inBubble(t, newSky(time.Duration(float64(*size)/perMinute*float64(time.Minute)), 10*time.Minute, 47*time.Second, *size/80), func(w *world) {
		p := newPortal(w)
		w.crm = p
		f := w.check(func() float64 { return p.sim.State().Used[finishMethod] }, 480.0/600)
		p.compare(f)
	})
}

// compare sees that the portal has what it must have, and nothing besides.
func (p *portal) compare(f *figures) {
	w := p.world
	state := p.sim.State()
	got := map[string]bitrixsim.Call{}
	for _, c := range state.Calls {
		if _, double := got[c.External]; double {
			w.Errorf("%s is there twice", c.External)
		}
		got[c.External] = c
	}
	for _, want := range f.all {
		c, there := got[want.key]
		delete(got, want.key)
		if !there {
			w.Errorf("%s (%s) did not arrive", want.key, want.kind)
			continue
		}
		start, err := time.Parse("2006-01-02T15:04:05-07:00", c.Start)
		must(w, err)
		shown := &arrived{
			incoming: c.Type == 2, client: c.Phone, user: c.FinishedUser, duration: c.Duration, start: start,
			rightUser: func(want *wanted) bool {
				return c.User == c.FinishedUser && want.has(c.FinishedUser, portalUsers, portalDefault)
			},
		}
		wrong := want.differs(shown)
		if want.client == "" && c.Phone != anonymous {
			wrong += "; the anonymous client is " + c.Phone
		}
		if c.Status != status24[want.outcome] {
			wrong += fmt.Sprintf("; status is %s, want %s", c.Status, status24[want.outcome])
		}
		if c.Line != want.line {
			wrong += fmt.Sprintf("; line is %s, want %s", c.Line, want.line)
		}
		if c.FileSHA256 != hashOf(want.recording()) {
			wrong += fmt.Sprintf("; recording is %q, want %q", c.FileSHA256, hashOf(want.recording()))
		}
		if c.LeadMade || c.Shown || (c.Chats > 0) != want.live {
			wrong += fmt.Sprintf("; lead made %v, shown %v, chats %d", c.LeadMade, c.Shown, c.Chats)
		}
		if wrong != "" {
			w.Errorf("%s (%s): %s", want.key, want.kind, strings.TrimPrefix(wrong, "; "))
		}
	}
	for key := range got {
		w.Errorf("%s is there, and no such call was to arrive", key)
	}
	for _, code := range []string{"QUERY_LIMIT_EXCEEDED", "OPERATION_TIME_LIMIT", "OVERLOAD_LIMIT"} {
		if n := state.Refusals[code]; n > 0 {
			w.Errorf("the portal refused %d requests with %s", n, code)
		}
	}
	w.Logf("refusals by the portal: %v; registered and never finished: %d", state.Refusals, state.Unfinished)
}
