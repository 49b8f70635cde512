package journal

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Call is a call as the journal holds it.
type Call struct {
	PBX string
	ID  string
	// Revision is 1 at first and grows each time the call changed.
	Revision int64
	// JSON is the call as docs/call.md describes it.
	JSON json.RawMessage
}

// CallFilter chooses calls; zero fields choose all.
type CallFilter struct {
	// From and Until bound the period that a call must touch: Until is exclusive.
	// A call that began more than LongestCall before From is not looked for.
	From, Until time.Time
	PBX         string
	// Number is an extension, or a number in any notation: of one with seven
	// digits or more the end is enough.
	Number    string
	Direction string
	Result    string
	// Before is the id of a call; only those after it in the list are wanted.
	Before string
	// Limit is how many at most.
	Limit int
}

// LongestCall is how long before a period a call that touches it may have
// begun and still be listed.
const LongestCall = 24 * time.Hour

// Calls lists calls, the newest first. An unknown Before is ErrNotFound.
func (j *Journal) Calls(ctx context.Context, f CallFilter) ([]Call, error) {
	r := j.Reader()
	var where strings.Builder
	var args []any
	and := func(condition string, values ...any) {
		for _, v := range values {
			args = append(args, v)
			condition = strings.Replace(condition, "?", "$"+strconv.Itoa(len(args)), 1)
		}
		where.WriteString(" AND " + condition)
	}
	if !f.From.IsZero() {
		and("started >= ?", f.From.Add(-LongestCall).UnixMicro())
		and("ended >= ?", f.From.UnixMicro())
	}
	for _, equal := range [][2]string{{"pbx = ?", f.PBX}, {"direction = ?", f.Direction}, {"result = ?", f.Result}} {
		if equal[1] != "" {
			and(equal[0], equal[1])
		}
	}
	if f.Number != "" {
		and(`numbers LIKE ? ESCAPE '\'`, numberPattern(f.Number))
	}
	until := int64(math.MaxInt64)
	if !f.Until.IsZero() {
		until = f.Until.UnixMicro()
	}
	if f.Before != "" {
		pbx, id, started, err := place(ctx, r, f.PBX, f.Before)
		if err != nil {
			return nil, err
		}
		until = min(until, started+1)
		and("(started, id, pbx) < (?, ?, ?)", started, id, pbx)
	}
	and("started < ?", until) // one bound, so that a late page begins to read where it begins
	args = append(args, f.Limit)
	query := `SELECT pbx, id, revision, body FROM calls WHERE joined_into = ''` + where.String() +
		` ORDER BY started DESC, id DESC, pbx DESC LIMIT $` + strconv.Itoa(len(args))
	list := []Call{}
	err := r.Query(ctx, query, args, func(row Row) error {
		c, err := scanCall(row)
		list = append(list, c)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list calls of the journal: %w", err)
	}
	return list, nil
}

// place finds where in the list the call with an id stands.
func place(ctx context.Context, r Reader, pbx, id string) (string, string, int64, error) {
	pbx, id, err := resolve(ctx, r, pbx, id)
	if err != nil {
		return "", "", 0, err
	}
	var started int64
	err = r.QueryRow(ctx, `SELECT started FROM calls WHERE pbx = $1 AND id = $2`, pbx, id).Scan(&started)
	return pbx, id, started, err
}

// Call finds the call that has id as its id, as a joined linkedid, or as the
// uniqueid of a leg. An empty pbx means any. An unknown id is ErrNotFound.
func (j *Journal) Call(ctx context.Context, pbx, id string) (Call, error) {
	r := j.Reader()
	pbx, id, err := resolve(ctx, r, pbx, id)
	if err != nil {
		return Call{}, err
	}
	return scanCall(r.QueryRow(ctx, `SELECT pbx, id, revision, body FROM calls WHERE pbx = $1 AND id = $2`, pbx, id))
}

func scanCall(row Row) (Call, error) {
	var c Call
	var body string
	err := row.Scan(&c.PBX, &c.ID, &c.Revision, &body)
	c.JSON = json.RawMessage(body)
	return c, err
}

// resolve follows an id to the call it now belongs to. Where several PBXs know
// the id, the call that began last is meant.
func resolve(ctx context.Context, r Reader, pbx, id string) (string, string, error) {
	const mostJoins = 100 // a call joined to one that was joined to another …; bounds a damaged chain
	for range mostJoins {
		var at, joinedInto string
		err := r.QueryRow(ctx, `SELECT pbx, joined_into FROM calls WHERE id = $1 AND ($2 = '' OR pbx = $2) ORDER BY started DESC, pbx LIMIT 1`,
			id, pbx).Scan(&at, &joinedInto)
		switch {
		case err == nil && joinedInto == "":
			return at, id, nil
		case err == nil:
			pbx, id = at, joinedInto
			continue
		case !errors.Is(err, sql.ErrNoRows):
			return "", "", fmt.Errorf("look for a call in the journal: %w", err)
		}
		err = r.QueryRow(ctx, `SELECT pbx, call_id FROM call_ids WHERE alias = $1 AND ($2 = '' OR pbx = $2) ORDER BY pbx LIMIT 1`,
			id, pbx).Scan(&pbx, &id)
		if errors.Is(err, sql.ErrNoRows) {
			return "", "", fmt.Errorf("call %s: %w", id, ErrNotFound)
		}
		if err != nil {
			return "", "", fmt.Errorf("look for a call in the journal: %w", err)
		}
	}
	return "", "", fmt.Errorf("call %s: %w", id, ErrNotFound)
}
