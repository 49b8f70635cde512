package api

import (
	"net/http"
)

// getCall shows one call, by any linkedid or uniqueid that belongs to it:
// GET /api/v1/calls/{id}. Where several PBXs use the same id, pbx says which
// is meant. With explain=1 the call is worked out anew, with the reasons.
func (s *Server) getCall(w http.ResponseWriter, r *http.Request, p *parameters) {
	pbx := p.name("pbx", "PBX", s.pbxNames())
	explain := p.flag("explain")
	id := r.PathValue("id")
	if fault := idFault(id); fault != "" {
		p.faults = append(p.faults, Fault{"id", id, fault})
	}
	if refusal := p.refusal(); refusal != nil {
		WriteProblem(w, *refusal)
		return
	}
	if explain {
		s.explainCall(w, r, pbx, id)
		return
	}
	ctx, cancel := s.journalTime(r)
	defer cancel()
	found, err := s.config.Calls.Call(ctx, pbx, id)
	if err != nil {
		s.refuseError(w, r, err)
		return
	}
	writeRaw(w, http.StatusOK, append(found.JSON, '\n'))
}
