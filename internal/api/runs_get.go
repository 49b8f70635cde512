package api

import "net/http"

// getRun shows one run: GET /api/v1/runs/{id}.
func (s *Server) getRun(w http.ResponseWriter, r *http.Request, p *parameters) {
	if refusal := p.refusal(); refusal != nil {
		WriteProblem(w, *refusal)
		return
	}
	ctx, cancel := s.journalTime(r)
	defer cancel()
	run, err := s.config.Runs.Get(ctx, r.PathValue("id"))
	if err != nil {
		s.refuseError(w, r, err)
		return
	}
	s.writeJSON(w, http.StatusOK, run)
}
