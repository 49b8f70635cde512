package api

import (
	"context"
	"net/http"
	"time"

	"ringback/internal/backfill"
	"ringback/internal/period"
)

// maxWait is how long a request may wait for its run, in seconds.
const maxWait = 60

// readCall starts a run over past calls: GET and POST /pbx/read_call. The run
// is begun only when nothing is wrong with the request.
func (s *Server) readCall(w http.ResponseWriter, r *http.Request, p *parameters) {
	request := s.request(p)
	wait := time.Duration(p.whole("wait", 0, maxWait, 0)) * time.Second
	if refusal := p.refusal(); refusal != nil {
		WriteProblem(w, *refusal)
		return
	}
	request.RequestedBy = s.config.Account(r.Context()).Name
	if wait > 0 {
		if !s.waiters.take() {
			WriteProblem(w, full("wait for a run"))
			return
		}
		defer s.waiters.leave()
	}
	ctx, cancel := s.journalTime(r)
	defer cancel()
	run, err := s.config.Runs.Start(ctx, request)
	if err != nil {
		s.refuseError(w, r, err)
		return
	}
	if wait > 0 {
		run = s.await(w, r, run, wait)
	}
	s.answerRun(w, run, wait > 0)
}

// answerRun answers with a run that was just begun: 202, or 200 to one who
// waited and saw its end.
func (s *Server) answerRun(w http.ResponseWriter, run *backfill.Run, waited bool) {
	status := http.StatusAccepted
	if waited && run.State.Over() {
		status = http.StatusOK
	}
	w.Header().Set("Location", "/api/v1/runs/"+run.ID)
	s.writeJSON(w, status, run)
}

// await returns the run when it is over, the time is up, or the server ends.
// The run has begun, so whatever happens here is no reason to refuse it.
func (s *Server) await(w http.ResponseWriter, r *http.Request, run *backfill.Run, wait time.Duration) *backfill.Run {
	extend(w, wait+s.limits.Write)
	ctx, cancel := context.WithTimeout(r.Context(), wait)
	defer cancel()
	defer context.AfterFunc(s.closing, cancel)()
	later, err := s.config.Runs.Wait(ctx, run.ID)
	if err != nil || later == nil {
		s.log.Debug("waiting for a run ended early", "run", run.ID, "error", err)
		return run
	}
	return later
}

// extend gives the answer this long from now. A writer without deadlines, as
// in tests, needs none.
func extend(w http.ResponseWriter, d time.Duration) {
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(d))
}

// request reads what to process and how.
func (s *Server) request(p *parameters) backfill.Request {
	request := backfill.Request{
		PBX:    p.names("pbx", "PBX", s.pbxNames()),
		Target: p.names("target", "target", s.config.Targets),
		DryRun: p.flag("dry_run"),
		Force:  p.flag("force"),
	}
	dated := p.has(period.StartParameter) || p.has(period.EndParameter)
	switch {
	case p.has("id") && dated:
		p.refuse("id", "", "stands beside a period; give either ids or start_date, in two requests if need be")
	case p.has("id"):
		request.Kind = backfill.ByIDs
		request.IDs = p.ids()
	case dated:
		request.Kind = backfill.ByPeriod
		s.readPeriod(p, &request)
	default:
		p.refuse(period.StartParameter, "", "is missing, and so is id; give the start of a period, such as -7 (seven days ago), or ids of calls")
	}
	return request
}
