package cel

import "time"

// Record is one row that Asterisk's Channel Event Logging wrote.
//
// A field that the backend does not keep is the empty string. Strings are
// safe to keep: no reader reuses their memory.
type Record struct {
	// ID is the place in the order of writing: the table's key, or the place
	// of the record in the file. It is unique within one source.
	ID int64
	// At is the moment of the event in microseconds since 1970-01-01 UTC.
	At int64
	// Fraction says that the backend kept the part of At below a second.
	Fraction bool
	// Type is the event, with the names and numbers of all versions of
	// Asterisk made one.
	Type Type
	// UserEvent is the name of a USER_DEFINED event, "" for others.
	UserEvent string

	CIDName, CIDNum, CIDANI, CIDRDNIS, CIDDNID string

	Exten, Context, Channel, App, AppData string

	AccountCode, PeerAccount string

	UniqueID, LinkedID string

	UserField string
	// Peer lists the other channels of a bridge (12+), or names the other
	// channel (up to 11).
	Peer string
	// Extra is the event's JSON (12+) or plain text (up to 11), as stored: it
	// may be cut off.
	Extra string
}

// Time is the moment of the event, in UTC.
func (r *Record) Time() time.Time { return time.UnixMicro(r.At).UTC() }
