package api

import "net/http"

// healthz says that the process answers: GET /healthz.
func (s *Server) healthz(w http.ResponseWriter, _ *http.Request) {
	answerProbe(w, http.StatusOK, "ok\n")
}

// readyz says whether everything that work needs can be reached:
// GET /readyz. What is missing is told by /status, to those who log in.
func (s *Server) readyz(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := s.journalTime(r)
	defer cancel()
	if s.closing.Err() != nil || !s.config.Status.Ready(ctx) {
		answerProbe(w, http.StatusServiceUnavailable, "not ready\n")
		return
	}
	answerProbe(w, http.StatusOK, "ready\n")
}

func answerProbe(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text)) // the client may be gone; there is nobody left to tell
}
