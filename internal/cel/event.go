package cel

// Type is an event type. Types that only old or only new versions of Asterisk
// know stand side by side.
type Type uint8

// The event types; comments name the versions of Asterisk that write them
// (main/cel.c: cel_event_types).
const (
	Unknown Type = iota
	ChanStart
	ChanEnd
	Hangup
	Answer
	AppStart
	AppEnd
	BridgeEnter        // 12+
	BridgeExit         // 12+
	BridgeStart        // up to 11
	BridgeEnd          // up to 11
	BridgeUpdate       // up to 11
	ConfStart          // up to 11
	ConfEnd            // up to 11
	ConfEnter          // up to 11
	ConfExit           // up to 11
	ThreeWayStart      // up to 11
	ThreeWayEnd        // up to 11
	HookFlash          // up to 11
	Transfer           // up to 11
	ParkStart          //
	ParkEnd            //
	BlindTransfer      //
	AttendedTransfer   //
	Pickup             //
	Forward            //
	LinkedIDEnd        //
	UserDefined        //
	LocalOptimize      // 12+
	LocalOptimizeBegin // 18.18, 20.3, 21
	StreamBegin        // 20.16, 22.6, 23
	StreamEnd          // 20.16, 22.6, 23
	DTMF               // 20.16, 22.6, 23; may hold a PIN: never shown, logged or delivered
)
