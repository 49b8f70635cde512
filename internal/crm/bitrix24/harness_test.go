package bitrix24_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"ringback/internal/call"
	"ringback/internal/config"
	"ringback/internal/crm"
	"ringback/internal/crm/bitrix24"
	"ringback/internal/crm/bitrix24/bitrixsim"
	"ringback/internal/crm/policy"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// memory is a crm.Store.
type memory struct {
	mu       sync.Mutex
	values   map[string][]byte
	versions map[string]int64
	// fail, when it is not nil, is what Save answers.
	fail error
}

func newMemory() *memory { return &memory{values: map[string][]byte{}, versions: map[string]int64{}} }

func (m *memory) Load(_ context.Context, key string) ([]byte, int64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.values[key], m.versions[key], nil
}

func (m *memory) Save(_ context.Context, key string, value []byte, version int64) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fail != nil {
		return m.fail
	}
	if m.versions[key] != version {
		return crm.ErrConflict
	}
	m.values[key] = bytes.Clone(value)
	m.versions[key]++
	return nil
}

// meter is a crm.Meter that remembers what it was told last.
type meter struct {
	mu    sync.Mutex
	spent map[string]float64
}

func (m *meter) Spent(_ context.Context, budget string, used float64, _ time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.spent[budget] = used
	return nil
}

func (m *meter) Block(context.Context, string, time.Time) error { return nil }

func (m *meter) Draw(context.Context, crm.Budget, float64, bool, time.Time) (time.Duration, error) {
	return 0, nil
}

// records are recordings made of the call's id.
type records struct{ err error }

func (r records) Of(_ context.Context, c *call.Call) (*crm.Recording, error) {
	if r.err != nil {
		return nil, r.err
	}
	b := recordingOf(c)
	return &crm.Recording{Name: c.Recordings[0], Size: int64(len(b)), Open: func() (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(b)), nil
	}}, nil
}

func (records) Link(*call.Call) (string, error) { return "", crm.ErrNoRecording }

func recordingOf(c *call.Call) []byte { return []byte("RIFF of " + c.ID) }

func hashOf(c *call.Call) string {
	sum := sha256.Sum256(recordingOf(c))
	return hex.EncodeToString(sum[:])
}

// clock is a clock that stands until it is told to go.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func newClock() *clock {
	return &clock{at: time.Date(2026, 9, 21, 12, 0, 0, 0, time.FixedZone("", 3*3600))}
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

func (c *clock) until(t time.Time) {
	if d := t.Sub(c.Now()); d > 0 {
		c.advance(d)
	}
}

// house is a portal and a target for it.
type house struct {
	*testing.T

	clock    *clock
	portal   *bitrixsim.Portal
	target   *bitrix24.Target
	store    *memory
	meter    *meter
	settings bitrix24.Settings
	services crm.Services
	// warnings are what optional steps were refused with.
	warnings []string
}

const portalHost = "demo.bitrix24.ru"

// open makes a portal with users 5 (extension 201) and 6 (202), and a target
// with a local application, unless settings say otherwise.
func open(t *testing.T, o bitrixsim.Options, change func(*bitrix24.Settings)) *house {
	t.Helper()
	h := &house{T: t, clock: newClock(), store: newMemory(), meter: &meter{spent: map[string]float64{}}}
	if o.Now == nil {
		o.Now = h.clock.Now
	}
	h.portal = bitrixsim.New(o)
	h.portal.AddUser(bitrixsim.User{ID: 5, Inner: "201", Active: true})
	h.portal.AddUser(bitrixsim.User{ID: 6, Inner: "202", Active: true})
	_, refresh := h.portal.Grant(1)
	h.settings = bitrix24.Settings{
		Portal: "https://" + portalHost, ClientID: "local.app", ClientSecret: config.NewSecret("secret"),
		RefreshToken: config.NewSecret(refresh), OAuthURL: "https://oauth.bitrix24.tech", DefaultUser: 1, Recordings: true,
		Rules: policy.Rules{Anonymous: "70000000000"}, Transport: h.portal.Transport(),
	}
	if change != nil {
		change(&h.settings)
	}
	h.services = crm.Services{Store: h.store, Meter: h.meter, Recordings: records{}, Now: o.Now}
	h.restart()
	return h
}

// restart makes the target anew, as after a restart of the program.
func (h *house) restart() {
	h.Helper()
	target, err := bitrix24.New(h.settings, h.services)
	if err != nil {
		h.Fatal(err)
	}
	h.target = target
}

// useWebhook makes the settings those of an incoming webhook.
func useWebhook(s *bitrix24.Settings) {
	s.Portal, s.ClientID, s.ClientSecret, s.RefreshToken = "", "", config.Secret{}, config.Secret{}
	s.Webhook = config.NewSecret("https://" + portalHost + "/rest/1/hookcode/")
}

// bring delivers a call as deliver does: each step written down before, what is
// uncertain looked up, what must wait waited for.
func (h *house) bring(c *call.Call, past bool) []error {
	h.Helper()
	parcels, skipped := h.target.Parcels(c, past)
	if len(parcels) == 0 {
		return []error{errors.New(skipped)}
	}
	var all []error
	for i := range parcels {
		_, err := h.parcel(&parcels[i], nil)
		all = append(all, err)
	}
	return all
}

// must fails the test if a call does not arrive.
func (h *house) must(c *call.Call, past bool) {
	h.Helper()
	for _, err := range h.bring(c, past) {
		if err != nil {
			h.Fatalf("call %s: %v", c.ID, err)
		}
	}
}

func (h *house) parcel(p *crm.Parcel, memo crm.Memo) (crm.Memo, error) {
	ctx := h.Context()
	look := false
	for range 200 {
		step := h.target.Next(p, memo)
		if step.Name == "" {
			return memo, nil
		}
		var got crm.Memo
		var err error
		if look {
			var done bool
			if got, done, err = h.target.Look(ctx, p, step, memo); err == nil {
				look = false
				if done {
					memo = got
				}
				continue
			}
		} else if got, err = h.target.Do(ctx, p, step, memo); err == nil {
			memo = got
			continue
		}
		if len(got) > 0 {
			memo = got
		}
		var giveUp bool
		if look, giveUp = h.treat(step, look, err); giveUp {
			if step.Optional {
				h.warnings = append(h.warnings, err.Error())
				return memo, nil
			}
			return memo, err
		}
	}
	return memo, fmt.Errorf("parcel %s is not done after 200 steps", p.Key)
}

// treat is what deliver does about a failure: wait, look, or give up.
func (h *house) treat(step crm.Step, looking bool, err error) (look, giveUp bool) {
	if later, ok := errors.AsType[*crm.NotYetError](err); ok {
		h.clock.until(later.Again)
		return looking, true
	}
	e, ok := errors.AsType[*crm.Error](err)
	if !ok {
		e = &crm.Error{Class: crm.Uncertain}
	}
	switch e.Class {
	case crm.Refused, crm.Blocked, crm.Skipped:
		return false, true
	case crm.Uncertain:
		h.clock.advance(2 * time.Second)
		return !step.Repeatable, false
	case crm.Throttled, crm.Unavailable:
		if e.Until.IsZero() {
			h.clock.advance(5 * time.Second)
		} else {
			h.clock.until(e.Until)
		}
	}
	return looking, false
}

func at(second int) call.Time {
	return call.Time{Time: time.Date(2026, 9, 21, 10, 0, 0, 0, time.FixedZone("", 3*3600)).Add(time.Duration(second) * time.Second)}
}

func ours(extension string) call.Party { return call.Party{Number: extension, Extension: extension} }

// incoming is a recorded call of a client that 201 answered.
func incoming(id, client string) *call.Call {
	return &call.Call{
		ID: id, PBX: "main", Direction: call.Incoming, Result: call.Answered, Trunk: "trunk-a",
		From: call.Party{Number: client}, To: call.Party{Number: "74950000001"},
		StartedAt: at(0), AnsweredAt: at(2), EndedAt: at(32), Talk: 30.4,
		Legs: []call.Leg{
			{ID: id + ".1", Channel: "PJSIP/201-1", Party: ours("201"), RangAt: at(1), AnsweredAt: at(2), EndedAt: at(32), Result: call.LegAnswered, Talk: 30.4},
		},
		Talks:      []call.Talk{{From: at(2), Until: at(32), Parties: []string{client, "201"}}},
		Recordings: []string{"in-" + id + ".wav"},
	}
}

// missed is a call through a queue that rang 201 and 202 in vain.
func missed(id, client string) *call.Call {
	c := incoming(id, client)
	c.Result, c.Talk, c.Talks, c.Recordings = call.Missed, 0, nil, nil
	c.Legs = []call.Leg{
		{ID: id + ".1", Party: ours("201"), Via: call.ViaQueue, RangAt: at(1), Result: call.LegNoAnswer},
		{ID: id + ".2", Party: ours("202"), Via: call.ViaQueue, RangAt: at(2), Result: call.LegNoAnswer},
	}
	return c
}

// outgoing is a call of 202 with a result.
func outgoing(id, client string, result call.Result) *call.Call {
	return &call.Call{
		ID: id, PBX: "main", Direction: call.Outgoing, Result: result, Trunk: "trunk-a",
		From: ours("202"), To: call.Party{Number: client}, StartedAt: at(0), EndedAt: at(20),
		Legs: []call.Leg{{ID: id + ".1", Channel: "PJSIP/trunk-a-1", Party: call.Party{Number: client}, RangAt: at(1), Result: call.LegNoAnswer}},
	}
}

// hookAt is the address of an incoming webhook of a portal.
func hookAt(host string) config.Secret {
	return config.NewSecret("https://" + host + "/rest/1/hookcode/")
}

// trunks are rules for one trunk's source.
func trunks(name, source string) map[string]policy.Trunk {
	return map[string]policy.Trunk{name: {Source: source}}
}
