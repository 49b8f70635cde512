package api

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strconv"
	"time"
)

// Problem is a refusal in the form of RFC 9457.
type Problem struct {
	Status int
	// Detail says what happened, to what, and what to do.
	Detail string
	// Faults name the parameters that were wrong, all of them at once.
	Faults []Fault
	// RetryAfter, when not zero, becomes the header of that name.
	RetryAfter time.Duration
}

// Fault is what is wrong with one parameter.
type Fault struct {
	Parameter string `json:"parameter"`
	// Value is what came, shortened; "" where it may hold a secret.
	Value   string `json:"value"`
	Message string `json:"message"`
}

// maxEcho is how much of a value is shown again, in characters.
const maxEcho = 100

// shorten cuts s to what an answer shows of it.
func shorten(s string) string {
	count := 0
	for i := range s {
		if count == maxEcho {
			return s[:i] + "…"
		}
		count++
	}
	return s
}

// WriteProblem answers with p as application/problem+json.
func WriteProblem(w http.ResponseWriter, p Problem) {
	faults := make([]Fault, 0, len(p.Faults))
	for _, f := range p.Faults {
		faults = append(faults, Fault{shorten(f.Parameter), shorten(f.Value), f.Message})
	}
	h := w.Header()
	if p.RetryAfter > 0 {
		seconds := int64((p.RetryAfter + time.Second - 1) / time.Second)
		h.Set("Retry-After", strconv.FormatInt(seconds, 10))
	}
	b, _ := encode(struct { // texts and numbers cannot fail to encode
		Type   string  `json:"type"`
		Title  string  `json:"title"`
		Status int     `json:"status"`
		Detail string  `json:"detail"`
		Errors []Fault `json:"errors"`
	}{"about:blank", http.StatusText(p.Status), p.Status, p.Detail, faults})
	h.Set("Content-Type", "application/problem+json")
	w.WriteHeader(p.Status)
	_, _ = w.Write(b) // the client may be gone; there is nobody left to tell
}

// writeJSON answers with body. It is encoded before the first byte goes out,
// so that what cannot be encoded becomes an error and no half answer.
func (s *Server) writeJSON(w http.ResponseWriter, status int, body any) {
	b, err := encode(body)
	if err != nil {
		s.log.Error("an answer cannot be written as JSON", "error", err)
		WriteProblem(w, internalFault())
		return
	}
	writeRaw(w, status, b)
}

// writeRaw answers with JSON that is encoded already.
func writeRaw(w http.ResponseWriter, status int, b []byte) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(b) // the client may be gone; there is nobody left to tell
}

// encode writes JSON for people and programs: "<" stays "<".
func encode(body any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(body)
	return b.Bytes(), err
}
