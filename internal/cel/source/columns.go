package source

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Columns says which column of a table or file holds which field: its place in
// the list that was matched, -1 for a field that is absent.
type Columns [NumFields]int

// MatchColumns finds the fields among the columns called names, by their usual
// names in any case, or by those that own gives. Absent fields that matter are
// warned of; without one of those that nothing can be made of a record, it
// fails with a *SetupError.
func MatchColumns(place string, names []string, own map[string]string) (Columns, []Warning, error) {
	byName := make(map[string]int, len(names))
	for i, name := range names {
		lower := strings.ToLower(strings.TrimSpace(name))
		if _, twice := byName[lower]; !twice {
			byName[lower] = i
		}
	}
	if err := checkOwn(place, byName, names, own); err != nil {
		return Columns{}, nil, err
	}
	var cols Columns
	for f := range NumFields {
		cols[f] = -1
		candidates := fieldNames[f]
		if name, ok := own[Field(f).String()]; ok {
			candidates = []string{strings.ToLower(name)}
		}
		for _, name := range candidates {
			if i, ok := byName[name]; ok {
				cols[f] = i
				break
			}
		}
	}
	warnings, err := checkAbsent(place, cols, names)
	return cols, warnings, err
}

// checkOwn sees that the names given by the user exist.
func checkOwn(place string, byName map[string]int, names []string, own map[string]string) error {
	for _, field := range slices.Sorted(maps.Keys(own)) {
		known := field == KeyField
		for f := range NumFields {
			known = known || Field(f).String() == field
		}
		if !known {
			return &SetupError{
				Place:   place,
				Problem: fmt.Sprintf("the settings name a column for %q, which is no field of CEL", field),
				Remedy:  "fields are called " + allFields(),
			}
		}
		if _, ok := byName[strings.ToLower(own[field])]; !ok {
			return &SetupError{
				Place:   place,
				Problem: fmt.Sprintf("there is no column %q, which the settings name for %s", own[field], field),
				Remedy:  "its columns are " + strings.Join(names, ", "),
			}
		}
	}
	return nil
}

func allFields() string {
	names := []string{KeyField}
	for f := range NumFields {
		names = append(names, Field(f).String())
	}
	return strings.Join(names, ", ")
}

// absence says what is lost without a field that is not required.
type absence struct {
	field Field
	text  string
}

var absences = []absence{
	{Extra, "hang-up causes, bridges and the parties of transfers are not recorded, and are guessed from channels and times; " +
		"add a column extra (text) and, for cel_odbc, nothing else is needed"},
	{ChanName, "neither telephones nor trunks can be told; add a column channame"},
	{Peer, "who talked with whom is less certain; add a column peer"},
	{UserDefType, "user events are known by their extra only; add a column userdeftype"},
	{CIDNum, "callers have no numbers; add a column cid_num"},
	{Exten, "what was dialled is not known; add a column exten"},
	{Context, "incoming calls are told by their channels only; add a column context"},
	{AppName, "queues, voicemail and recordings are not seen; add a column appname"},
	{AppData, "names of queues and recordings are not seen; add a column appdata"},
}

// checkAbsent warns of absent fields, and refuses a table without the required.
func checkAbsent(place string, cols Columns, names []string) ([]Warning, error) {
	var missing []string
	for _, f := range []Field{EventType, EventTime, UniqueID, LinkedID} {
		if cols[f] < 0 {
			missing = append(missing, f.String())
		}
	}
	if len(missing) > 0 {
		return nil, missingError(place, missing, names)
	}
	var warnings []Warning
	for _, a := range absences {
		if cols[a.field] < 0 {
			warnings = append(warnings, Warning{
				Code: "missing_" + a.field.String() + "_column",
				Text: fmt.Sprintf("%s has no column %s: %s", place, a.field, a.text),
			})
		}
	}
	return warnings, nil
}

func missingError(place string, missing, names []string) error {
	e := &SetupError{
		Place:   place,
		Problem: "no column for " + strings.Join(missing, ", "),
		Remedy:  "its columns are " + strings.Join(names, ", ") + "; add what is missing, or name the right column in the settings (columns)",
	}
	if len(missing) == 1 && missing[0] == LinkedID.String() {
		e.Problem = "no column linkedid, without which nobody can say which records belong to one call"
		e.Remedy = "add it to the table (varchar(150), with an index) and to Asterisk's configuration: cel_odbc and cel_pgsql fill it when it is there, " +
			"cel_sqlite3_custom needs linkedid in columns and '${CHANNEL(linkedid)}' in values, cel_custom needs ${CHANNEL(linkedid)} in its mapping"
	}
	return e
}
