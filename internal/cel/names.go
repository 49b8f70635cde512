package cel

// typeNames are the names that Asterisk writes into eventtype
// (main/cel.c: cel_event_types, branches 1.8 to 23).
var typeNames = [...]string{
	Unknown:            "",
	ChanStart:          "CHAN_START",
	ChanEnd:            "CHAN_END",
	Hangup:             "HANGUP",
	Answer:             "ANSWER",
	AppStart:           "APP_START",
	AppEnd:             "APP_END",
	BridgeEnter:        "BRIDGE_ENTER",
	BridgeExit:         "BRIDGE_EXIT",
	BridgeStart:        "BRIDGE_START",
	BridgeEnd:          "BRIDGE_END",
	BridgeUpdate:       "BRIDGE_UPDATE",
	ConfStart:          "CONF_START",
	ConfEnd:            "CONF_END",
	ConfEnter:          "CONF_ENTER",
	ConfExit:           "CONF_EXIT",
	ThreeWayStart:      "3WAY_START",
	ThreeWayEnd:        "3WAY_END",
	HookFlash:          "HOOKFLASH",
	Transfer:           "TRANSFER",
	ParkStart:          "PARK_START",
	ParkEnd:            "PARK_END",
	BlindTransfer:      "BLINDTRANSFER",
	AttendedTransfer:   "ATTENDEDTRANSFER",
	Pickup:             "PICKUP",
	Forward:            "FORWARD",
	LinkedIDEnd:        "LINKEDID_END",
	UserDefined:        "USER_DEFINED",
	LocalOptimize:      "LOCAL_OPTIMIZE",
	LocalOptimizeBegin: "LOCAL_OPTIMIZE_BEGIN",
	StreamBegin:        "STREAM_BEGIN",
	StreamEnd:          "STREAM_END",
	DTMF:               "DTMF",
}

// typesByName is typeNames the other way round.
var typesByName = func() map[string]Type {
	m := make(map[string]Type, len(typeNames))
	for t, name := range typeNames {
		if name != "" {
			m[name] = Type(t)
		}
	}
	return m
}()

// String is the name that Asterisk writes for the type, "" for Unknown.
func (t Type) String() string {
	if int(t) >= len(typeNames) {
		return ""
	}
	return typeNames[t]
}

// fillsUserDefType says that Asterisk itself writes something into
// userdeftype for this type (20.16, 22.6, 23), so that a filled one is no sign
// of a user event.
func (t Type) fillsUserDefType() bool {
	switch t {
	case StreamBegin, StreamEnd, DTMF, LocalOptimize, LocalOptimizeBegin:
		return true
	default:
		return false
	}
}
