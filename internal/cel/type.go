package cel

import "strings"

// ParseType reads what stands in the columns eventtype, userdeftype and extra.
// Numbers are read as those of Asterisk 12 and later; see Numbering.ParseType.
//
// A user event (CELGenUserEvent) has its own name in eventtype, and that may
// be any text, even the name of a core event. It is known by userdeftype,
// which core events leave empty (but for those of fillsUserDefType), or by an
// extra that holds nothing but {"extra":…}. A name that no version of Asterisk
// uses is a user event too. userEvent is its name, "" for core events.
func ParseType(eventtype, userdeftype, extra string) (t Type, userEvent string) {
	return NumberingUnset.ParseType(eventtype, userdeftype, extra)
}

// ParseType is the function of that name for a table that may hold numbers.
func (n Numbering) ParseType(eventtype, userdeftype, extra string) (t Type, userEvent string) {
	t, known := typesByName[eventtype]
	if !known {
		number, ok := eventNumber(eventtype)
		if ok {
			t = n.typeOf(number)
			known = t != Unknown
		}
	}
	switch {
	case eventtype == "" && userdeftype == "":
		return Unknown, ""
	case !known:
	case isUserExtra(extra):
	case t == UserDefined:
		return UserDefined, userdeftype
	case userdeftype == "", t.fillsUserDefType():
		return t, ""
	}
	if userdeftype != "" {
		return UserDefined, userdeftype
	}
	if t == UserDefined {
		return UserDefined, ""
	}
	return UserDefined, eventtype
}

// isUserExtra says that extra is a user event's: an object whose first key is
// "extra" (apps/app_celgenuserevent.c). No core event has that key, and the end
// may be cut off.
func isUserExtra(extra string) bool {
	rest, ok := strings.CutPrefix(extra, "{")
	if !ok {
		return false
	}
	rest, ok = strings.CutPrefix(strings.TrimLeft(rest, " \t\r\n"), `"extra"`)
	return ok && strings.HasPrefix(strings.TrimLeft(rest, " \t\r\n"), ":")
}
