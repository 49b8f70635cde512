package history

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"ringback/internal/backfill"
	"ringback/internal/crm"
)

// server is a simulated CRM, and what must be known of it.
type server interface {
	// adapter is the program's adapter for the CRM.
	adapter(services crm.Services, wire http.RoundTripper) (crm.Target, error)
	transport() http.RoundTripper
	// refused is what the CRM would answer to a request for a limit that others have used
	// up.
	refused(r *http.Request) *http.Response
	// landed are the keys of calls that the CRM has had since an answer.
	landed(r *http.Request, sent []byte, status int, answered []byte) []string
	// links are where the CRM finds recordings that it was not given.
	links() []string
	// secrets are expressions that match the secrets in what is sent and answered, as
	// their first group.
	secrets() []*regexp.Regexp
}

// What all know beforehand, and nobody may show.
const (
	clientSecret = "client-secret-7c0d1e"
	linkKey      = "link-key-of-32-bytes-5e2f8a91b3c4"
)

// fates are what can become of a request when the program is killed.
type fate uint8

const (
	live fate = iota
	dieBefore
	dieAfter
)

// world is the program with all that is around it.
type world struct {
	*testing.T
	dir  string
	past *past
	crm  server
	sky  *sky
	log  *slog.Logger
	said journalled

	turn    chan struct{} // held while a life is changed or used
	current *life
	lives   int
	graves  sync.WaitGroup
	// killed gets who met the fate that was waiting for the next request.
	killed chan struct{}

	mu       sync.Mutex
	dice     *rand.Rand
	next     fate
	expire   bool // of the tokens, before the next request
	requests int
	landed   map[string]time.Time
	twice    []string
	secrets  map[string]bool
	faults   map[string]int
}

// journalled is what the program logs.
type journalled struct {
	mu sync.Mutex
	bytes.Buffer
}

func (j *journalled) Write(b []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.Buffer.Write(b)
}

func (j *journalled) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.Buffer.String()
}

func newWorld(t *testing.T, dir string, p *past, s *sky) *world {
	w := &world{
		T: t, dir: dir, past: p, sky: s, turn: make(chan struct{}, 1), killed: make(chan struct{}, 1), dice: rand.New(rand.NewPCG(24, 11)),
		landed: map[string]time.Time{}, secrets: map[string]bool{clientSecret: true, linkKey: true}, faults: map[string]int{},
	}
	w.log = slog.New(slog.NewJSONHandler(&w.said, &slog.HandlerOptions{Level: slog.LevelDebug}))
	return w
}

// directory is a new one, for the journal of a life.
func (w *world) directory() string {
	w.Helper()
	dir := filepath.Join(w.dir, fmt.Sprintf("life-%03d", w.lives))
	must(w, os.MkdirAll(dir, 0o750))
	return dir
}

// fault counts what goes wrong.
func (w *world) fault(kind string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.faults[kind]++
}

// expireSoon lets the tokens expire before the next request.
func (w *world) expireSoon() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.expire = true
}

// expires says that tokens are to expire, once.
func (w *world) expires() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	due := w.expire
	w.expire = false
	return due
}

// one says yes once in n times.
func (w *world) one(n int) bool { return w.pick(n) == 0 }

func (w *world) pick(n int) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.dice.IntN(n)
}

// fate is that of a request that is about to be sent. Who is to die tells the killer.
func (w *world) fate() fate {
	w.mu.Lock()
	defer w.mu.Unlock()
	f := w.next
	if w.next = live; f != live {
		w.killed <- struct{}{}
	}
	return f
}

// observe sees every request that the CRM answered.
func (w *world) observe(r *http.Request, sent []byte, status int, answered []byte) {
	keys := w.crm.landed(r, sent, status, answered)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.requests++
	for _, key := range keys {
		if _, before := w.landed[key]; before {
			w.twice = append(w.twice, key)
			continue
		}
		w.landed[key] = time.Now()
	}
	for _, e := range w.crm.secrets() {
		for _, text := range [][]byte{sent, answered} {
			for _, m := range e.FindAllSubmatch(text, -1) {
				w.secrets[string(m[1])] = true
			}
		}
	}
}

// at is when a call landed, zero when it has not yet.
func (w *world) at(key string) time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.landed[key]
}

func (w *world) sentSoFar() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.requests
}

// use lets f use the life that is, while nobody ends it.
func (w *world) use(f func(*life)) {
	w.turn <- struct{}{}
	defer func() { <-w.turn }()
	f(w.current)
}

// importPast asks for all that is past and waits until that is over, in as many lives as
// it takes.
func (w *world) importPast() *backfill.Run {
	w.Helper()
	var run *backfill.Run
	w.use(func(l *life) {
		var err error
		run, err = l.runs.Start(context.Background(), backfill.Request{RequestedBy: "admin", Kind: backfill.ByPeriod, Start: firstDay, End: lastDay})
		must(w, err)
	})
	for {
		over := make(chan *backfill.Run, 1)
		waiting := w.current
		w.graves.Go(func() {
			run, err := waiting.runs.Wait(context.Background(), run.ID)
			if err == nil && run.State.Over() {
				over <- run
			}
		})
		killer := time.NewTimer(w.sky.pause(w))
		for alive := true; alive; {
			select {
			case run = <-over:
				killer.Stop()
				w.spare()
				return run
			case <-w.killed:
				alive = false
			case <-killer.C:
				alive = !w.strike()
			}
		}
		killer.Stop()
		w.use(func(l *life) { w.current = w.kill(l) })
	}
}

// strike chooses how the program is killed: now, or when it sends its next request, before or after
// that has its effect.
func (w *world) strike() (now bool) {
	how := w.pick(3)
	if how == 0 {
		w.fault("killed at any moment")
		return true
	}
	w.fault(map[int]string{1: "killed before an effect", 2: "killed after an effect"}[how])
	w.mu.Lock()
	defer w.mu.Unlock()
	w.next = fate(how)
	return false
}

// spare takes back a fate that nobody met.
func (w *world) spare() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.next = live
	select {
	case <-w.killed:
	default:
	}
}

// checkSecrets looks for secrets in all that the program has written.
func (w *world) checkSecrets(dir string) {
	w.Helper()
	texts := map[string]string{"the log": w.said.String()}
	for _, name := range []string{"state.db", "state.db-wal"} {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err == nil {
			texts["the journal's file "+name] = string(b)
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for where, text := range texts {
		for secret := range w.secrets {
			if strings.Contains(text, secret) {
				w.Errorf("%s shows the secret %s…", where, secret[:min(8, len(secret))])
			}
		}
	}
}
