// Package faultnet injects faults into HTTP servers of tests: replies that are lost
// before or after the effect, cut off, slow, or something else altogether.
//
// It knows no CRM. It is no part of the program.
package faultnet

import (
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync/atomic"
	"time"
)

// Fault is what happens to one request.
type Fault struct {
	Kind Kind
	// Status is answered by Answer; Header and Body go with it.
	Status int
	Header map[string]string
	Body   string
	// Delay is how long Slow takes before the request is served.
	Delay time.Duration
}

// Kind is a kind of fault.
type Kind int

// The kinds of fault.
const (
	// None: the request is served.
	None Kind = iota
	// LoseBefore: the connection is closed, and nothing was done.
	LoseBefore
	// LoseAfter: the request is served, and the connection closed before a reply.
	LoseAfter
	// CutOff: the request is served, and the reply breaks off in the middle.
	CutOff
	// Answer: the request is not served; Status, Header and Body are the reply.
	Answer
	// AnswerAfter: the request is served, but Status, Header and Body are the reply.
	AnswerAfter
	// Slow: the request is served after Delay, or not if the client has gone.
	Slow
)

// Wrap puts faults before a handler: script gives that of the nth request, from 0.
// It may be asked from several goroutines.
func Wrap(handler http.Handler, script func(n int64, r *http.Request) Fault) http.Handler {
	var n atomic.Int64
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fault := script(n.Add(1)-1, r)
		switch fault.Kind {
		case None:
			handler.ServeHTTP(w, r)
		case LoseBefore:
			hangUp(w)
		case LoseAfter:
			handler.ServeHTTP(httptest.NewRecorder(), r)
			hangUp(w)
		case CutOff:
			cutOff(w, r, handler)
		case Answer:
			answer(w, fault)
		case AnswerAfter:
			handler.ServeHTTP(httptest.NewRecorder(), r)
			answer(w, fault)
		case Slow:
			select {
			case <-time.After(fault.Delay):
				handler.ServeHTTP(w, r)
			case <-r.Context().Done():
			}
		}
	})
}

func answer(w http.ResponseWriter, fault Fault) {
	for name, value := range fault.Header {
		w.Header().Set(name, value)
	}
	w.WriteHeader(fault.Status)
	_, _ = w.Write([]byte(fault.Body)) // the client may have gone
}

// hangUp closes the connection without a reply.
func hangUp(w http.ResponseWriter) {
	if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
		conn.Close()
	}
}

// cutOff sends half of what the handler replies.
func cutOff(w http.ResponseWriter, r *http.Request, handler http.Handler) {
	reply := httptest.NewRecorder()
	handler.ServeHTTP(reply, r)
	conn, buffer, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	defer conn.Close()
	body := reply.Body.Bytes()
	_, _ = buffer.WriteString("HTTP/1.1 " + strconv.Itoa(reply.Code) + " \r\nContent-Type: " + reply.Header().Get("Content-Type") +
		"\r\nContent-Length: " + strconv.Itoa(len(body)+1) + "\r\n\r\n")
	_, _ = buffer.Write(body[:len(body)/2])
	_ = buffer.Flush() // it was to break off anyway
}

// Once gives a fault to the first request, and none to the others.
func Once(fault Fault) func(int64, *http.Request) Fault {
	return Nth(0, fault)
}

// Nth gives a fault to the nth request, from 0, and none to the others.
func Nth(nth int64, fault Fault) func(int64, *http.Request) Fault {
	return func(n int64, _ *http.Request) Fault {
		if n == nth {
			return fault
		}
		return Fault{}
	}
}
