package bitrix24

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"strings"
	"sync"

	"ringback/internal/crm"
)

// moves remembers portals that were renamed: hosts by the names they had. A
// renamed portal answers 302 to its old name for a while.
type moves struct {
	mu      sync.Mutex
	hosts   map[string]string
	version int64
	loaded  bool
}

const movesKey = "moves"

// current is the address under which a portal is reached now.
func (m *moves) current(ctx context.Context, store crm.Store, base string) (string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.loaded {
		if err := m.load(ctx, store); err != nil {
			return "", err
		}
	}
	u, err := url.Parse(base)
	if err != nil {
		return base, nil //nolint:nilerr // an address that cannot be read is refused when it is used, without being shown
	}
	for range 3 {
		host, ok := m.hosts[u.Host]
		if !ok {
			break
		}
		u.Host = host
	}
	return u.String(), nil
}

func (m *moves) load(ctx context.Context, store crm.Store) error {
	b, version, err := store.Load(ctx, movesKey)
	if err != nil {
		return unsaved("load where the portal has moved to", err)
	}
	m.hosts, m.version, m.loaded = make(map[string]string), version, true
	if version > 0 {
		if err := json.Unmarshal(b, &m.hosts); err != nil {
			return unsaved("read where the portal has moved to", err)
		}
	}
	return nil
}

// follow takes down that the portal has moved, and returns its new address.
func (m *moves) follow(ctx context.Context, store crm.Store, base, location, method string) (string, error) {
	from, err := url.Parse(base)
	if err != nil {
		return "", err
	}
	to, err := from.Parse(location)
	path, isMethod := "", false
	if err == nil {
		path, isMethod = strings.CutSuffix(to.Path, method)
	}
	if !isMethod || to.Scheme != from.Scheme || path != from.Path {
		return "", &crm.Error{Class: crm.Blocked, Reason: "the portal sends requests elsewhere, and not to another portal", Hint: "check url or webhook"}
	}
	if to.Host == from.Host {
		return "", &crm.Error{Class: crm.Blocked, Reason: "the portal sends requests in a circle", Hint: "check url or webhook"}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for {
		m.hosts[from.Host] = to.Host
		delete(m.hosts, to.Host)
		b, err := json.Marshal(m.hosts)
		if err != nil {
			return "", err
		}
		err = store.Save(ctx, movesKey, b, m.version)
		if err == nil {
			m.version++
			break
		}
		if !errors.Is(err, crm.ErrConflict) {
			return "", unsaved("save where the portal has moved to", err)
		}
		if err := m.load(ctx, store); err != nil {
			return "", err
		}
	}
	from.Host = to.Host
	return from.String(), nil
}

// unsaved is the outcome where the store failed before anything was sent.
func unsaved(what string, err error) error {
	return &crm.Error{Class: crm.Unavailable, Reason: what + ": " + err.Error(), Err: err}
}
