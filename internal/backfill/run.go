// Package backfill runs requests to process past calls: it says what a run
// is, walks a period or a list of ids, and counts what became of each call.
//
// It knows nothing of HTTP, of databases' drivers, or of what a call means.
package backfill

import (
	"encoding/json"
	"errors"
	"time"
)

// Run is one request to process past calls, as docs/api.md describes it.
type Run struct {
	ID          string
	State       State
	RequestedAt time.Time
	RequestedBy string
	Kind        Kind
	// Start and End bound the period, in the zone of the first PBX; zero End means up to now. Both are zero for a run by ids.
	Start, End time.Time
	// IDs are the linkedids or uniqueids asked for; nil for a period.
	IDs    []string
	PBX    []string
	Target []string
	DryRun bool
	Force  bool
	// FinishedAt is zero while the run goes on.
	FinishedAt time.Time
	// Error says in words why the run failed, or "".
	Error string
	Calls Counts
	// ETA is how long the rest will take; negative when that is not known.
	ETA time.Duration
}

// State is where a run stands.
type State string

// The states of a run.
const (
	Queued    State = "queued"
	Running   State = "running"
	Done      State = "done"
	Cancelled State = "cancelled"
	Failed    State = "failed"
)

// Over says that nothing more will happen in this state.
func (s State) Over() bool { return s == Done || s == Cancelled || s == Failed }

// Kind is what a run was asked for.
type Kind string

// The kinds of run.
const (
	ByIDs    Kind = "ids"
	ByPeriod Kind = "period"
)

// Counts are a run's calls by what became of them.
type Counts struct {
	Found, Processed, Delivered, Skipped, Failed, InProgress int64
	// NotFound are the ids asked for that no record carries.
	NotFound []string
}

// Request asks for a run. Its fields are as in Run.
type Request struct {
	RequestedBy string
	Kind        Kind
	Start, End  time.Time
	// Periods are the bounds for PBXs whose wall clock is another than the
	// first's; a PBX that is not named has Start and End.
	Periods map[string]Bounds
	IDs     []string
	// PBX and Target name some of those configured; empty means all.
	PBX    []string
	Target []string
	DryRun bool
	Force  bool
}

// Bounds are a period: Start is in it, End is not; a zero End means up to now.
type Bounds struct{ Start, End time.Time }

// Outcome is what became of one call in a run.
type Outcome string

// The outcomes of a call in a run.
const (
	Delivered  Outcome = "delivered"
	Skipped    Outcome = "skipped"
	CallFailed Outcome = "failed"
	InProgress Outcome = "in_progress"
)

// CallOutcome is one call's outcome in a run, with the reason in words.
type CallOutcome struct {
	ID      string  `json:"id"`
	PBX     string  `json:"pbx"`
	Outcome Outcome `json:"outcome"`
	Reason  string  `json:"reason"`
}

// Errors that callers tell apart.
var (
	ErrNoRun       = errors.New("no such run")
	ErrRunOver     = errors.New("the run is over already")
	ErrUnavailable = errors.New("the journal cannot serve now")
)

// UnknownNameError says that a request names a PBX or target that is not
// configured.
type UnknownNameError struct {
	Parameter string // "pbx" or "target"
	Name      string
	Known     []string
}

func (e *UnknownNameError) Error() string {
	return "no " + e.Parameter + " is called " + e.Name
}

// MarshalJSON writes the run as the API shows it: times with their zone to the
// second, absent values as null.
func (r *Run) MarshalJSON() ([]byte, error) {
	type counts struct {
		Found      int64    `json:"found"`
		Processed  int64    `json:"processed"`
		Delivered  int64    `json:"delivered"`
		Skipped    int64    `json:"skipped"`
		Failed     int64    `json:"failed"`
		InProgress int64    `json:"in_progress"`
		NotFound   []string `json:"not_found"`
	}
	var eta *int64
	if !r.State.Over() && r.ETA >= 0 {
		s := int64(r.ETA.Round(time.Second) / time.Second)
		eta = &s
	}
	var fault *string
	if r.Error != "" {
		fault = &r.Error
	}
	return json.Marshal(struct {
		ID          string   `json:"id"`
		State       State    `json:"state"`
		RequestedAt *string  `json:"requested_at"`
		RequestedBy string   `json:"requested_by"`
		Kind        Kind     `json:"kind"`
		Start       *string  `json:"start"`
		End         *string  `json:"end"`
		IDs         []string `json:"ids"`
		PBX         []string `json:"pbx"`
		Target      []string `json:"target"`
		DryRun      bool     `json:"dry_run"`
		Force       bool     `json:"force"`
		FinishedAt  *string  `json:"finished_at"`
		Error       *string  `json:"error"`
		Calls       counts   `json:"calls"`
		ETA         *int64   `json:"eta_seconds"`
	}{
		r.ID, r.State, moment(r.RequestedAt), r.RequestedBy, r.Kind, moment(r.Start), moment(r.End),
		r.IDs, list(r.PBX), list(r.Target), r.DryRun, r.Force, moment(r.FinishedAt), fault,
		counts{
			r.Calls.Found, r.Calls.Processed, r.Calls.Delivered, r.Calls.Skipped,
			r.Calls.Failed, r.Calls.InProgress, list(r.Calls.NotFound),
		},
		eta,
	})
}

// moment is t for JSON: RFC 3339 with a fraction only where there is one.
func moment(t time.Time) *string {
	if t.IsZero() {
		return nil
	}
	s := t.Format(time.RFC3339Nano)
	return &s
}

// list makes an absent list an empty one, since null means "not applicable".
func list(l []string) []string {
	if l == nil {
		return []string{}
	}
	return l
}
