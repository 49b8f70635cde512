package api

import (
	"net/http"

	"ringback/internal/backfill"
)

// The sizes of a page of a list.
const (
	defaultPage = 50
	maxPage     = 500
)

// listRuns shows runs, newest first: GET /api/v1/runs.
func (s *Server) listRuns(w http.ResponseWriter, r *http.Request, p *parameters) {
	limit, before := p.page()
	if refusal := p.refusal(); refusal != nil {
		WriteProblem(w, *refusal)
		return
	}
	ctx, cancel := s.journalTime(r)
	defer cancel()
	runs, err := s.config.Runs.List(ctx, before, limit)
	if err != nil {
		s.refuseError(w, r, err)
		return
	}
	s.writeJSON(w, http.StatusOK, struct {
		Runs []*backfill.Run `json:"runs"`
	}{present(runs)})
}

// page reads limit and before: how many items are wanted, and the id of the
// item just before the first of them.
func (p *parameters) page() (limit int, before string) {
	return p.whole("limit", 1, maxPage, defaultPage), p.text("before")
}

// present makes an absent list an empty one.
func present[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
