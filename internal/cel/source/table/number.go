package table

import (
	"cmp"
	"hash/fnv"
	"slices"

	"ringback/internal/cel"
)

// In a table without a usable key, a record's ID is made of its content, so that
// it is the same whenever the row is read: seconds since 2000 above, and in the
// lower 32 bits what puts the rows of one second in order.
const (
	secondShift = 32
	second2000  = 946_684_800
)

// numberByTime gives IDs to records without, and sorts them. hasKey says that
// ID holds the value of a key that is not indexed.
func numberByTime(records []cel.Record, hasKey bool) {
	for i := range records {
		r := &records[i]
		low := uint32(r.ID)
		if !hasKey {
			low = withinSecond(r)
		}
		r.ID = secondID(r.At/1_000_000) | int64(low)
	}
	slices.SortStableFunc(records, func(a, b cel.Record) int { return cmp.Compare(a.ID, b.ID) })
	for i := 1; i < len(records); i++ {
		records[i].ID = max(records[i].ID, records[i-1].ID+1)
	}
}

// secondID is the least ID in a second since 1970.
func secondID(sec int64) int64 { return (sec - second2000) << secondShift }

// withinSecond orders records of one second by fraction, then by the order in
// which the events of a channel come, then by content.
func withinSecond(r *cel.Record) uint32 {
	h := fnv.New32a()
	for _, s := range []string{r.UniqueID, r.Channel, r.LinkedID, r.Peer, r.Extra, r.AppData, r.UserEvent} {
		h.Write([]byte(s))
		h.Write([]byte{0})
	}
	rank := rankOf(r.Type)
	if r.Fraction {
		return uint32(r.At%1_000_000)<<12 | rank<<8 | h.Sum32()&0xff
	}
	return rank<<28 | h.Sum32()>>4
}

// rankOf is a place from 0 to 15 in a channel's life.
func rankOf(t cel.Type) uint32 {
	switch t {
	case cel.ChanStart:
		return 0
	case cel.AppStart:
		return 2
	case cel.Answer:
		return 3
	case cel.BridgeEnter, cel.BridgeStart, cel.ConfEnter:
		return 4
	case cel.BridgeExit, cel.BridgeEnd, cel.ConfExit:
		return 9
	case cel.AppEnd:
		return 11
	case cel.Hangup:
		return 12
	case cel.ChanEnd:
		return 13
	case cel.LinkedIDEnd:
		return 15
	default:
		return 6
	}
}
