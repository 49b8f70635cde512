package api

import (
	"net/http"
)

// getCall shows one call, by any linkedid or uniqueid that belongs to it:
// GET /api/v1/calls/{id}. Where several PBXs use the same id, pbx says which
// is meant.
func (s *Server) getCall(w http.ResponseWriter, r *http.Request, p *parameters) {
	pbx := p.name("pbx", "PBX", s.pbxNames())
	id := r.PathValue("id")
	if fault := idFault(id); fault != "" {
		p.faults = append(p.faults, Fault{"id", id, fault})
	}
	if refusal := p.refusal(); refusal != nil {
		WriteProblem(w, *refusal)
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
