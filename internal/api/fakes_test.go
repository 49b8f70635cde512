package api

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"ringback/internal/backfill"
	"ringback/internal/journal"
)

// presentTime is when the tests are: noon of a Tuesday in Moscow.
var presentTime = time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)

// What the server is made for in the house.
var (
	_ Runs  = (*backfill.Service)(nil)
	_ Calls = (*journal.Journal)(nil)
)

// fakeRuns keeps runs in memory. A run goes on until a test changes it.
type fakeRuns struct {
	mu      sync.Mutex
	started []backfill.Request
	runs    map[string]*backfill.Run
	changed chan struct{}
	calls   []backfill.CallOutcome
	// fault is what every method returns when it is set; broken makes Start panic.
	fault  error
	broken bool
	// over makes runs end as soon as they are started.
	over bool
	// asked is how List and Outcomes were asked last.
	asked string
	// most is how many runs were asked for at a time at the most.
	most int
}

func (f *fakeRuns) Start(_ context.Context, r backfill.Request) (*backfill.Run, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.broken {
		panic("the fake is broken, password=hunter2") //nolint:forbidigo // what the test is about
	}
	if f.fault != nil {
		return nil, f.fault
	}
	f.started = append(f.started, r)
	run := &backfill.Run{
		ID: fmt.Sprintf("RUN%d", len(f.started)), State: backfill.Queued, RequestedAt: presentTime, RequestedBy: r.RequestedBy, Kind: r.Kind,
		Start: r.Start, End: r.End, IDs: r.IDs, PBX: r.PBX, Target: r.Target, DryRun: r.DryRun, Force: r.Force, ETA: -1,
	}
	if f.over {
		run.State, run.FinishedAt = backfill.Done, presentTime
	}
	f.runs[run.ID] = run
	return clone(run), nil
}

func clone(r *backfill.Run) *backfill.Run { c := *r; return &c }

// set changes a run and tells those who watch.
func (f *fakeRuns) set(id string, state backfill.State) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.runs[id] == nil {
		f.runs[id] = &backfill.Run{ID: id, Kind: backfill.ByIDs, IDs: []string{"1.1"}, RequestedAt: presentTime}
	}
	f.runs[id].State = state
	close(f.changed)
	f.changed = make(chan struct{})
}

func (f *fakeRuns) Get(_ context.Context, id string) (*backfill.Run, error) {
	run, _, err := f.look(id)
	return run, err
}

// look returns a run, and what is closed at the next change.
func (f *fakeRuns) look(id string) (*backfill.Run, <-chan struct{}, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.fault != nil {
		return nil, nil, f.fault
	}
	run, ok := f.runs[id]
	if !ok {
		return nil, nil, backfill.ErrNoRun
	}
	return clone(run), f.changed, nil
}

func (f *fakeRuns) List(_ context.Context, before string, limit int) ([]*backfill.Run, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked = fmt.Sprintf("limit %d before %q", limit, before)
	f.most = max(f.most, limit)
	var all []*backfill.Run
	for _, run := range f.runs {
		if before == "" || run.ID < before {
			all = append(all, clone(run))
		}
	}
	slices.SortFunc(all, func(a, b *backfill.Run) int { return cmp.Compare(b.ID, a.ID) })
	return all[:min(len(all), limit)], f.fault
}

func (f *fakeRuns) Cancel(_ context.Context, id string) (*backfill.Run, error) {
	run, _, err := f.look(id)
	if err != nil {
		return nil, err
	}
	if run.State.Over() {
		return nil, backfill.ErrRunOver
	}
	f.set(id, backfill.Cancelled)
	return f.Get(context.Background(), id)
}

func (f *fakeRuns) Retry(ctx context.Context, id, requestedBy string) (*backfill.Run, error) {
	if _, _, err := f.look(id); err != nil {
		return nil, err
	}
	return f.Start(ctx, backfill.Request{Kind: backfill.ByIDs, IDs: []string{"9.9"}, RequestedBy: requestedBy})
}

func (f *fakeRuns) Outcomes(_ context.Context, id string, outcome backfill.Outcome, before string, limit int) ([]backfill.CallOutcome, error) {
	if _, _, err := f.look(id); err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked = fmt.Sprintf("outcome %q limit %d before %q", outcome, limit, before)
	return f.calls, nil
}

func (f *fakeRuns) Watch(ctx context.Context, id string) (<-chan *backfill.Run, error) {
	if _, _, err := f.look(id); err != nil {
		return nil, err
	}
	changes := make(chan *backfill.Run)
	go func() {
		defer close(changes)
		for {
			run, changed, err := f.look(id)
			if err != nil {
				return
			}
			select {
			case changes <- run:
			case <-ctx.Done():
				return
			}
			if run.State.Over() {
				return
			}
			select {
			case <-changed:
			case <-ctx.Done():
				return
			}
		}
	}()
	return changes, nil
}

func (f *fakeRuns) Wait(ctx context.Context, id string) (*backfill.Run, error) {
	for {
		run, changed, err := f.look(id)
		if err != nil || run.State.Over() {
			return run, err
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return run, nil
		}
	}
}

// fakeCalls holds one call and notes how it was asked.
type fakeCalls struct {
	asked journal.CallFilter
	fault error
}

const aCall = `{"id":"1795410855.21","pbx":"main","direction":"incoming"}`

func (f *fakeCalls) Calls(_ context.Context, q journal.CallFilter) ([]journal.Call, error) {
	f.asked = q
	if q.Before == "8.8" {
		return nil, fmt.Errorf("call 8.8: %w", journal.ErrNotFound)
	}
	return []journal.Call{{PBX: "main", ID: "1795410855.21", JSON: json.RawMessage(aCall)}, {PBX: "main", ID: "2", JSON: json.RawMessage(`{"id":"2"}`)}}, f.fault
}

func (f *fakeCalls) Call(_ context.Context, pbx, id string) (journal.Call, error) {
	if f.fault != nil {
		return journal.Call{}, f.fault
	}
	if (pbx == "" || pbx == "main") && (id == "1795410855.21" || id == "1795410855.22") {
		return journal.Call{PBX: "main", ID: "1795410855.21", JSON: json.RawMessage(aCall)}, nil
	}
	return journal.Call{}, fmt.Errorf("call %s: %w", id, journal.ErrNotFound)
}

type fakeStatus struct {
	report Report
	ready  bool
}

func (f *fakeStatus) Status(context.Context) Report { return f.report }
func (f *fakeStatus) Ready(context.Context) bool    { return f.ready }

// house is a server with fakes behind it.
type house struct {
	*Server
	runs   *fakeRuns
	calls  *fakeCalls
	health *fakeStatus
	log    *lines
}

// lines is a log that tests read.
type lines struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

type accountKey struct{}

// logIn stands for digest authentication: it believes the header Test-Account.
func logIn(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch name := r.Header.Get("Test-Account"); name {
		case "":
			w.Header().Set("WWW-Authenticate", "Digest")
			RefuseLogin(w, r, http.StatusUnauthorized, "log in")
		case "locked":
			w.Header().Set("Retry-After", "90")
			RefuseLogin(w, r, http.StatusTooManyRequests, "wait")
		default:
			next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), accountKey{}, name)))
		}
	})
}

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

func newHouse(t testing.TB, changes ...func(*Config)) *house {
	t.Helper()
	h := &house{
		runs:   &fakeRuns{runs: map[string]*backfill.Run{}, changed: make(chan struct{})},
		calls:  &fakeCalls{},
		health: &fakeStatus{ready: true, report: aReport()},
		log:    &lines{},
	}
	c := Config{
		Listen: "127.0.0.1:0",
		PBXs: []PBX{
			{Name: "main", Location: zone(t, "Europe/Moscow")},
			{Name: "second", Location: zone(t, "Asia/Yekaterinburg")},
		},
		Targets: []string{"portal", "warehouse"},
		Runs:    h.runs, Calls: h.calls, Status: h.health,
		LogIn: logIn,
		Account: func(ctx context.Context) Account {
			name, _ := ctx.Value(accountKey{}).(string)
			return Account{Name: name, Admin: name == "admin"}
		},
		Log: slog.New(slog.NewTextHandler(h.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Now: func() time.Time { return presentTime },
	}
	for _, change := range changes {
		change(&c)
	}
	h.Server = NewServer(c)
	return h
}

func aReport() Report {
	portal := Part{Name: "my.portal", Status: Warning, Message: "the portal asks to wait", Values: map[string]any{"waiting": 12}}
	parts := []Part{
		{Name: "pbx", Status: Ok, Parts: []Part{{Name: "main", Status: Ok}}},
		{Name: "crm", Status: Warning, Parts: []Part{portal}},
		{Name: "queue", Status: Ok, Values: map[string]any{"waiting": 12}},
		{Name: "journal", Status: Ok},
		{Name: "live", Status: Ok},
	}
	return Report{Status: Worst(parts), Parts: parts}
}

// ask sends one request to the server without a network.
func (h *house) ask(method, url, body string, headers ...string) *httptest.ResponseRecorder {
	var content io.Reader
	if body != "" {
		content = strings.NewReader(body)
	}
	r := httptest.NewRequest(method, url, content)
	r.Header.Set("Test-Account", "admin")
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.Handler().ServeHTTP(w, r)
	return w
}
