package kommo

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"sync/atomic"

	"ringback/internal/crm"
)

// maxBatch is how many items go in one request: the CRM takes 250 and recommends
// no more than 50.
const maxBatch = 50

// endpoint is where items of one kind are written to. Items of live calls do not wait
// for a batch of past ones that is under way.
type endpoint struct {
	method string
	path   string
	// list is the name of what was made in the answer.
	list string
	live bool
}

// item is one element of an array that is sent.
type item struct {
	// id is its request_id, which the answer repeats; "" is none.
	id   string
	body any
	// note is the one that is changed, 0 for what is new.
	note int64
	// made is what the CRM made of it.
	made creation
}

// batch writes items to one address, as many as wait in one request.
type batch struct {
	endpoint

	client *client
	// most is how many items go at once: fewer after the CRM's gateway gave up on more.
	most atomic.Int64
}

func newBatch(c *client, p *purse, a endpoint) *gathering[*item] {
	b := &batch{endpoint: a, client: c}
	b.most.Store(maxBatch)
	return &gathering[*item]{purse: p, live: a.live, most: func() int { return int(b.most.Load()) }, attempt: b.attempt}
}

// errLeftOut says that an answer of success told nothing of an item among several.
var errLeftOut = errors.New("among several, it was left out")

// attempt writes a part. Those who are sent again surely were not written.
func (b *batch) attempt(ctx context.Context, part []*seat[*item]) ([][]*seat[*item], error) {
	bodies := make([]any, len(part))
	for i, s := range part {
		bodies[i] = s.wants.body
	}
	r := &request{method: b.method, path: b.path, body: bodies, effect: true}
	var answer creations
	err := b.client.send(ctx, r, &answer)
	if err == nil {
		b.grow()
		b.read(r, part, &answer)
		return nil, nil
	}
	told, ok := errors.AsType[*rejection](err)
	if ok && (told.status == http.StatusGatewayTimeout || told.status == http.StatusRequestEntityTooLarge) {
		b.shrink(len(part))
	}
	if e, _ := errors.AsType[*crm.Error](err); !ok || e.Class != crm.Refused || len(part) == 1 {
		return nil, err
	}
	return b.split(r, part, told), nil
}

// shrink halves what goes at once, after so many were too many.
func (b *batch) shrink(n int) { b.most.Store(int64(max(1, n/2))) }

// grow lets one more go at once, after a request got through.
func (b *batch) grow() {
	if n := b.most.Load(); n < maxBatch {
		b.most.CompareAndSwap(n, n+1)
	}
}

// read gives everybody what the CRM made of their item.
func (b *batch) read(r *request, part []*seat[*item], answer *creations) {
	list := answer.In.of(b.list)
	for i, s := range part {
		switch n, refusal := s.wants.among(list, i, len(part)), s.wants.refused(answer.Errors, i, len(part)); {
		case n >= 0:
			s.wants.made, s.err = list[n], nil
		case refusal != nil:
			s.err = b.client.item(r, &rejection{http.StatusOK, *refusal})
		case len(part) == 1:
			s.err = nil // whoever wrote it sees that nothing was made
		default:
			s.err = &crm.Error{Class: crm.Uncertain, Reason: "the CRM answered that all is well, and did not name this one of several", Err: errLeftOut}
		}
	}
}

// split tells after a refusal who is to blame. Nobody else was written: they go again
// without them, or, where nobody is named, by halves.
func (b *batch) split(r *request, part []*seat[*item], told *rejection) [][]*seat[*item] {
	var rest []*seat[*item]
	list, some := told.problem.In.of(b.list), false
	for i, s := range part {
		if n := s.wants.among(list, i, len(part)); n >= 0 {
			s.wants.made, s.err, some = list[n], nil, true
			continue
		}
		if refusal := s.wants.refusal(&told.problem, i, len(part)); refusal != nil {
			s.err = b.client.item(r, &rejection{told.status, *refusal})
			continue
		}
		rest = append(rest, s)
	}
	switch {
	case len(rest) == 0:
		return nil
	case some:
		settle(rest, error(&crm.Error{Class: crm.Uncertain, Reason: "the CRM refused some of several, and did not name this one", Err: errLeftOut}))
		return nil
	case len(rest) < len(part):
		return [][]*seat[*item]{rest}
	}
	return [][]*seat[*item]{rest[:len(rest)/2], rest[len(rest)/2:]}
}

// named says that a request_id of an answer is that of the ith item: its own, or the
// index where the CRM has none.
func (it *item) named(id string, i int) bool {
	return id != "" && (id == it.id || id == strconv.Itoa(i))
}

// among is which of those made is this item's, -1 if none is. The only one of an answer to
// a single item is that item's.
func (it *item) among(list []creation, i, of int) int {
	if of == 1 {
		return min(len(list), 1) - 1
	}
	return slices.IndexFunc(list, func(m creation) bool {
		return it.note != 0 && m.ID == it.note || it.note == 0 && it.named(m.RequestID, i)
	})
}

// refused is what an answer says against this item in the manner of /calls.
func (it *item) refused(all []itemError, i, of int) *problem {
	for _, e := range all {
		if of == 1 || it.named(e.RequestID, i) {
			return &problem{Errors: []itemError{e}}
		}
	}
	return nil
}

// refusal is what a refusal says against this item.
func (it *item) refusal(p *problem, i, of int) *problem {
	for _, v := range p.Validation {
		if it.named(v.RequestID, i) {
			return &problem{Validation: []invalidItem{v}}
		}
	}
	return it.refused(p.Errors, i, of)
}

// creations are an answer with what was made.
type creations struct {
	In lists `json:"_embedded"`
	// Errors are those of /calls.
	Errors []itemError `json:"errors"`
}

// lists are what was made, by kind.
type lists struct {
	Contacts []creation `json:"contacts"`
	Notes    []creation `json:"notes"`
	Unsorted []creation `json:"unsorted"`
	Calls    []creation `json:"calls"`
}

func (l *lists) of(name string) []creation {
	return map[string][]creation{"contacts": l.Contacts, "notes": l.Notes, "unsorted": l.Unsorted, "calls": l.Calls}[name]
}

// creation is a contact, a note, an entry among the unsorted, or a call, which says where its
// note is.
type creation struct {
	RequestID string `json:"request_id"`
	ID        int64  `json:"id"`
	UID       string `json:"uid"`
	Entity    int64  `json:"entity_id"`
	Type      string `json:"entity_type"`
	In        struct {
		Contacts []ref `json:"contacts"`
	} `json:"_embedded"`
}
