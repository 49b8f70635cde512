package api

import (
	"net/http"

	"ringback/internal/backfill"
)

// runCalls shows what became of each call of a run:
// GET /api/v1/runs/{id}/calls.
func (s *Server) runCalls(w http.ResponseWriter, r *http.Request, p *parameters) {
	outcome := p.choice("outcome", string(backfill.Delivered), string(backfill.Skipped), string(backfill.CallFailed), string(backfill.InProgress))
	limit, before := p.page()
	if refusal := p.refusal(); refusal != nil {
		WriteProblem(w, *refusal)
		return
	}
	ctx, cancel := s.journalTime(r)
	defer cancel()
	calls, err := s.config.Runs.Outcomes(ctx, r.PathValue("id"), backfill.Outcome(outcome), before, limit)
	if err != nil {
		s.refuseError(w, r, err)
		return
	}
	s.writeJSON(w, http.StatusOK, struct {
		Calls []backfill.CallOutcome `json:"calls"`
	}{present(calls)})
}
