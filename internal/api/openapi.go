package api

import (
	_ "embed"
	"net/http"
)

// document describes this API. It is kept by hand: parameters are read more
// strictly than a generator's validation can (merged places, numbers as written, every
// fault at once). A test holds it against the routes, their parameters, and the
// answers; redocly lint holds it against OpenAPI.
//
//go:embed openapi.json
var document []byte

// openAPI shows the description of this API: GET /api/v1/openapi.json.
func (s *Server) openAPI(w http.ResponseWriter, _ *http.Request, p *parameters) {
	if refusal := p.refusal(); refusal != nil {
		WriteProblem(w, *refusal)
		return
	}
	writeRaw(w, http.StatusOK, document)
}
