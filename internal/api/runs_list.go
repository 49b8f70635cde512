package api

import (
	"bytes"
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
	portion, err := s.somePart(r, before, limit)
	if err != nil {
		s.refuseError(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	b := []byte(`{"runs":[`)
	for left := limit; len(portion) > 0; {
		for i, run := range portion {
			text, err := encode(run)
			s.orCutOff(err)
			if i > 0 || left < limit {
				b = append(b, ',')
			}
			b = append(b, bytes.TrimSpace(text)...)
			if _, err := w.Write(b); err != nil {
				return // the client has gone
			}
			b = b[:0]
		}
		left -= len(portion)
		if left <= 0 || len(portion) < runsAtOnce {
			break
		}
		extend(w, s.limits.Write)
		portion, err = s.somePart(r, portion[len(portion)-1].ID, left)
		s.orCutOff(err)
	}
	_, _ = w.Write(append(b, "]}\n"...)) // the client may be gone; there is nobody left to tell
}

// runsAtOnce is how many runs are held at a time: one may have a megabyte of ids.
const runsAtOnce = 10

// somePart reads the next few runs of a list.
func (s *Server) somePart(r *http.Request, before string, left int) ([]*backfill.Run, error) {
	ctx, cancel := s.journalTime(r)
	defer cancel()
	return s.config.Runs.List(ctx, before, min(left, runsAtOnce))
}

// orCutOff cuts an answer off that cannot go on, so that nobody takes a part for the whole.
func (s *Server) orCutOff(err error) {
	if err == nil {
		return
	}
	s.log.Warn("a list of runs is cut off: the journal could not serve the rest", "error", err)
	panic(http.ErrAbortHandler) //nolint:forbidigo // as recoverPanic does
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
