package api

import (
	"time"

	"ringback/internal/backfill"
	"ringback/internal/period"
)

// readPeriod reads the period of a run: in the zone of the first PBX asked
// for, and for those with another zone once more, since each reads wall clocks
// in its own.
func (s *Server) readPeriod(p *parameters, request *backfill.Request) {
	loc := s.location(request.PBX...)
	within := s.period(p, loc)
	request.Start, request.End = within.Start, within.End
	if within == (period.Period{}) {
		return
	}
	for _, pbx := range s.chosen(request.PBX...) {
		if pbx.Location.String() == loc.String() {
			continue
		}
		own, err := period.Parse(p.moment(period.StartParameter), p.moment(period.EndParameter), pbx.Location, s.config.Now())
		if err != nil {
			p.refusePeriod(err, "in the time zone of the PBX "+pbx.Name+", ")
			return
		}
		if request.Periods == nil {
			request.Periods = map[string]backfill.Bounds{}
		}
		request.Periods[pbx.Name] = backfill.Bounds(own)
	}
}

// period reads start_date and end_date; wall clocks are those of loc. Neither
// given is no period.
func (s *Server) period(p *parameters, loc *time.Location) period.Period {
	start, end := p.moment(period.StartParameter), p.moment(period.EndParameter)
	if p.refused(period.StartParameter) || p.refused(period.EndParameter) || (start == nil && end == nil) {
		return period.Period{}
	}
	within, err := period.Parse(start, end, loc, s.config.Now())
	if err != nil {
		p.refusePeriod(err, "")
		return period.Period{}
	}
	return within
}

// refusePeriod notes what is wrong with a period.
func (p *parameters) refusePeriod(err error, where string) {
	for _, fault := range period.Errors(err) {
		p.refuse(fault.Parameter, fault.Value, where+fault.Message)
	}
}

// moment is the text of a parameter of the period grammar, nil when it is
// absent.
func (p *parameters) moment(name string) *string {
	a, ok := p.one(name)
	if !ok {
		return nil
	}
	if a.form == asBoolean {
		p.refuse(name, a.text, "takes a time, not true or false")
		return nil
	}
	return &a.text
}

func (s *Server) pbxNames() []string {
	names := make([]string, len(s.config.PBXs))
	for i, pbx := range s.config.PBXs {
		names[i] = pbx.Name
	}
	return names
}

// chosen are the PBXs of these names, in the order asked for; all when none of
// them is known.
func (s *Server) chosen(names ...string) []PBX {
	var chosen []PBX
	for _, name := range names {
		for _, pbx := range s.config.PBXs {
			if pbx.Name == name {
				chosen = append(chosen, pbx)
			}
		}
	}
	if chosen == nil {
		return s.config.PBXs
	}
	return chosen
}

// location is the zone of the first of the chosen PBXs.
func (s *Server) location(names ...string) *time.Location {
	for _, pbx := range s.chosen(names...) {
		return pbx.Location
	}
	return time.UTC
}
