package api

import (
	"context"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"
)

// exchange is what is noted of one request and its answer.
type exchange struct {
	http.ResponseWriter
	status int
	bytes  int64
	// route is the pattern that was asked for: paths hold ids and numbers.
	route string
	// account is who asked; "" before log-in.
	account string
	// quiet requests come every few seconds and are logged for debugging only.
	quiet bool
}

func (e *exchange) WriteHeader(status int) {
	if e.status == 0 && status >= http.StatusOK {
		e.status = status
	}
	e.ResponseWriter.WriteHeader(status)
}

func (e *exchange) Write(b []byte) (int, error) {
	if e.status == 0 {
		e.status = http.StatusOK
	}
	n, err := e.ResponseWriter.Write(b)
	e.bytes += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController reach the connection.
func (e *exchange) Unwrap() http.ResponseWriter { return e.ResponseWriter }

type exchangeKey struct{}

// exchangeOf is what is noted of the request that ctx belongs to.
func exchangeOf(ctx context.Context) *exchange {
	if e, ok := ctx.Value(exchangeKey{}).(*exchange); ok {
		return e
	}
	return &exchange{}
}

// shell is what every request passes through, whatever it asks for.
func (s *Server) shell(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		e := &exchange{ResponseWriter: w, route: "none"}
		r = r.WithContext(context.WithValue(r.Context(), exchangeKey{}, e))
		if r.Body != nil {
			r.Body = http.MaxBytesReader(e, r.Body, maxBody)
		}
		secure(e.Header())
		started := s.config.Now()
		s.metrics.underway.Inc()
		defer func() {
			s.metrics.underway.Dec()
			s.note(r, e, s.config.Now().Sub(started))
		}()
		defer s.recoverPanic(e, r)
		next.ServeHTTP(e, r)
	})
}

// secure sets headers that keep an answer from being taken for something else,
// framed, or kept. Pages that need more replace them.
func secure(h http.Header) {
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
}

// recoverPanic turns a fault of the program into an answer and a line in the
// log. An answer that has begun can only be cut off, so that nobody takes a
// half for the whole.
func (s *Server) recoverPanic(e *exchange, r *http.Request) {
	fault := recover()
	if fault == nil {
		return
	}
	if fault != http.ErrAbortHandler { //nolint:errorlint // a panic's value, compared as net/http does
		s.log.Error("a request met a fault of the program", "route", e.route, "method", r.Method, "fault", fault, "stack", string(debug.Stack()))
	}
	if e.status != 0 || fault == http.ErrAbortHandler { //nolint:errorlint // as above
		panic(http.ErrAbortHandler) //nolint:forbidigo // net/http's way to cut an answer off; it catches this itself
	}
	WriteProblem(e, internalFault())
}

func internalFault() Problem {
	return Problem{Status: http.StatusInternalServerError, Detail: "a fault of the program; its log says more"}
}

// note counts and logs one answered request. Nothing of the query, the path or
// the body is logged: they hold numbers of people, and secrets that strayed.
func (s *Server) note(r *http.Request, e *exchange, took time.Duration) {
	if e.status == 0 {
		e.status = http.StatusOK
	}
	s.metrics.count(e.route, r.Method, e.status, took)
	level := slog.LevelInfo
	if e.quiet {
		level = slog.LevelDebug
	}
	s.log.LogAttrs(r.Context(), level, "request",
		slog.String("method", r.Method), slog.String("route", e.route), slog.Int("status", e.status),
		slog.Int64("bytes", e.bytes), slog.Duration("took", took),
		slog.String("remote", s.config.ClientAddress(r)), slog.String("account", e.account))
}
