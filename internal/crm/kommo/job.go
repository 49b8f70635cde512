package kommo

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"

	"ringback/internal/config"
	"ringback/internal/crm"
	"ringback/internal/crm/policy"
)

// job is one step of one delivery.
type job struct {
	*Target
	parcel *crm.Parcel
	part   *policy.Part
	memo   memo
	// paid says that a request was charged for.
	paid bool
}

func (j *job) skips() bool { return j.settings.UnknownCallers == config.Skip }

// askUsers learns who is active. Of an account with more users than a page holds,
// the others are taken for active: the CRM then refuses them or does not.
func (j *job) askUsers(ctx context.Context) error {
	active := map[int64]bool{}
	var answer struct {
		In struct {
			Users []struct {
				ID     int64 `json:"id"`
				Rights struct {
					Active *bool `json:"is_active"`
				} `json:"rights"`
			} `json:"users"`
		} `json:"_embedded"`
	}
	r := &request{method: http.MethodGet, path: "api/v4/users", query: url.Values{"limit": {strconv.Itoa(page)}, "page": {"1"}}}
	if err := j.client.send(ctx, r, &answer); err != nil {
		return err
	}
	for _, u := range answer.In.Users {
		active[u.ID] = u.Rights.Active == nil || *u.Rights.Active
	}
	j.account.learnUsers(active, len(answer.In.Users) < page)
	if !j.awaitsOwner(j.part, &j.memo) {
		j.settle()
	}
	return nil
}

func (j *job) askAccount(ctx context.Context) error {
	var answer struct {
		Unsorted *bool `json:"is_unsorted_on"`
	}
	r := &request{method: http.MethodGet, path: "api/v4/account"}
	if err := j.client.send(ctx, r, &answer); err != nil {
		return err
	}
	j.account.learnSettings(answer.Unsorted == nil || *answer.Unsorted)
	j.memo.Strangers = j.account.strangers()
	return nil
}

// tolerate turns refusals that have a way out into a state from which Next
// takes it: users that are not there, a client that has gone.
func (j *job) tolerate(err error) error {
	r, ok := errors.AsType[*rejection](err)
	switch {
	case !ok:
		return err
	case r.names("responsible_user_id", "created_by", "call_responsible") && j.user() != 0:
		j.memo.User = new(int64)
		return nil
	case r.missing() && j.memo.ID != 0 && j.memo.Gone < 2:
		j.clients.drop(j.part.Client)
		j.memo.forget()
		return nil
	}
	return err
}

// write has an item written, together with what others write to the same address.
func (j *job) write(ctx context.Context, method, path, list string, it *item) error {
	weight := 1
	if j.memo.Alone {
		weight = maxBatch
	}
	err := j.batches.at(endpoint{method, "api/v4/" + path, list, !j.parcel.Past}).join(ctx, it, weight)
	switch {
	case err == nil:
		j.memo.Alone = false
	case errors.Is(err, errLeftOut):
		j.memo.Alone = true
	}
	return err
}

// post has something made.
func (j *job) post(ctx context.Context, path, list string, body any) (*creation, error) {
	it := &item{id: j.parcel.Key, body: body}
	err := j.write(ctx, http.MethodPost, path, list, it)
	return &it.made, err
}

// odd is an answer of success without what should have been made.
func odd(what string) error {
	return &crm.Error{Class: crm.Uncertain, Reason: "the CRM answered that all is well, and named no " + what}
}

// createContact makes a contact of a stranger.
func (j *job) createContact(ctx context.Context) error {
	free, err := j.creating.lock(ctx, identity(j.part.Client))
	if err != nil {
		return err
	}
	defer free()
	if known, err := j.recalled(ctx); known || err != nil {
		return err
	}
	created, err := j.post(ctx, string(contacts), "contacts", j.contactBody())
	if err != nil {
		return j.tolerate(err)
	}
	if created.ID == 0 {
		return odd("contact")
	}
	return j.isContact(ctx, entity{kind: contacts, id: created.ID, owner: j.user()})
}

func (j *job) isContact(ctx context.Context, e entity) error {
	j.clients.put(j.part.Client, e)
	j.belongs(e)
	// The CRM's search may take a while to show it.
	j.memo.Hidden = true
	return j.keep(ctx, j.part.Client, made{Contact: e.id})
}

// createUnsorted makes an entry among the unsorted of a stranger's call.
func (j *job) createUnsorted(ctx context.Context) error {
	free, err := j.creating.lock(ctx, identity(j.part.Client))
	if err != nil {
		return err
	}
	defer free()
	if known, err := j.recalled(ctx); known || err != nil {
		return err
	}
	created, err := j.post(ctx, "leads/unsorted/sip", "unsorted", j.unsortedBody(j.onlyLink(ctx)))
	if err != nil {
		if r, ok := errors.AsType[*rejection](err); ok && r.twice() {
			return &crm.Error{Class: crm.Uncertain, Reason: "the CRM says that it has this entry already", Err: err}
		}
		return j.tolerate(err)
	}
	if created.UID == "" {
		return odd("entry among the unsorted")
	}
	var contact int64
	if len(created.In.Contacts) > 0 {
		contact = created.In.Contacts[0].ID
	}
	return j.isUnsorted(ctx, created.UID, contact)
}

func (j *job) isUnsorted(ctx context.Context, uid string, contact int64) error {
	j.memo.Unsorted, j.memo.Revision = uid, j.parcel.Revision
	return j.keep(ctx, j.part.Client, made{contact, uid})
}
