package api

import (
	"errors"
	"net/http"

	"ringback/internal/call"
	"ringback/internal/journal"
)

// listCalls shows calls of the journal, newest first: GET /api/v1/calls.
func (s *Server) listCalls(w http.ResponseWriter, r *http.Request, p *parameters) {
	f := journal.CallFilter{
		PBX:       p.name("pbx", "PBX", s.pbxNames()),
		Number:    p.text("number"),
		Direction: p.choice("direction", directions()...),
		Result:    p.choice("result", results()...),
	}
	f.Limit, f.Before = p.page()
	within := s.period(p, s.location(f.PBX))
	f.From, f.Until = within.Start, within.End
	if refusal := p.refusal(); refusal != nil {
		WriteProblem(w, *refusal)
		return
	}
	ctx, cancel := s.journalTime(r)
	defer cancel()
	calls, err := s.config.Calls.Calls(ctx, f)
	if errors.Is(err, journal.ErrNotFound) {
		p.refuse("before", f.Before, "is the id of no call in the journal")
		WriteProblem(w, *p.refusal())
		return
	}
	if err != nil {
		s.refuseError(w, r, err)
		return
	}
	writeRaw(w, http.StatusOK, appendCalls(calls))
}

// appendCalls is {"calls":[…]} of calls that are JSON already.
func appendCalls(calls []journal.Call) []byte {
	b := []byte(`{"calls":[`)
	for i, c := range calls {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, c.JSON...)
	}
	return append(b, "]}\n"...)
}

func directions() []string {
	return []string{string(call.Incoming), string(call.Outgoing), string(call.Internal), string(call.UnknownDirection)}
}

func results() []string {
	return []string{
		string(call.Answered), string(call.Voicemail), string(call.Missed), string(call.Busy), string(call.NoAnswer),
		string(call.Cancelled), string(call.Rejected), string(call.Congestion), string(call.Unavailable),
		string(call.WrongNumber), string(call.Failed), string(call.Service),
	}
}
