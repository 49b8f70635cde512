package api

import (
	"bytes"
	"context"
	"net/http"
	"time"

	"ringback/internal/backfill"
)

// lastEvent is the id of the event after which nothing more comes. A browser
// that connects again by itself sends it back, and is told to stop.
const lastEvent = "over"

// runEvents sends a run at each change, its present state first, as
// server-sent events: GET /api/v1/runs/{id}/events. The stream ends after the
// last change, when the watcher is too slow, or when the server ends.
func (s *Server) runEvents(w http.ResponseWriter, r *http.Request, p *parameters) {
	if refusal := p.refusal(); refusal != nil {
		WriteProblem(w, *refusal)
		return
	}
	if !s.watchers.take() {
		WriteProblem(w, full("watch runs"))
		return
	}
	defer s.watchers.leave()
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	defer context.AfterFunc(s.closing, cancel)()
	changes, err := s.config.Runs.Watch(ctx, r.PathValue("id"))
	if err != nil {
		s.refuseError(w, r, err)
		return
	}
	s.metrics.streams.Inc()
	defer s.metrics.streams.Dec()
	stream := &eventStream{w: w, controller: http.NewResponseController(w), limit: s.limits.Write}
	s.send(ctx, stream, changes, r.Header.Get("Last-Event-ID") == lastEvent)
}

// send passes changes on until there are no more. To one who has seen the end
// before, a run that is over has nothing to say.
func (s *Server) send(ctx context.Context, stream *eventStream, changes <-chan *backfill.Run, seenEnd bool) {
	heartbeat := time.NewTicker(s.limits.Heartbeat)
	defer heartbeat.Stop()
	for {
		var err error
		select {
		case <-ctx.Done():
			return
		case <-heartbeat.C:
			err = stream.write([]byte(": still here\n\n"))
		case run, more := <-changes:
			switch {
			case !more:
				return
			case seenEnd && run.State.Over():
				stream.w.WriteHeader(http.StatusNoContent)
				return
			}
			seenEnd = false
			err = stream.run(run)
		}
		if err != nil {
			s.log.Debug("an event stream ended: its watcher is gone or too slow", "error", err)
			return
		}
	}
}

// eventStream writes server-sent events (WHATWG HTML, section 9.2). Each write
// has its own deadline, since the stream outlives any deadline of the whole.
type eventStream struct {
	w          http.ResponseWriter
	controller *http.ResponseController
	limit      time.Duration
	begun      bool
}

func (e *eventStream) run(run *backfill.Run) error {
	data, err := encode(run)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if run.State.Over() {
		b.WriteString("id: " + lastEvent + "\n")
	}
	b.WriteString("data: ")
	b.Write(data) // one line, and its end
	b.WriteByte('\n')
	return e.write(b.Bytes())
}

func (e *eventStream) write(b []byte) error {
	if !e.begun {
		e.begun = true
		e.w.Header().Set("Content-Type", "text/event-stream")
		e.w.Header().Set("X-Accel-Buffering", "no") // nginx would hold events back
		e.w.WriteHeader(http.StatusOK)
	}
	extend(e.w, e.limit)
	if _, err := e.w.Write(b); err != nil {
		return err
	}
	return e.controller.Flush()
}
