package crmtest

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"ringback/internal/backfill"
	"ringback/internal/call"
	"ringback/internal/crm"
	"ringback/internal/deliver"
	"ringback/internal/faultnet"
	"ringback/internal/journal"
)

// Subject is a target and its simulator, new for each test.
type Subject struct {
	// Simulator takes the target's requests.
	Simulator http.Handler
	// Connect makes the target for the simulator at an address. Its requests must
	// go through the transport.
	Connect func(t *testing.T, address string, transport http.RoundTripper, services crm.Services) crm.Target
	// Effects counts what the simulator has, by parcels' keys.
	Effects func() map[string]int
	// Call makes the nth call that the CRM takes; nil means one of a client who is
	// not known.
	Call func(n int) *call.Call
	// Repeats says that a lost reply doubles a call, as the receiver offers nothing
	// against it.
	Repeats bool
}

// aCall is the nth call of a client who is not known.
func aCall(n int) *call.Call {
	at := call.Time{Time: time.Now().UTC().Truncate(time.Second).Add(time.Duration(n-3600) * time.Second)}
	id := fmt.Sprintf("%d.%d", at.Unix(), n)
	end := call.Time{Time: at.Add(30 * time.Second)}
	talking := call.Time{Time: at.Add(5 * time.Second)}
	agent := call.Party{Number: "1001", Extension: "1001"}
	return &call.Call{
		ID: id, PBX: "main", LinkedIDs: []string{id}, Direction: call.Incoming, Result: call.Answered, Trunk: "trunk",
		From: call.Party{Number: fmt.Sprintf("7916%07d", n)}, To: call.Party{Number: "74950000001"},
		StartedAt: at, AnsweredAt: talking, EndedAt: end, Talk: 25, Duration: 30, Complete: true,
		Legs:  []call.Leg{{ID: id + "1", Channel: "PJSIP/1001-1", Party: agent, RangAt: at, AnsweredAt: talking, EndedAt: end, Result: call.LegAnswered, Talk: 25}},
		Talks: []call.Talk{{From: talking, Until: end, Seconds: 25, Parties: []string{fmt.Sprintf("7916%07d", n), "1001"}}},
	}
}

// rig is a subject under test: its server with faults before it, and the deliveries to it.
type rig struct {
	Subject

	t       *testing.T
	journal *journal.Journal
	address string
	keyFile string
	// requests counts those that the simulator was sent.
	requests atomic.Int64

	mu      sync.Mutex
	fault   func(n int64, r *http.Request) faultnet.Fault
	lost    func(n int64) error // of the nth request, before it is sent
	calls   []*call.Call
	service *deliver.Service
}

// build starts the simulator; faults come later.
func build(t *testing.T, subject Subject) *rig {
	t.Helper()
	r := &rig{Subject: subject, t: t, keyFile: filepath.Join(t.TempDir(), "state.key")}
	if r.Call == nil {
		r.Call = aCall
	}
	server := httptest.NewServer(faultnet.Wrap(r.Simulator, func(_ int64, request *http.Request) faultnet.Fault {
		n := r.requests.Add(1) - 1
		r.mu.Lock()
		fault := r.fault
		r.mu.Unlock()
		if fault == nil {
			return faultnet.Fault{}
		}
		return fault(n, request)
	}))
	t.Cleanup(server.Close)
	r.address = server.URL
	var err error
	r.journal, err = journal.Open(t.Context(), journal.Config{URL: "sqlite://" + filepath.Join(t.TempDir(), "state.db")})
	r.must(err)
	t.Cleanup(func() { r.must(r.journal.Close()) })
	return r
}

func (r *rig) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

// RoundTrip loses requests on their way, as a network does.
func (r *rig) RoundTrip(request *http.Request) (*http.Response, error) {
	r.mu.Lock()
	lost := r.lost
	r.mu.Unlock()
	if lost != nil {
		if err := lost(r.requests.Load()); err != nil {
			r.requests.Add(1)
			return nil, err
		}
	}
	return http.DefaultTransport.RoundTrip(request)
}

// start begins to deliver, in a new life of the program.
func (r *rig) start() {
	r.t.Helper()
	vault, err := deliver.OpenVault(r.journal, r.keyFile)
	r.must(err)
	target := r.Connect(r.t, r.address, r, crm.Services{
		Store: vault.Store("subject"), Meter: deliver.NewMeter(r.journal, "subject"), Recordings: none{}, Now: time.Now,
	})
	r.service, err = deliver.New(deliver.Config{
		Journal: r.journal, Targets: []deliver.Target{{Name: "subject", Type: "test", Target: target}},
		Pause: func(n int) time.Duration { return time.Duration(min(n, 10)) * 5 * time.Millisecond },
	})
	r.must(err)
	r.must(r.service.Start(context.Background(), nobody{}))
}

// stop ends the program in order, or in the midst of what it does.
func (r *rig) stop(patience time.Duration) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	_ = r.service.Stop(ctx) // being cut off is what some tests are about
}

// add lets n calls end.
func (r *rig) add(n int) {
	r.t.Helper()
	r.must(r.journal.InTx(r.t.Context(), func(tx journal.Tx) error {
		var batch []backfill.BatchCall
		var entries []*journal.Entry
		r.calls = nil
		for i := range n {
			r.calls = append(r.calls, r.Call(i))
			entries = append(entries, journal.NewEntry(r.calls[i]))
		}
		recorded, err := journal.RecordCalls(r.t.Context(), tx, "main", entries, time.Now())
		if err != nil {
			return err
		}
		for i := range entries {
			batch = append(batch, backfill.BatchCall{Entry: entries[i], Recorded: recorded[i]})
		}
		return r.service.DeliverLive(r.t.Context(), tx, "main", batch)
	}))
	r.service.Nudge()
}

// settle waits until nothing is left to deliver.
func (r *rig) settle() {
	r.t.Helper()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(time.Minute)
	for {
		state, err := r.journal.TargetState(r.t.Context(), "subject")
		r.must(err)
		if state.Open == 0 {
			return
		}
		select {
		case <-tick.C:
		case <-deadline:
			r.t.Fatalf("not everything is delivered after a minute: %+v", state)
		}
	}
}

// check says that every call is there exactly once.
func (r *rig) check(repeatable bool) {
	r.t.Helper()
	effects := r.Effects()
	for _, c := range r.calls {
		key := crm.KeyOf(c, 0)
		n := effects[key]
		if n == 1 || n > 1 && repeatable {
			delete(effects, key)
			continue
		}
		list, err := r.journal.CallDeliveries(r.t.Context(), "main", c.ID)
		r.must(err)
		r.t.Errorf("call %s is there %d times; in the journal it is %+v", key, n, list)
		delete(effects, key)
	}
	if len(effects) > 0 {
		r.t.Errorf("there is also %v", effects)
	}
}

// nobody waits for deliveries.
type nobody struct{}

func (nobody) Settle(context.Context, journal.Tx, int64, backfill.CallOutcome) (func(), error) {
	return func() {}, nil
}

// none are the recordings of calls that have none.
type none struct{}

func (none) Of(context.Context, *call.Call) (*crm.Recording, error) { return nil, crm.ErrNoRecording }

func (none) Link(*call.Call) (string, error) { return "", crm.ErrNoRecording }
