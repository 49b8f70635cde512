package kommo

import (
	"context"
	"slices"

	"ringback/internal/crm"
	"ringback/internal/crm/policy"
)

// page is the most that a list returns at once.
const page = 250

// lookForContact finds the contact that was made, by the number as it was
// written into it.
func (j *job) lookForContact(ctx context.Context) (bool, error) {
	e, ok, err := j.search(ctx, query{contacts, policy.Digits(dialable(j.part.Client))}, j.part.Client)
	if err != nil || !ok {
		return false, err
	}
	err = j.isContact(ctx, e)
	return err == nil, err
}

func (j *job) lookForNote(ctx context.Context) (bool, error) {
	return j.lookIn(ctx, j.memo.Kind, j.memo.ID)
}

// place is where notes may be.
type place struct {
	kind kind
	ids  []int64
}

// lookForCall looks on the client and wherever the CRM may have put the call
// instead, one kind of place each time it is asked.
func (j *job) lookForCall(ctx context.Context) (bool, error) {
	places := []place{{j.memo.Kind, []int64{j.memo.ID}}, {leads, j.memo.Leads}, {customers, j.memo.Customers}}
	places = slices.DeleteFunc(places, func(p place) bool { return len(p.ids) == 0 })
	n := min(j.memo.Page+1, len(places))
	found, err := j.lookIn(ctx, places[n-1].kind, places[n-1].ids...)
	switch {
	case err != nil:
		return false, err
	case found || n == len(places):
		j.memo.Page = 0
		return found, nil
	}
	return false, j.further()
}

// further asks to be asked again, for the next page.
func (j *job) further() error {
	j.memo.Page++
	return &crm.Error{Class: crm.Throttled, Again: true, Budget: requests, Reason: "there is more to look through"}
}

// lookIn looks for the call among the latest notes of a few entities.
func (j *job) lookIn(ctx context.Context, k kind, entities ...int64) (bool, error) {
	s := &search{entities: entities, key: j.parcel.Key}
	if err := j.notes.at(feed{k, !j.parcel.Past}).join(ctx, s, len(entities)); err != nil || s.found == nil {
		return false, err
	}
	j.memo.Kind, j.memo.ID, j.memo.Note = k, s.found.Entity, s.found.ID
	j.memo.Revision, j.memo.Linked = j.parcel.Revision, s.found.Params.Link != ""
	return true, nil
}

// entry is one of the unsorted.
type entry struct {
	UID       string `json:"uid"`
	SourceUID string `json:"source_uid"`
	CreatedAt int64  `json:"created_at"`
	Metadata  struct {
		Uniq     string `json:"uniq"`
		From     string `json:"from"`
		Phone    string `json:"phone"`
		CalledAt int64  `json:"called_at"`
	} `json:"metadata"`
	In struct {
		Contacts []ref `json:"contacts"`
	} `json:"_embedded"`
}

// lookForUnsorted walks the unsorted from the latest call back to this one, a
// page each time it is asked.
func (j *job) lookForUnsorted(ctx context.Context) (bool, error) {
	p := &pageOfUnsorted{}
	if err := j.pages.at(pageKey{j.memo.Page + 1, !j.parcel.Past}).join(ctx, p, 1); err != nil {
		return false, err
	}
	entries := p.entries
	for _, e := range entries {
		if !j.isMine(&e) {
			continue
		}
		j.memo.Page = 0
		var contact int64
		if len(e.In.Contacts) > 0 {
			contact = e.In.Contacts[0].ID
		}
		err := j.isUnsorted(ctx, e.UID, contact)
		return err == nil, err
	}
	if len(entries) < page || entries[len(entries)-1].CreatedAt < j.part.Start.Unix() {
		j.memo.Page = 0
		return false, nil
	}
	return false, j.further()
}

// isMine knows an entry by its key; where the CRM does not show that, by the
// client and the second of the call. The CRM may have swapped the numbers.
func (j *job) isMine(e *entry) bool {
	if e.SourceUID == j.parcel.Key || e.Metadata.Uniq == j.parcel.Key {
		return true
	}
	if e.SourceUID != "" || e.Metadata.Uniq != "" {
		return false
	}
	client := identity(j.part.Client)
	at := e.Metadata.CalledAt
	if at == 0 {
		at = e.CreatedAt
	}
	return at == j.part.Start.Unix() && (identity(e.Metadata.From) == client || identity(e.Metadata.Phone) == client)
}
