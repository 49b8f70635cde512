package kommo

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"ringback/internal/crm"
)

// maxEntities is how many entities one request asks for the notes of. Of notes the
// documents name no bound; of events, where they do, it is ten.
const maxEntities = 10

// feed is where notes are read: of entities of one kind.
type feed struct {
	kind kind
	live bool
}

// search looks for the note of one call on a few entities.
type search struct {
	entities []int64
	key      string
	found    *noteRow
}

// noteRow is a note about a call.
type noteRow struct {
	ID     int64 `json:"id"`
	Entity int64 `json:"entity_id"`
	Params struct {
		Uniq string `json:"uniq"`
		Link string `json:"link"`
	} `json:"params"`
}

func newSearches(c *client, p *purse, f feed) *gathering[*search] {
	return &gathering[*search]{
		purse: p, live: f.live, eager: true, most: func() int { return maxEntities },
		attempt: func(ctx context.Context, part []*seat[*search]) ([][]*seat[*search], error) {
			return searchNotes(ctx, c, f.kind, part)
		},
	}
}

// searchNotes reads the latest notes about calls of the entities of all who look.
// What was just written is among them, since they are sorted by when they were
// written, not by when the calls were. Where others' notes may have crowded one out, its
// entities are asked for again alone.
func searchNotes(ctx context.Context, c *client, k kind, part []*seat[*search]) (again [][]*seat[*search], err error) {
	q := url.Values{
		"filter[note_type][]": {"call_in", "call_out"}, "order[updated_at]": {"desc"}, "limit": {strconv.Itoa(page)}, "page": {"1"},
	}
	for _, s := range part {
		for _, id := range s.wants.entities {
			if text := strconv.FormatInt(id, 10); !slices.Contains(q["filter[entity_id][]"], text) {
				q.Add("filter[entity_id][]", text)
			}
		}
	}
	var answer struct {
		In struct {
			Notes []noteRow `json:"notes"`
		} `json:"_embedded"`
	}
	err = c.send(ctx, &request{method: http.MethodGet, path: "api/v4/" + string(k) + "/notes", query: q}, &answer)
	e, _ := errors.AsType[*crm.Error](err)
	refused := e != nil && e.Class == crm.Refused
	if err != nil && (!refused || len(part) == 1) {
		return nil, err
	}
	rows := answer.In.Notes
	for _, s := range part {
		i := slices.IndexFunc(rows, func(n noteRow) bool { return n.Params.Uniq == s.wants.key })
		switch {
		case i >= 0:
			s.wants.found, s.err = &rows[i], nil
		case len(part) > 1 && (refused || len(rows) >= page):
			again = append(again, []*seat[*search]{s})
		default:
			s.err = nil
		}
	}
	return again, nil
}

// pageKey is a page of the unsorted.
type pageKey struct {
	n    int
	live bool
}

// pageOfUnsorted is read for everybody who looks through the unsorted.
type pageOfUnsorted struct{ entries []entry }

func newPages(c *client, p *purse, k pageKey) *gathering[*pageOfUnsorted] {
	return &gathering[*pageOfUnsorted]{
		purse: p, live: k.live, eager: true, most: func() int { return page },
		attempt: func(ctx context.Context, part []*seat[*pageOfUnsorted]) ([][]*seat[*pageOfUnsorted], error) {
			return nil, readUnsorted(ctx, c, k.n, part)
		},
	}
}

// readUnsorted reads a page of the unsorted, from the latest call back.
func readUnsorted(ctx context.Context, c *client, n int, part []*seat[*pageOfUnsorted]) error {
	q := url.Values{
		"filter[category][]": {"sip"}, "order[created_at]": {"desc"}, "limit": {strconv.Itoa(page)}, "page": {strconv.Itoa(n)},
	}
	var answer struct {
		In struct {
			Unsorted []entry `json:"unsorted"`
		} `json:"_embedded"`
	}
	if err := c.send(ctx, &request{method: http.MethodGet, path: "api/v4/leads/unsorted", query: q}, &answer); err != nil {
		return err
	}
	for _, s := range part {
		s.wants.entries, s.err = answer.In.Unsorted, nil
	}
	return nil
}
