package bitrix24

import (
	"context"
	"encoding/json"
	"maps"
	"sync"
	"time"

	"ringback/internal/crm"
)

// directory finds the user behind an extension.
type directory struct {
	client *client
	now    func() time.Time
	own    map[string]int64
	// fallback has the calls of everybody else; 0 means the user whom the client
	// acts as.
	fallback int64

	// turn is held by the one who reads the portal's users; begun is what a
	// reading has that was broken off.
	turn  chan struct{}
	begun reading

	mu sync.Mutex
	// known are users by their extensions, active all of them.
	known  map[string]int64
	active map[int64]bool
	readAt time.Time
	// dismissed are users of whom the portal said that they are not active.
	dismissed map[int64]time.Time
}

// reading is how far the portal's users are read.
type reading struct {
	found  map[string]int64
	active map[int64]bool
	next   int
	at     time.Time
}

const (
	// usersLast is how long the portal's users are taken for granted.
	usersLast = time.Hour
	// usersAgain is how soon they are read again for an extension that is not
	// among them: somebody may have been hired.
	usersAgain = 10 * time.Minute
	// maxUserPages is the most that is read, in pages of 50.
	maxUserPages = 400
)

// find is the active user of an extension, 0 where there is none.
func (d *directory) find(ctx context.Context, extension string, past bool) (int64, error) {
	if user, mapped := d.own[extension]; mapped {
		if d.isDismissed(user) {
			return 0, nil
		}
		return user, nil
	}
	if extension == "" {
		return 0, nil
	}
	if err := d.read(ctx, past, func() bool { _, fresh := d.lookup(extension); return fresh }); err != nil {
		return 0, err
	}
	user, _ := d.lookup(extension)
	if d.isDismissed(user) {
		return 0, nil
	}
	return user, nil
}

// isActive says that a user may be given something to do.
func (d *directory) isActive(ctx context.Context, user int64, past bool) (bool, error) {
	known := func() (is, fresh bool) {
		d.mu.Lock()
		defer d.mu.Unlock()
		age := d.now().Sub(d.readAt)
		return d.active[user], d.active != nil && (age < usersAgain || d.active[user] && age < usersLast)
	}
	if err := d.read(ctx, past, func() bool { _, fresh := known(); return fresh }); err != nil {
		return false, err
	}
	is, _ := known()
	return is && !d.isDismissed(user), nil
}

// standIn is the user for the calls of those who are no active users.
func (d *directory) standIn(ctx context.Context) (int64, error) {
	if d.fallback > 0 {
		return d.fallback, nil
	}
	if _, _, err := d.client.who.credential(ctx); err != nil {
		return 0, err
	}
	user := d.client.who.user(ctx)
	if user == 0 {
		return 0, &crm.Error{Class: crm.Blocked, Reason: "a call belongs to nobody whom the portal knows", Hint: "give default_user"}
	}
	return user, nil
}

// lookup is the user of an extension, and whether there is no need to read again.
func (d *directory) lookup(extension string) (user int64, fresh bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	age := d.now().Sub(d.readAt)
	user, ok := d.known[extension]
	return user, d.known != nil && (age < usersAgain || ok && age < usersLast)
}

// read reads the portal's active users, unless what is known is fresh. Of two
// with one extension the older user has it. A reading that the limit of requests
// broke off is taken up again: from the beginning, it would never end.
func (d *directory) read(ctx context.Context, past bool, fresh func() bool) error {
	if fresh() {
		return nil
	}
	select {
	case d.turn <- struct{}{}:
		defer func() { <-d.turn }()
	case <-ctx.Done():
		return &crm.Error{Class: crm.Unavailable, Reason: "given up before the portal's users were there", Err: ctx.Err()}
	}
	if fresh() {
		return nil // another parcel was first
	}
	r := &d.begun
	if r.found == nil || d.now().Sub(r.at) >= usersAgain {
		*r = reading{found: make(map[string]int64), active: make(map[int64]bool), at: d.now()}
	}
	for range maxUserPages {
		answer, err := d.client.call(ctx, request{method: methodUsers, past: past, params: map[string]any{
			"FILTER": map[string]any{"ACTIVE": true, "USER_TYPE": "employee"}, "sort": "ID", "order": "ASC", "start": r.next,
		}})
		if err != nil {
			return harmless(err)
		}
		var rows []struct {
			ID    number  `json:"ID"`
			Inner *string `json:"UF_PHONE_INNER"`
		}
		if err := json.Unmarshal(answer.Result, &rows); err != nil {
			return &crm.Error{Class: crm.Unavailable, Reason: "the portal's list of users cannot be read", Err: err}
		}
		for _, u := range rows {
			r.active[int64(u.ID)] = true
			if u.Inner == nil || *u.Inner == "" {
				continue
			}
			if _, ok := r.found[*u.Inner]; !ok {
				r.found[*u.Inner] = int64(u.ID)
			}
		}
		if answer.Next <= r.next {
			break
		}
		r.next = answer.Next
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.known, d.active, d.readAt = r.found, r.active, r.at
	d.begun = reading{}
	return nil
}

// dismiss takes down that the portal does not take a user for an active one.
func (d *directory) dismiss(user int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.dismissed == nil {
		d.dismissed = make(map[int64]time.Time)
	}
	now := d.now()
	maps.DeleteFunc(d.dismissed, func(_ int64, at time.Time) bool { return now.Sub(at) >= usersLast })
	d.dismissed[user] = now
}

func (d *directory) isDismissed(user int64) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	at, ok := d.dismissed[user]
	return ok && d.now().Sub(at) < usersLast
}

// harmless is the outcome of a request that only asks: whatever became of it,
// nothing was done.
func harmless(err error) error {
	if e, ok := asError(err); ok && e.Class == crm.Uncertain {
		e.Class = crm.Unavailable
		return e
	}
	return err
}
