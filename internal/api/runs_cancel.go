package api

import "net/http"

// cancelRun ends a run before its time: POST /api/v1/runs/{id}/cancel.
func (s *Server) cancelRun(w http.ResponseWriter, r *http.Request, p *parameters) {
	if refusal := p.refusal(); refusal != nil {
		WriteProblem(w, *refusal)
		return
	}
	ctx, cancel := s.journalTime(r)
	defer cancel()
	run, err := s.config.Runs.Cancel(ctx, r.PathValue("id"))
	if err != nil {
		s.refuseError(w, r, err)
		return
	}
	s.writeJSON(w, http.StatusAccepted, run)
}
