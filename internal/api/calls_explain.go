package api

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"ringback/internal/call"
	"ringback/internal/cel/source"
	"ringback/internal/crm/policy"
	"ringback/internal/sweep"
)

// Explainer works a call out anew from the PBX's records and says why it looks
// as it does. It returns nothing when no record has the id.
type Explainer interface {
	Explain(ctx context.Context, pbx, id string) ([]sweep.Explained, error)
	// Deliveries says what each target is given of a call, and by which rules. It
	// asks no target.
	Deliveries(c *call.Call) []policy.Decision
}

// explained is the answer to GET /api/v1/calls/{id}?explain=1.
type explained struct {
	Call        *call.Call        `json:"call"`
	Explanation *call.Explanation `json:"explanation"`
	// Ladder is the explanation drawn for people, in a fixed-width font.
	Ladder string `json:"ladder"`
	// Deliveries are what the targets are given of the call.
	Deliveries []policy.Decision `json:"deliveries"`
}

// explainCall answers with the call as its records tell it now, whether the
// journal has it or not; the newest where an id came again.
func (s *Server) explainCall(w http.ResponseWriter, r *http.Request, pbx, id string) {
	ctx, cancel := s.journalTime(r)
	defer cancel()
	found, err := s.config.Explainer.Explain(ctx, pbx, id)
	if unreadable(err) {
		s.log.Warn("a call could not be explained", "error", err)
		WriteProblem(w, Problem{
			Status: http.StatusServiceUnavailable, RetryAfter: journalPause,
			Detail: "the PBX's records cannot be read now. Look at /status, and try again",
		})
		return
	}
	if err != nil {
		s.refuseError(w, r, err)
		return
	}
	if len(found) == 0 {
		WriteProblem(w, Problem{Status: http.StatusNotFound, Detail: "no record of a PBX has this id"})
		return
	}
	newest := found[len(found)-1]
	var ladder strings.Builder
	if err := newest.Explanation.WriteText(&ladder); err != nil {
		s.refuseError(w, r, err)
		return
	}
	s.writeJSON(w, http.StatusOK, explained{newest.Call, newest.Explanation, ladder.String(), s.config.Explainer.Deliveries(newest.Call)})
}

// unreadable says that the PBX's records are why there is no explanation: away,
// not as configured, or too slow.
func unreadable(err error) bool {
	_, away := errors.AsType[*source.UnavailableError](err)
	_, wrong := errors.AsType[*source.SetupError](err)
	return away || wrong || errors.Is(err, context.DeadlineExceeded)
}
