package journal

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// Run is a request to process past calls, as the journal holds it. Its fields
// mean what those of backfill.Run mean.
type Run struct {
	// Seq is the journal's own number of the run.
	Seq         int64
	ID          string
	State       string
	RequestedAt time.Time
	RequestedBy string
	Kind        string
	Start, End  time.Time
	IDs         []string
	PBX, Target []string
	DryRun      bool
	Force       bool
	// RetryOf is the run whose failed calls this one takes, or "".
	RetryOf string
	// Epoch counts the workers that took the run up. Only the latest may write.
	Epoch int64
	// Stalls counts failed attempts to go on since there last was progress.
	Stalls     int
	FinishedAt time.Time
	Error      string
	Counts     Counts
	NotFound   []string
	// IDsDone is how many of IDs are behind the run.
	IDsDone int
	// ReadyAt is when the run is expected to be over; zero when unknown.
	ReadyAt time.Time
	// Walks are what the run has to do, one for each PBX, in order.
	Walks []Walk
}

// The states of a run.
const (
	StateQueued    = "queued"
	StateRunning   = "running"
	StateDone      = "done"
	StateCancelled = "cancelled"
	StateFailed    = "failed"
)

// Counts are a run's calls by what became of them.
type Counts struct {
	Found, Processed, Delivered, Skipped, Failed, InProgress int64
}

// Walk is what a run has to do at one PBX, and how far it is.
type Walk struct {
	PBX string
	// From and Until bound the period; zero for a run by ids, Until also for one up to now.
	From, Until time.Time
	// AtStart and AtID are start and id of the last call behind it.
	AtStart time.Time
	AtID    string
	Done    bool
}

const runColumns = `seq, id, state, requested_at, requested_by, kind, start_at, end_at, ids, pbx, target, dry_run, forced, retry_of,
	epoch, stalls, finished_at, error, found, processed, delivered, skipped, failed, in_progress, not_found, ids_done, ready_at`

// InsertRun writes a new run, in state queued, with its walks, and sets its Seq.
func InsertRun(ctx context.Context, tx Tx, run *Run) error {
	run.State = StateQueued
	var ids any
	if run.IDs != nil {
		ids = list(run.IDs)
	}
	err := tx.QueryRow(ctx, `INSERT INTO runs (id, state, requested_at, requested_by, kind, start_at, end_at, ids, pbx, target, dry_run, forced, retry_of)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) RETURNING seq`,
		run.ID, run.State, micros(run.RequestedAt), run.RequestedBy, run.Kind, micros(run.Start), micros(run.End), ids,
		list(run.PBX), list(run.Target), flag(run.DryRun), flag(run.Force), run.RetryOf).Scan(&run.Seq)
	if err != nil {
		return fmt.Errorf("record run %s: %w", run.ID, err)
	}
	var walks []any
	for n, w := range run.Walks {
		walks = append(walks, run.Seq, n, w.PBX, micros(w.From), micros(w.Until))
	}
	if err := insertRows(ctx, tx, `INSERT INTO run_walks (run, n, pbx, from_at, until_at) VALUES`, ``, 5, walks); err != nil {
		return fmt.Errorf("record what run %s has to do: %w", run.ID, err)
	}
	return nil
}

// Run finds a run by its id, with its walks. An unknown id is ErrNotFound.
func (j *Journal) Run(ctx context.Context, id string) (Run, error) {
	return readRun(ctx, j.Reader(), id)
}

func readRun(ctx context.Context, r Reader, id string) (Run, error) {
	run, err := scanRun(r.QueryRow(ctx, `SELECT `+runColumns+` FROM runs WHERE id = $1`, id))
	if errors.Is(err, sql.ErrNoRows) {
		return Run{}, fmt.Errorf("run %s: %w", id, ErrNotFound)
	}
	if err != nil {
		return Run{}, fmt.Errorf("read run %s: %w", id, err)
	}
	err = r.Query(ctx, `SELECT pbx, from_at, until_at, at_start, at_id, done FROM run_walks WHERE run = $1 ORDER BY n`, []any{run.Seq}, func(row Row) error {
		var w Walk
		var from, until, at *int64
		var done int64
		err := row.Scan(&w.PBX, &from, &until, &at, &w.AtID, &done)
		w.From, w.Until, w.AtStart, w.Done = instant(from), instant(until), instant(at), done == 1
		run.Walks = append(run.Walks, w)
		return err
	})
	if err != nil {
		return Run{}, fmt.Errorf("read how far run %s is: %w", id, err)
	}
	return run, nil
}

// Runs lists runs without their walks, the newest first; before is the id of a
// run, and only older ones are wanted.
func (j *Journal) Runs(ctx context.Context, limit int, before string) ([]Run, error) {
	runs := []Run{}
	query, args := `SELECT `+runColumns+` FROM runs`, []any{limit}
	if before != "" {
		query += ` WHERE id < $2`
		args = append(args, before)
	}
	err := j.Reader().Query(ctx, query+` ORDER BY id DESC LIMIT $1`, args, func(row Row) error {
		run, err := scanRun(row)
		runs = append(runs, run)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list runs: %w", err)
	}
	return runs, nil
}

// UnfinishedRuns returns the ids of all runs that are queued or running, the oldest first.
func UnfinishedRuns(ctx context.Context, r Reader) ([]string, error) {
	var ids []string
	err := r.Query(ctx, `SELECT id FROM runs WHERE state IN ('queued', 'running') ORDER BY seq`, nil, func(row Row) error {
		var id string
		err := row.Scan(&id)
		ids = append(ids, id)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list unfinished runs: %w", err)
	}
	return ids, nil
}

// RunID is the id of the run with the journal's number seq.
func RunID(ctx context.Context, r Reader, seq int64) (string, error) {
	var id string
	err := r.QueryRow(ctx, `SELECT id FROM runs WHERE seq = $1`, seq).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return "", ErrNotFound
	}
	return id, err
}

func scanRun(row Row) (Run, error) {
	var run Run
	var requested, start, end, finished, ready *int64
	var ids *string
	var pbx, target, notFound string
	var dryRun, forced int64
	err := row.Scan(&run.Seq, &run.ID, &run.State, &requested, &run.RequestedBy, &run.Kind, &start, &end, &ids, &pbx, &target,
		&dryRun, &forced, &run.RetryOf, &run.Epoch, &run.Stalls, &finished, &run.Error,
		&run.Counts.Found, &run.Counts.Processed, &run.Counts.Delivered, &run.Counts.Skipped, &run.Counts.Failed, &run.Counts.InProgress,
		&notFound, &run.IDsDone, &ready)
	if err != nil {
		return Run{}, err
	}
	run.DryRun, run.Force = dryRun == 1, forced == 1
	run.RequestedAt, run.Start, run.End = instant(requested), instant(start), instant(end)
	run.FinishedAt, run.ReadyAt = instant(finished), instant(ready)
	if ids != nil {
		err = errors.Join(err, json.Unmarshal([]byte(*ids), &run.IDs))
	}
	return run, errors.Join(err, json.Unmarshal([]byte(pbx), &run.PBX),
		json.Unmarshal([]byte(target), &run.Target), json.Unmarshal([]byte(notFound), &run.NotFound))
}

// list is a list of texts as it is stored.
func list(texts []string) string {
	if len(texts) == 0 {
		return "[]"
	}
	b, _ := json.Marshal(texts) // strings cannot fail to encode
	return string(b)
}
