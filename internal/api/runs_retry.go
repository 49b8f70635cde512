package api

import "net/http"

// retryRun makes a new run of the calls that failed in another:
// POST /api/v1/runs/{id}/retry.
func (s *Server) retryRun(w http.ResponseWriter, r *http.Request, p *parameters) {
	if refusal := p.refusal(); refusal != nil {
		WriteProblem(w, *refusal)
		return
	}
	ctx, cancel := s.journalTime(r)
	defer cancel()
	run, err := s.config.Runs.Retry(ctx, r.PathValue("id"), s.config.Account(r.Context()).Name)
	if err != nil {
		s.refuseError(w, r, err)
		return
	}
	s.answerRun(w, run, false)
}
