package kommo

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"ringback/internal/crm"
)

// entity is somebody in the CRM to whom a call can belong.
type entity struct {
	kind      kind
	id        int64
	leads     []int64
	customers []int64
	// owner is the user who has it.
	owner int64
}

// row is an entity as the API shows it.
type row struct {
	ID     int64   `json:"id"`
	Owner  int64   `json:"responsible_user_id"`
	Fields []field `json:"custom_fields_values"`
	In     struct {
		Leads     []ref `json:"leads"`
		Customers []ref `json:"customers"`
	} `json:"_embedded"`
}

type ref struct {
	ID int64 `json:"id"`
}

type field struct {
	Code   string `json:"field_code"`
	Values []struct {
		Value any `json:"value"`
	} `json:"values"`
}

// has says that a number is among the telephone numbers of the entity.
func (r *row) has(number string) bool {
	id := identity(number)
	for _, f := range r.Fields {
		for _, v := range f.Values {
			if text, ok := v.Value.(string); ok && f.Code == "PHONE" && id != "" && identity(text) == id {
				return true
			}
		}
	}
	return false
}

// pageOfClients is how many entities a query returns at the most. Few contain
// ten given digits.
const pageOfClients = 50

// search asks one query; several entities with the number are told apart by
// age: the oldest has it.
func (t *Target) search(ctx context.Context, q query, number string) (entity, bool, error) {
	var page struct {
		In struct {
			Contacts  []row `json:"contacts"`
			Companies []row `json:"companies"`
		} `json:"_embedded"`
	}
	r := &request{
		method: http.MethodGet, path: "api/v4/" + string(q.kind),
		query: url.Values{"query": {q.text}, "with": {"leads,customers"}, "limit": {strconv.Itoa(pageOfClients)}},
	}
	if err := t.client.send(ctx, r, &page); err != nil {
		return entity{}, false, err
	}
	var found *row
	for _, r := range slices.Concat(page.In.Contacts, page.In.Companies) {
		if r.has(number) && (found == nil || r.ID < found.ID) {
			found = &r
		}
	}
	if found == nil {
		return entity{}, false, nil
	}
	return entity{q.kind, found.ID, ids(found.In.Leads), ids(found.In.Customers), found.Owner}, true, nil
}

func ids(refs []ref) []int64 {
	var all []int64
	for _, r := range refs {
		all = append(all, r.ID)
	}
	return all
}

// find looks for the client with the next query, and decides who has the call once
// that can be said.
func (j *job) find(ctx context.Context) error {
	if err := j.seek(ctx); err != nil {
		return err
	}
	if j.memo.User == nil && !j.wantsUsers(j.part, &j.memo) && !j.awaitsOwner(j.part, &j.memo) {
		j.settle()
	}
	return nil
}

func (j *job) seek(ctx context.Context) error {
	number, asked := j.part.Client, queries(j.part.Client)
	if !j.paid {
		if j.memo.Tried >= len(asked) {
			return j.unknown()
		}
		e, ok := j.clients.get(number)
		if !ok {
			// Forgotten in the meantime: the question must be paid for.
			return &crm.Error{Class: crm.Throttled, Again: true, Budget: requests, Reason: "the client must be asked for again"}
		}
		j.belongs(e)
		return nil
	}
	if j.memo.Tried >= len(asked) {
		return j.unknown()
	}
	e, ok, err := j.search(ctx, asked[j.memo.Tried], number)
	switch {
	case err != nil:
		return err
	case ok:
		j.clients.put(number, e)
		j.belongs(e)
		return nil
	}
	j.memo.Tried++
	if j.memo.Tried < len(asked) {
		return nil
	}
	// Nobody; unless Ringback has made somebody whom the search does not show.
	if known, err := j.recalled(ctx); known || err != nil {
		return err
	}
	j.memo.Strangers = j.account.strangers()
	return j.unknown()
}

// unknown ends the search for a client in vain.
func (j *job) unknown() error {
	if j.skips() {
		return &crm.Error{Class: crm.Skipped, Reason: "nobody in the CRM has the number " + j.part.Client + `, and unknown_callers is "skip"`}
	}
	return nil
}

// recalled gives the call to whom Ringback has made for the number, if anybody.
func (j *job) recalled(ctx context.Context) (bool, error) {
	m, err := j.recall(ctx, j.part.Client)
	if err != nil || m.Contact == 0 || j.memo.Gone > 0 {
		return false, err
	}
	j.belongs(entity{kind: contacts, id: m.Contact})
	j.memo.Hidden = true
	return true, nil
}

func (j *job) belongs(e entity) {
	j.memo.Kind, j.memo.ID, j.memo.Leads, j.memo.Customers, j.memo.Owner = e.kind, e.id, e.leads, e.customers, e.owner
}
