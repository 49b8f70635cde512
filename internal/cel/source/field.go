package source

import (
	"slices"
	"strings"
)

// Field is a field of CEL that a record takes.
type Field uint8

// The fields. Their names are those of Asterisk's cel_odbc.
const (
	EventType Field = iota
	EventTime
	UserDefType
	CIDName
	CIDNum
	CIDANI
	CIDRDNIS
	CIDDNID
	Exten
	Context
	ChanName
	AppName
	AppData
	AccountCode
	PeerAccount
	UniqueID
	LinkedID
	UserField
	Peer
	Extra

	// NumFields is how many fields there are.
	NumFields = int(Extra) + 1
)

// KeyField is the name under which Options.Columns and Description.Columns
// speak of the column that gives the order of writing.
const KeyField = "id"

// fieldNames are the names of cel_odbc, then those of other backends' samples
// and products: cel_sqlite3_custom and cel_custom (cidname, eventextra, acctcode,
// usereventname), cel_manager, hand-made tables.
var fieldNames = [NumFields][]string{
	EventType:   {"eventtype", "event_type", "eventname", "event_name", "eventenum", "event"},
	EventTime:   {"eventtime", "event_time", "eventdate"},
	UserDefType: {"userdeftype", "usereventname", "user_def_type", "user_event_name", "userdefinedtype"},
	CIDName:     {"cid_name", "cidname", "callerid_name", "calleridname"},
	CIDNum:      {"cid_num", "cidnum", "callerid_num", "calleridnum"},
	CIDANI:      {"cid_ani", "cidani", "callerid_ani", "calleridani"},
	CIDRDNIS:    {"cid_rdnis", "cidrdnis", "callerid_rdnis", "calleridrdnis"},
	CIDDNID:     {"cid_dnid", "ciddnid", "callerid_dnid", "calleriddnid"},
	Exten:       {"exten", "extension"},
	Context:     {"context", "dcontext"},
	ChanName:    {"channame", "chan_name", "channel", "channel_name", "channelname"},
	AppName:     {"appname", "app_name", "application", "app"},
	AppData:     {"appdata", "app_data", "applicationdata"},
	AccountCode: {"accountcode", "acctcode", "account_code"},
	PeerAccount: {"peeraccount", "peeracct", "peer_account", "peeraccountcode"},
	UniqueID:    {"uniqueid", "unique_id"},
	LinkedID:    {"linkedid", "linked_id"},
	UserField:   {"userfield", "user_field"},
	Peer:        {"peer", "bridgepeer", "bridge_peer"},
	Extra:       {"extra", "eventextra", "event_extra"},
}

// keyNames are usual names of the column that counts the rows.
var keyNames = []string{KeyField, "acctid", "cel_id", "celid", "rowid"}

// String is the field's name in cel_odbc.
func (f Field) String() string { return fieldNames[f][0] }

// IsKeyName says that a column of this name usually counts the rows.
func IsKeyName(name string) bool {
	return slices.Contains(keyNames, strings.ToLower(name))
}
