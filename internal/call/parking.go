package call

import (
	"slices"

	"ringback/internal/dialplan"
)

// decideParking lists the stays in parking lots.
func (m *model) decideParking(c *Call) {
	for i := range m.parks {
		p := &m.parks[i]
		if p.parked == nil {
			continue
		}
		stay := Parking{By: m.parkerOf(p), At: m.at(p.at), Until: m.at(p.until)}
		switch {
		case retrievedReason(p.reason):
			stay.Result = ParkRetrieved
			if p.retriever != nil {
				stay.RetrievedBy = p.retriever.party.Label()
			}
		case p.reason == "ParkedCallTimeOut":
			stay.Result = ParkTimedOut
		case p.reason == "":
			if p.parked.over() || !c.InProgress {
				stay.Result, stay.Until = ParkAbandoned, m.at(p.parked.until())
			}
		default:
			stay.Result = ParkAbandoned
		}
		m.because("parked", "PARK_START and PARK_END: "+p.reason, p.parked.records)
		c.Parked = append(c.Parked, stay)
	}
}

// retrievedReason says that PARK_END tells of a retrieval (res_parking.c; up
// to 11 main/features.c).
func retrievedReason(reason string) bool {
	return reason == "ParkedCallUnparked" || reason == "UnParkedCall" || reason == "ParkedCallSwap"
}

// parkerOf is who parked: the one who transferred to the lot, else the one
// whom the lot would ring back, else the last who talked with the parked.
func (m *model) parkerOf(p *parkEvent) string {
	for i := len(m.transfers) - 1; i >= 0; i-- {
		t := &m.transfers[i]
		if m.toLot(t, p) && t.by != nil {
			return t.by.party.Label()
		}
	}
	if c := m.named(p.parker, p.at); c != nil && c != p.parked {
		return c.party.Label()
	}
	for _, d := range dialplan.ParseDial(p.parker) {
		if m.settings.Plan.Extension(d.Endpoint) {
			return d.Endpoint
		}
		for _, c := range m.channels {
			if c.name.Endpoint == d.Endpoint && c != p.parked {
				return c.party.Label()
			}
		}
	}
	for i := len(m.talks) - 1; i >= 0; i-- {
		t := &m.talks[i]
		if t.from > p.at || !slices.Contains(t.channels, p.parked) {
			continue
		}
		for _, c := range t.channels {
			if c != p.parked {
				return c.party.Label()
			}
		}
	}
	return ""
}

// toLot says that a blind transfer was the parking of a call.
func (m *model) toLot(t *transferEvent, p *parkEvent) bool {
	return t.kind == Blind && t.transferee == p.parked && p.at >= t.at-m.slack && p.at <= t.at+2*slackSeconds &&
		!m.talkedBetween(p.parked, t.at+m.slack, p.at)
}
