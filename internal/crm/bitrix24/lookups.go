package bitrix24

import (
	"context"
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"sync"

	"ringback/internal/crm"
)

// lookups ask the statistics for calls. Those that come while a request is
// under way go together in the next one: a batch of up to 50 is one request to
// the portal.
type lookups struct {
	client *client

	mu      sync.Mutex
	waiting []*lookup
	busy    bool
}

// lookup asks for the row of one call: by one field or another.
type lookup struct {
	questions []question
	past      bool

	done  chan struct{} // closed when the answers are there
	lead  chan struct{} // filled when it is its turn to ask for all who wait
	row   *row
	fault error
}

// question is a field and the value that it must have.
type question struct{ field, value string }

// row is what is needed of a row of statistics: only finished calls have one.
type row struct {
	ID       string `json:"ID"`
	CallID   string `json:"CALL_ID"`
	External string `json:"EXTERNAL_CALL_ID"`
	Activity number `json:"CRM_ACTIVITY_ID"`
}

const (
	// maxBatch is how many methods a batch may call.
	maxBatch = 50
	// maxQuestions is how many questions one lookup has.
	maxQuestions = 2
)

// find returns the row that any of the questions finds, nil if there is none.
func (l *lookups) find(ctx context.Context, past bool, questions []question) (*row, error) {
	q := &lookup{questions: questions, past: past, done: make(chan struct{}), lead: make(chan struct{}, 1)}
	l.mu.Lock()
	l.waiting = append(l.waiting, q)
	if !l.busy {
		l.busy = true
		q.lead <- struct{}{}
	}
	l.mu.Unlock()
	select {
	case <-q.done:
	case <-q.lead:
		l.ask(ctx)
	case <-ctx.Done():
		l.withdraw(q)
		return nil, &crm.Error{Class: crm.Unavailable, Reason: "given up before the portal's statistics answered", Err: ctx.Err()}
	}
	if q.row != nil {
		return q.row, nil
	}
	return nil, q.fault
}

// ask asks for those who wait, the caller among them, and hands on the turn.
func (l *lookups) ask(ctx context.Context) {
	l.mu.Lock()
	n := min(len(l.waiting), maxBatch/maxQuestions)
	all := slices.Clone(l.waiting[:n])
	l.waiting = slices.Delete(l.waiting, 0, n)
	l.mu.Unlock()
	l.answer(ctx, all)
	for _, q := range all {
		close(q.done)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.handOn()
}

func (l *lookups) handOn() {
	if len(l.waiting) == 0 {
		l.busy = false
		return
	}
	l.waiting[0].lead <- struct{}{}
}

// withdraw takes a question back.
func (l *lookups) withdraw(q *lookup) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.waiting = slices.DeleteFunc(l.waiting, func(other *lookup) bool { return other == q })
	select {
	case <-q.lead:
		l.handOn()
	default:
	}
}

func (l *lookups) answer(ctx context.Context, all []*lookup) {
	if len(all) > 1 || len(all[0].questions) > 1 {
		l.batch(ctx, all)
		return
	}
	q := all[0]
	answer, err := l.client.call(ctx, request{method: methodStatistics, past: q.past, params: map[string]any{
		"FILTER": map[string]any{q.questions[0].field: q.questions[0].value}, "SORT": "ID", "ORDER": "ASC",
	}})
	if err != nil {
		q.fault = harmless(err)
		return
	}
	q.read(q.questions[0], answer.Result)
}

func (l *lookups) batch(ctx context.Context, all []*lookup) {
	commands := make(map[string]string)
	var inside []string
	past := true
	for _, q := range all {
		for _, ask := range q.questions {
			query := url.Values{"FILTER[" + ask.field + "]": {ask.value}, "SORT": {"ID"}, "ORDER": {"ASC"}}
			commands[command(len(inside))] = methodStatistics + "?" + query.Encode()
			inside = append(inside, methodStatistics)
		}
		past = past && q.past
	}
	answer, err := l.client.call(ctx, request{method: methodBatch, past: past, inside: inside, params: map[string]any{"halt": 0, "cmd": commands}})
	var result batchResult
	if err == nil && json.Unmarshal(answer.Result, &result) != nil {
		err = &crm.Error{Class: crm.Unavailable, Reason: "the portal's answer to a batch cannot be read"}
	}
	n := 0
	for _, q := range all {
		for _, ask := range q.questions {
			key := command(n)
			n++
			if err != nil {
				q.fault = harmless(err)
			} else if b, ok := result.Results[key]; ok {
				q.read(ask, b)
			} else if said, ok := result.Errors[key]; ok {
				q.fault = harmless(l.client.refused(200, said.Code, said.Description, methodStatistics))
			} else {
				q.fault = &crm.Error{Class: crm.Unavailable, Reason: "the portal left a question about a call without an answer"}
			}
		}
	}
}

// command is the key of the i-th command of a batch.
func command(i int) string { return "q" + strconv.Itoa(i) }

// batchTimes are the timings of a batch's commands.
func batchTimes(answer *envelope) mapping[timing] {
	var result batchResult
	if json.Unmarshal(answer.Result, &result) != nil || result.Times == nil {
		return mapping[timing]{}
	}
	return result.Times
}

// read takes the row out of an answer. The portal's filter may match more than
// what is exactly equal.
func (q *lookup) read(ask question, result json.RawMessage) {
	var rows []row
	if err := json.Unmarshal(result, &rows); err != nil {
		q.fault = &crm.Error{Class: crm.Unavailable, Reason: "the portal's statistics cannot be read", Err: err}
		return
	}
	for i := range rows {
		if ask.field == "CALL_ID" && rows[i].CallID == ask.value || ask.field == "EXTERNAL_CALL_ID" && rows[i].External == ask.value {
			q.row = &rows[i]
			return
		}
	}
	if len(rows) > 0 {
		q.fault = &crm.Error{Class: crm.Unavailable, Reason: "the portal's statistics do not heed a filter by " + ask.field}
	}
}
