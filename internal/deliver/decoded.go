package deliver

import (
	"slices"

	"ringback/internal/call"
	"ringback/internal/journal"
)

// decodings keeps the calls that were due in the last round: what waits for a limit is due
// again in the next one, many times a second.
type decodings struct {
	last, now map[decoding]*call.Call
}

type decoding struct {
	pbx, id  string
	revision int64
}

// begin starts a round: what was not due in the last one is forgotten.
func (d *decodings) begin(due int) { d.last, d.now = d.now, make(map[decoding]*call.Call, due) }

// call decodes a call that is due. Nobody may change it.
func (d *decodings) call(due *journal.DueDelivery) (*call.Call, error) {
	key := decoding{due.PBX, due.CallID, due.Revision}
	c := d.last[key]
	if c == nil || !slices.Equal(c.Contexts, due.Contexts) {
		var err error
		if c, err = decode([]byte(due.JSON), due.Contexts); err != nil {
			return nil, err
		}
	}
	d.now[key] = c
	return c, nil
}
