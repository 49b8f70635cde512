// Package journaltest is the conformance suite that the journal passes on every
// engine.
package journaltest

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ringback/internal/call"
	"ringback/internal/journal"
)

// Exercise runs the suite. open gives an empty journal, which the suite
// leaves for open's own clean-up to close.
func Exercise(t *testing.T, open func(t *testing.T) *journal.Journal) {
	for name, test := range map[string]func(*testing.T, *bench){
		"a call that is recorded again is the same":                              sameAgain,
		"a call that changed gets a new revision":                                changed,
		"a call joined to an older one replaces its earlier self":                joined,
		"a reading from before a join is outdated":                               outdated,
		"what the PBX forgot of a call does not take the place of the whole":     beheaded,
		"comparing says what recording would do and writes nothing":              compared,
		"a call is found by its id, a joined linkedid and the id of a leg":       found,
		"calls of different PBXs may have the same id":                           sameID,
		"calls are listed newest first, page by page":                            paged,
		"calls are chosen by period, PBX, direction and result":                  filtered,
		"a number is found in any notation, an extension only as a whole":        numbered,
		"a call that comes twice at once is recorded as it came last":            twiceAtOnce,
		"what becomes of calls is the same whichever are recorded together":      oneByOne,
		"who locks the same name waits":                                          locked,
		"a lease is one holder's until it ends or is dropped":                    leased,
		"what is old is tidied away, failed calls with their run":                tidied,
		"a thousand calls are recorded in one transaction":                       many,
		"strange texts come back as they were":                                   strange,
		"a run comes back with all its fields":                                   runFields,
		"runs are listed newest first, page by page":                             runsPaged,
		"an unknown call or run is not found":                                    unknown,
		"only the latest worker of a run may write":                              fenced,
		"a call is counted once in a run":                                        countedOnce,
		"a run is done when all is walked and every call has its outcome":        settled,
		"a cancelled run takes nothing more":                                     cancelled,
		"a failed run says why":                                                  failed,
		"a run that waits says so and counts how often":                          stalled,
		"calls of a run are listed by outcome, page by page":                     outcomesPaged,
		"failed calls are named with their PBXs":                                 failedCalls,
		"what a transaction wrote is gone when it fails":                         rolledBack,
		"readiness is seen, and statistics count what is there":                  health,
		"the calls of a period are remembered, and are the same when recalled":   remembered,
		"what is remembered is recalled only as it was read":                     rememberedJustSo,
		"a period takes the place of all of the same time":                       piecesReplaced,
		"of two who read a period, one remembers it":                             piecesOfTwoReaders,
		"a call that the journal holds otherwise is not recalled":                recalledWrongly,
		"a call of which the journal holds more is recalled as outdated":         recalledOutdated,
		"the places of several walks are kept apart, ids and their unknowns too": places,
	} {
		t.Run(name, func(t *testing.T) {
			test(t, &bench{Journal: open(t), t: t})
		})
	}
}

// now is when the suite records things.
var now = time.Date(2026, 11, 23, 8, 0, 0, 123456000, time.UTC)

type bench struct {
	*journal.Journal

	t *testing.T
}

func (b *bench) ctx() context.Context { return b.t.Context() }

func (b *bench) must(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) tx(fn func(journal.Tx) error) {
	b.t.Helper()
	b.must(b.InTx(b.ctx(), fn))
}

// record records calls of one PBX and returns what became of them.
func (b *bench) record(list ...*call.Call) []journal.Recorded {
	b.t.Helper()
	var results []journal.Recorded
	b.tx(func(tx journal.Tx) error {
		var err error
		results, err = journal.RecordCalls(b.ctx(), tx, list[0].PBX, entries(list), now)
		return err
	})
	return results
}

func entries(list []*call.Call) []*journal.Entry {
	e := make([]*journal.Entry, len(list))
	for i, c := range list {
		e[i] = journal.NewEntry(c)
	}
	return e
}

// ids lists the ids of the calls that a filter finds.
func (b *bench) ids(f journal.CallFilter) []string {
	b.t.Helper()
	if f.Limit == 0 {
		f.Limit = 100
	}
	list, err := b.Calls(b.ctx(), f)
	b.must(err)
	ids := []string{}
	for _, c := range list {
		ids = append(ids, c.ID)
	}
	return ids
}

// find is the id of the call that id leads to, or "" for none.
func (b *bench) find(pbx, id string) string {
	b.t.Helper()
	c, err := b.Call(b.ctx(), pbx, id)
	if errors.Is(err, journal.ErrNotFound) {
		return ""
	}
	b.must(err)
	var shown struct{ ID string }
	b.must(json.Unmarshal(c.JSON, &shown))
	if shown.ID != c.ID {
		b.t.Errorf("call %s holds the JSON of call %s", c.ID, shown.ID)
	}
	return c.ID
}

func same(t *testing.T, what string, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// aCall makes a call that began some minutes after the suite's first.
func aCall(pbx, id string, minute int, change ...func(*call.Call)) *call.Call {
	at := now.Add(time.Duration(minute) * time.Minute)
	c := &call.Call{
		ID: id, PBX: pbx, LinkedIDs: []string{id}, Direction: call.Incoming, Result: call.Answered,
		From: call.Party{Number: "79161234567", Name: "Ivan"}, To: call.Party{Number: "74950000001"},
		StartedAt: call.Time{Time: at, Fraction: true}, EndedAt: call.Time{Time: at.Add(30 * time.Second), Fraction: true},
		Legs: []call.Leg{{ID: id + "1", Party: call.Party{Number: "1001", Extension: "1001"}}}, Complete: true,
	}
	for _, f := range change {
		f(c)
	}
	return c
}

// joins says which other linkedids a call joins.
func joins(ids ...string) func(*call.Call) {
	return func(c *call.Call) {
		for _, id := range ids {
			c.LinkedIDs = append(c.LinkedIDs, id)
			c.Legs = append(c.Legs, call.Leg{ID: id + "1"})
		}
	}
}
