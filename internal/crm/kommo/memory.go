package kommo

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"time"

	"ringback/internal/crm"
)

const (
	// remember is how long what the CRM said of clients is believed.
	remember = 15 * time.Minute
	// believe is how long what it said of users and the account is.
	believe = time.Hour
	// maxClients bounds the clients that are remembered.
	maxClients = 20000
)

// clients remembers who has which number.
type clients struct {
	now func() time.Time

	mu    sync.Mutex
	known map[string]remembered
}

// remembered is a client; until then it need not be asked for again.
type remembered struct {
	entity
	until time.Time
}

func newClients(now func() time.Time) *clients {
	return &clients{now: now, known: map[string]remembered{}}
}

func (c *clients) has(number string) bool {
	_, ok := c.get(number)
	return ok
}

func (c *clients) get(number string) (entity, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	r, ok := c.known[identity(number)]
	return r.entity, ok && c.now().Before(r.until)
}

func (c *clients) put(number string, e entity) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.known) >= maxClients {
		clear(c.known)
	}
	c.known[identity(number)] = remembered{e, c.now().Add(remember)}
}

func (c *clients) drop(number string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.known, identity(number))
}

// account remembers the account's users and settings.
type account struct {
	now func() time.Time

	mu sync.Mutex
	// active are the users who may work; whole says that there are no others.
	active        map[int64]bool
	whole         bool
	usersUntil    time.Time
	unsorted      bool
	settingsUntil time.Time
}

func newAccount(now func() time.Time) *account { return &account{now: now} }

// wantsUsers says that it must be asked which users are active.
func (a *account) wantsUsers() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return !a.now().Before(a.usersUntil)
}

// dismissed says that a user is known not to be active any more.
func (a *account) dismissed(user int64) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	active, seen := a.active[user]
	return a.active != nil && !active && (seen || a.whole)
}

func (a *account) learnUsers(active map[int64]bool, whole bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.active, a.whole, a.usersUntil = active, whole, a.now().Add(believe)
}

// strangers is what becomes of strangers by the account's settings; "" when they
// must be asked for.
func (a *account) strangers() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case !a.now().Before(a.settingsUntil):
		return ""
	case a.unsorted:
		return unsorted
	}
	return contact
}

func (a *account) learnSettings(unsorted bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.unsorted, a.settingsUntil = unsorted, a.now().Add(believe)
}

// keyed lets one goroutine at a time work on a number.
type keyed struct {
	mu    sync.Mutex
	turns map[string]*turn
}

type turn struct {
	token   chan struct{}
	waiting int
}

func newKeyed() *keyed { return &keyed{turns: map[string]*turn{}} }

// lock waits for its turn; what it returns ends it.
func (k *keyed) lock(ctx context.Context, key string) (func(), error) {
	k.mu.Lock()
	t := k.turns[key]
	if t == nil {
		t = &turn{token: make(chan struct{}, 1)}
		k.turns[key] = t
	}
	t.waiting++
	k.mu.Unlock()
	leave := func() {
		k.mu.Lock()
		defer k.mu.Unlock()
		if t.waiting--; t.waiting == 0 {
			delete(k.turns, key)
		}
	}
	select {
	case t.token <- struct{}{}:
		return func() { <-t.token; leave() }, nil
	case <-ctx.Done():
		leave()
		return nil, &crm.Error{Class: crm.Unavailable, Reason: "the delivery was stopped", Err: ctx.Err()}
	}
}

// made is what was made for a number that the CRM's search may not show yet: a
// contact, or one behind an entry among the unsorted until that is accepted.
type made struct {
	Contact  int64  `json:"contact"`
	Unsorted string `json:"unsorted,omitempty"`
}

func madeKey(number string) string { return "kommo/client/" + identity(number) }

// recall is what was made for a number; its contact is 0 if nothing was.
func (t *Target) recall(ctx context.Context, number string) (made, error) {
	m, _, err := t.load(ctx, number)
	return m, err
}

func (t *Target) load(ctx context.Context, number string) (made, int64, error) {
	value, version, err := t.services.Store.Load(ctx, madeKey(number))
	if err != nil {
		return made{}, 0, &crm.Error{Class: crm.Unavailable, Reason: "the store of clients cannot be read", Err: err}
	}
	var m made
	if version > 0 && json.Unmarshal(value, &m) != nil {
		return made{}, version, nil
	}
	return m, version, nil
}

// keep notes what was made for a number. When it cannot, the outcome counts as
// unknown: what was made is then found by looking.
func (t *Target) keep(ctx context.Context, number string, m made) error {
	ctx = context.WithoutCancel(ctx)
	value, err := json.Marshal(m)
	for err == nil {
		var version int64
		if _, version, err = t.load(ctx, number); err != nil {
			break
		}
		err = t.services.Store.Save(ctx, madeKey(number), value, version)
		if !errors.Is(err, crm.ErrConflict) {
			break
		}
		err = nil
	}
	if err != nil {
		return &crm.Error{Class: crm.Uncertain, Reason: "what was made for a client cannot be stored", Err: err}
	}
	return nil
}
