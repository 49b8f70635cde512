package api

import (
	"context"
	"errors"
	"net/http"
	"time"

	"ringback/internal/backfill"
	"ringback/internal/journal"
)

// journalPause is when to try again after the journal could not serve.
const journalPause = 10 * time.Second

// RefuseLogin writes the body of a refusal to let a request in, for
// digestauth.Config.Refuse, which has set the headers.
func RefuseLogin(w http.ResponseWriter, _ *http.Request, status int, detail string) {
	WriteProblem(w, Problem{Status: status, Detail: detail})
}

// refuseError answers what a run or the journal refused. What it does not
// know is the program's fault: it is logged, and 500 is answered.
func (s *Server) refuseError(w http.ResponseWriter, r *http.Request, err error) {
	if name, ok := errors.AsType[*backfill.UnknownNameError](err); ok {
		fault := unknownName(name.Parameter, name.Parameter, name.Name, name.Known)
		WriteProblem(w, Problem{Status: http.StatusNotFound, Detail: summary([]Fault{fault}), Faults: []Fault{fault}})
		return
	}
	switch {
	case errors.Is(err, backfill.ErrNoRun):
		WriteProblem(w, Problem{Status: http.StatusNotFound, Detail: "no run has this id; /api/v1/runs lists those there are"})
	case errors.Is(err, journal.ErrNotFound):
		WriteProblem(w, Problem{Status: http.StatusNotFound, Detail: "the journal knows no such call; /pbx/read_call?id=… brings it there if the PBX has its records"})
	case errors.Is(err, backfill.ErrRunOver):
		WriteProblem(w, Problem{Status: http.StatusConflict, Detail: "the run is over already; nothing is left to cancel"})
	case errors.Is(err, backfill.ErrUnavailable), errors.Is(err, journal.ErrUnavailable), errors.Is(err, context.DeadlineExceeded):
		s.log.Warn("the journal could not serve a request", "route", exchangeOf(r.Context()).route, "error", err)
		WriteProblem(w, Problem{
			Status: http.StatusServiceUnavailable, RetryAfter: journalPause,
			Detail: "the journal cannot serve this now; nothing was begun. Look at /status, and try again",
		})
	case r.Context().Err() != nil: // the client has gone; the status is for the log
		WriteProblem(w, Problem{Status: http.StatusServiceUnavailable})
	default:
		s.log.Error("a request met an unexpected error", "route", exchangeOf(r.Context()).route, "error", err)
		WriteProblem(w, internalFault())
	}
}

// full is the answer when every place for requests that stay long is taken.
func full(what string) Problem {
	return Problem{
		Status: http.StatusServiceUnavailable, RetryAfter: journalPause,
		Detail: "too many requests " + what + " already; nothing was begun. Try again later",
	}
}
