package cel

import "strings"

// Numbering says which numbers stand for which events in a table whose
// eventtype column is an integer. Asterisk 12 gave most of them new meanings.
type Numbering uint8

const (
	// NumberingUnset is for names; numbers are then read as NumberingNew.
	NumberingUnset Numbering = iota
	// NumberingOld is that of Asterisk up to 11.
	NumberingOld
	// NumberingNew is that of Asterisk 12 and later.
	NumberingNew
)

// The numbers of include/asterisk/cel.h: enum ast_cel_event_type.
var (
	oldNumbers = [...]Type{
		1: ChanStart, 2: ChanEnd, 3: Hangup, 4: Answer, 5: AppStart, 6: AppEnd,
		7: BridgeStart, 8: BridgeEnd, 9: ConfStart, 10: ConfEnd, 11: ParkStart, 12: ParkEnd,
		13: BlindTransfer, 14: AttendedTransfer, 15: Transfer, 16: HookFlash, 17: ThreeWayStart, 18: ThreeWayEnd,
		19: ConfEnter, 20: ConfExit, 21: UserDefined, 22: LinkedIDEnd, 23: BridgeUpdate, 24: Pickup, 25: Forward,
	}
	newNumbers = [...]Type{
		1: ChanStart, 2: ChanEnd, 3: Hangup, 4: Answer, 5: AppStart, 6: AppEnd,
		7: BridgeEnter, 8: BridgeExit, 9: ParkStart, 10: ParkEnd, 11: BlindTransfer, 12: AttendedTransfer,
		13: UserDefined, 14: LinkedIDEnd, 15: Pickup, 16: Forward, 17: LocalOptimize, 18: LocalOptimizeBegin,
		19: StreamBegin, 20: StreamEnd, 21: DTMF,
	}
)

// typeOf is the event with this number, Unknown where there is none.
func (n Numbering) typeOf(number int) Type {
	numbers := newNumbers[:]
	if n == NumberingOld {
		numbers = oldNumbers[:]
	}
	if number >= len(numbers) {
		return Unknown
	}
	return numbers[number]
}

// NumberingSample gathers from some rows of a table which Numbering it has.
// The zero value is ready.
type NumberingSample struct {
	numbers  bool
	old, new int
}

// Add takes one row into account. Rows with names say nothing.
func (s *NumberingSample) Add(eventtype, extra string) {
	number, ok := eventNumber(eventtype)
	if !ok {
		return
	}
	s.numbers = true
	switch {
	case number > 21:
		// Only the old numbering goes beyond 21, and every call of it ends
		// with 22: that outweighs the guesses below.
		s.old += 100
	case strings.HasPrefix(extra, "{"):
		// Only 12 and later write JSON.
		s.new++
	case number == 14:
		// LINKEDID_END ends every call of the new numbering; the old 14 is
		// an attended transfer, rare, and names something in extra.
		if extra == "" {
			s.new++
		}
	case number == 3 && strings.Count(extra, ",") >= 2:
		// HANGUP's "cause,source,dialstatus" of up to 11.
		s.old++
	}
}

// Numbering is what the rows speak for; NumberingUnset when none had a number.
func (s *NumberingSample) Numbering() Numbering {
	switch {
	case !s.numbers:
		return NumberingUnset
	case s.old > s.new:
		return NumberingOld
	default:
		return NumberingNew
	}
}

// eventNumber reads an eventtype that is a number.
func eventNumber(eventtype string) (int, bool) {
	if eventtype == "" || len(eventtype) > 3 {
		return 0, false
	}
	n := 0
	for i := range len(eventtype) {
		c := eventtype[i]
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, true
}
