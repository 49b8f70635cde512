package call

import (
	"strings"

	"ringback/internal/cel"
)

// transferEvent is a BLINDTRANSFER or ATTENDEDTRANSFER.
type transferEvent struct {
	kind TransferKind
	at   int64
	// by is the channel that the transferer was talking on, second the one on
	// which an attended transfer was prepared (the same for a feature code).
	by, second *channel
	// transferee is who was handed over, target the channel handed over to.
	// Both may be unknown: "N/A" in a bridge of several.
	transferee, target *channel
	// extension is where a blind transfer leads.
	extension string
	// application is what an attended transfer leads into instead of a bridge.
	application string
	record      *cel.Record
}

// parkEvent is a stay in a parking lot.
type parkEvent struct {
	parked    *channel
	at, until int64
	parker    string
	reason    string
	retriever *channel
}

// pickupEvent says that picker took the call that rang at target.
type pickupEvent struct {
	at             int64
	target, picker *channel
}

// forwardEvent says that a telephone sent a call on to another number.
type forwardEvent struct {
	at     int64
	by     *channel
	number string
	record *cel.Record
}

// readEvents collects the records that speak of more than their own channel.
func (m *model) readEvents() {
	for i := range m.records {
		r := &m.records[i]
		switch r.Type {
		case cel.BlindTransfer:
			m.transfers = append(m.transfers, m.blindTransfer(r))
		case cel.AttendedTransfer:
			m.transfers = append(m.transfers, m.attendedTransfer(r))
		case cel.ParkStart:
			m.parkStart(r)
		case cel.ParkEnd:
			m.parkEnd(r)
		case cel.Pickup:
			m.pickups = append(m.pickups, m.pickup(r))
		case cel.Forward:
			f := m.forward(r)
			m.forwards = append(m.forwards, f)
			if f.by != nil {
				f.by.sentOn = append(f.by.sentOn, r.At)
			}
		}
	}
	m.findForwarded()
}

// findForwarded gives each FORWARD the Local pair that was made for it: the
// oldest at that time that leads to the number and is no other's.
func (m *model) findForwarded() {
	if len(m.forwards) == 0 {
		return
	}
	waiting := make(map[string][]*channel)
	for _, c := range m.channels {
		if c.name.Half == 1 {
			waiting[c.name.Exten] = append(waiting[c.name.Exten], c)
		}
	}
	for i := range m.forwards {
		f := &m.forwards[i]
		number, _, _ := strings.Cut(f.number, "@")
		list := waiting[number]
		for len(list) > 0 && list[0].start < f.at-m.slack {
			list = list[1:]
		}
		if len(list) > 0 && list[0].start <= f.at+m.slack {
			list[0].forwarded = f.record
			list = list[1:]
		}
		waiting[number] = list
	}
}

func (m *model) blindTransfer(r *cel.Record) transferEvent {
	t := transferEvent{kind: Blind, at: r.At, by: m.find(r.UniqueID), record: r}
	if !strings.HasPrefix(r.Extra, "{") {
		if r.Extra != r.LinkedID {
			// A flash on an analogue line gives the linkedid (chan_dahdi.c).
			t.extension = r.Extra
		}
		t.transferee = m.named(r.Peer, r.At)
		return t
	}
	t.extension, _ = cel.Field(r.Extra, "extension")
	t.transferee = m.referred(r, "transferee_channel")
	return t
}

func (m *model) attendedTransfer(r *cel.Record) transferEvent {
	t := transferEvent{kind: Attended, at: r.At, by: m.find(r.UniqueID), record: r}
	if !strings.HasPrefix(r.Extra, "{") {
		t.target = m.named(r.Peer, r.At)
		return t
	}
	t.second = m.referred(r, "channel2")
	t.transferee = m.referred(r, "transferee_channel")
	t.target = m.referred(r, "transfer_target_channel")
	t.application, _ = cel.Field(r.Extra, "app")
	return t
}

// referred is the channel that a record names by uniqueid or, where that was
// cut off, by name.
func (m *model) referred(r *cel.Record, key string) *channel {
	if id, ok := cel.Field(r.Extra, key+"_uniqueid"); ok {
		if c := m.find(id); c != nil {
			return c
		}
	}
	name, _ := cel.Field(r.Extra, key+"_name")
	return m.named(name, r.At)
}

func (m *model) parkStart(r *cel.Record) {
	p := parkEvent{parked: m.find(r.UniqueID), at: r.At}
	p.parker, _ = cel.Field(r.Extra, "parker_dial_string")
	if p.parker == "" {
		p.parker = r.Peer
	}
	m.parks = append(m.parks, p)
}

func (m *model) parkEnd(r *cel.Record) {
	for i := len(m.parks) - 1; i >= 0; i-- {
		p := &m.parks[i]
		if p.parked == nil || p.parked.id != r.UniqueID || p.until != 0 {
			continue
		}
		p.until = r.At
		p.reason = r.Extra
		if reason, ok := cel.Field(r.Extra, "reason"); ok {
			p.reason = reason
		}
		retriever, _ := cel.Field(r.Extra, "retriever")
		p.retriever = m.named(retriever, r.At)
		return
	}
}

func (m *model) pickup(r *cel.Record) pickupEvent {
	p := pickupEvent{at: r.At, target: m.find(r.UniqueID)}
	p.picker = m.referred(r, "pickup_channel")
	if p.picker == nil {
		name, _ := cel.Field(r.Extra, "pickup_channel")
		if name == "" {
			name = r.Peer
		}
		p.picker = m.named(name, r.At)
	}
	return p
}

func (m *model) forward(r *cel.Record) forwardEvent {
	f := forwardEvent{at: r.At, by: m.find(r.UniqueID), record: r}
	f.number = r.Extra
	if number, ok := cel.Field(r.Extra, "forward"); ok {
		f.number = number
	}
	return f
}
