package journal

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// held is what the journal has of a call.
type held struct {
	started    int64
	digest     int64
	revision   int64
	linkedids  int
	joinedInto string
	contexts   string
}

// CompareCalls says what RecordCalls would do to each entry, in order. All
// entries are of one PBX and have ended. A recalled one that the journal does not hold so any
// more gives a *ForgottenError.
func CompareCalls(ctx context.Context, r Reader, pbx string, entries []*Entry) ([]Recorded, error) {
	results, _, err := compareAll(ctx, r, pbx, entries)
	return results, err
}

func compareAll(ctx context.Context, r Reader, pbx string, entries []*Entry) ([]Recorded, map[string]held, error) {
	have, err := lookUp(ctx, r, pbx, entries)
	if err != nil {
		return nil, nil, fmt.Errorf("look up calls in the journal: %w", err)
	}
	results := make([]Recorded, len(entries))
	for i, e := range entries {
		results[i] = compare(e, have)
		if e.recalled && !results[i].held() {
			return nil, nil, &ForgottenError{e.ID}
		}
		note(e, results[i], have)
	}
	return results, have, nil
}

func lookUp(ctx context.Context, r Reader, pbx string, entries []*Entry) (map[string]held, error) {
	ids := make([]string, 0, len(entries))
	for _, e := range entries {
		ids = append(append(ids, e.ID), e.linkedids...)
	}
	have := make(map[string]held, len(ids))
	err := in(ctx, r, `SELECT id, started, digest, revision, linkedids, joined_into, contexts FROM calls WHERE pbx = $1 AND id IN`, pbx, ids, func(row Row) error {
		var id string
		var h held
		if err := row.Scan(&id, &h.started, &h.digest, &h.revision, &h.linkedids, &h.joinedInto, &h.contexts); err != nil {
			return err
		}
		have[id] = h
		return nil
	})
	return have, err
}

// compare decides what an entry is to the journal. Records are only ever
// added to a call, so of two readings the one that joins fewer linkedids is the older; but a
// PBX forgets old ones, and then a reading of the rest begins later than what is held.
func compare(e *Entry, have map[string]held) Recorded {
	var parts []string
	var newest int64
	for _, id := range e.linkedids {
		h, known := have[id]
		if known && h.joinedInto != e.ID {
			parts = append(parts, id)
			newest = max(newest, h.revision)
		}
	}
	h, known := have[e.ID]
	joined := 1 + len(e.linkedids)
	switch {
	case known && h.joinedInto != "" && !slices.Contains(e.linkedids, h.joinedInto):
		return Recorded{State: Outdated, Revision: h.revision, PartOf: h.joinedInto}
	case known && (joined < h.linkedids || joined == h.linkedids && e.beheaded && e.Started.UnixMicro() > h.started):
		return Recorded{State: Outdated, Revision: h.revision}
	case known && h.digest == e.digest && len(parts) == 0:
		return Recorded{State: Same, Revision: h.revision}
	case known || len(parts) > 0:
		return Recorded{State: Changed, Revision: max(newest, h.revision) + 1, Replaces: parts}
	}
	return Recorded{State: New, Revision: 1}
}

// note makes what is held what it will be, for the entries that follow: what becomes of them must not
// depend on which ones are recorded together.
func note(e *Entry, r Recorded, have map[string]held) {
	if r.held() {
		return
	}
	have[e.ID] = held{started: e.Started.UnixMicro(), digest: e.digest, revision: r.Revision, linkedids: 1 + len(e.linkedids), contexts: e.contexts}
	for _, part := range r.Replaces {
		h := have[part]
		h.joinedInto = e.ID
		have[part] = h
	}
}

// RecordCalls writes what is new or changed of entries and says what became of
// each, in order. All entries are of one PBX and have ended. Recording the
// same again changes nothing but contexts that were not known: they make no
// revision. Until tx ends, nobody else records calls of this
// PBX, so that what is decided by the results holds. A recalled entry that the journal does not
// hold so any more gives a *ForgottenError.
func RecordCalls(ctx context.Context, tx Tx, pbx string, entries []*Entry, now time.Time) ([]Recorded, error) {
	if err := tx.Lock(ctx, "calls of "+pbx); err != nil {
		return nil, err
	}
	results, have, err := compareAll(ctx, tx, pbx, entries)
	if err != nil {
		return nil, err
	}
	for i, e := range entries {
		if results[i].State == Same && e.contexts != "" && have[e.ID].contexts != e.contexts {
			if err := setContexts(ctx, tx, pbx, e); err != nil {
				return nil, err
			}
		}
	}
	if err := insertCalls(ctx, tx, pbx, entries, results, now); err != nil {
		return nil, err
	}
	for i := range results {
		for _, part := range results[i].Replaces {
			into := have[part].joinedInto
			if into == "" {
				continue // it has come again since, with more
			}
			if _, err := tx.Exec(ctx, `UPDATE calls SET joined_into = $3, changed = $4 WHERE pbx = $1 AND id = $2`,
				pbx, part, into, now.UnixMicro()); err != nil {
				return nil, fmt.Errorf("record that call %s is part of %s: %w", part, into, err)
			}
		}
	}
	return results, nil
}

// insertCalls writes the entries that are new or changed; of those with one id the last, since
// a statement must not touch a row twice.
func insertCalls(ctx context.Context, tx Tx, pbx string, entries []*Entry, results []Recorded, now time.Time) error {
	written := func(i int) bool { return !results[i].held() }
	last := make(map[string]int, len(entries))
	for i, e := range entries {
		if written(i) {
			last[e.ID] = i
		}
	}
	var rows, aliases []any
	for i, e := range entries {
		if !written(i) || last[e.ID] != i {
			continue
		}
		rows = append(rows, pbx, e.ID, e.Started.UnixMicro(), e.Ended.UnixMicro(), e.direction, e.result, e.numbers,
			1+len(e.linkedids), e.digest, results[i].Revision, now.UnixMicro(), now.UnixMicro(), string(e.body), e.contexts)
		for _, alias := range e.aliases {
			aliases = append(aliases, pbx, alias, e.ID)
		}
	}
	if err := insertRows(ctx, tx,
		`INSERT INTO calls (pbx, id, started, ended, direction, result, numbers, linkedids, digest, revision, recorded, changed, body, contexts) VALUES`,
		`ON CONFLICT (id, pbx) DO UPDATE SET started = excluded.started, ended = excluded.ended, direction = excluded.direction,
		result = excluded.result, numbers = excluded.numbers, linkedids = excluded.linkedids, digest = excluded.digest,
		revision = excluded.revision, changed = excluded.changed, body = excluded.body, contexts = excluded.contexts, joined_into = ''`, 14, rows); err != nil {
		return fmt.Errorf("record calls: %w", err)
	}
	if err := insertAliases(ctx, tx, aliases); err != nil {
		return fmt.Errorf("record ids of calls: %w", err)
	}
	return nil
}

// setContexts keeps the contexts of a call that is the same otherwise: it may have
// been recorded before they were kept.
func setContexts(ctx context.Context, tx Tx, pbx string, e *Entry) error {
	if _, err := tx.Exec(ctx, `UPDATE calls SET contexts = $3 WHERE pbx = $1 AND id = $2`, pbx, e.ID, e.contexts); err != nil {
		return fmt.Errorf("record the contexts of call %s: %w", e.ID, err)
	}
	return nil
}

// insertAliases writes (pbx, alias, call) triples. An alias given twice means
// its last call; one statement must not touch a row twice, so it is made single first.
func insertAliases(ctx context.Context, tx Tx, triples []any) error {
	seen := make(map[any]int, len(triples)/3)
	single := triples[:0]
	for i := 0; i < len(triples); i += 3 {
		if at, twice := seen[triples[i+1]]; twice {
			single[at+2] = triples[i+2]
			continue
		}
		seen[triples[i+1]] = len(single)
		single = append(single, triples[i:i+3]...)
	}
	return insertRows(ctx, tx, `INSERT INTO call_ids (pbx, alias, call_id) VALUES`,
		`ON CONFLICT (alias, pbx) DO UPDATE SET call_id = excluded.call_id`, 3, single)
}
