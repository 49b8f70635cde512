package config

import (
	"regexp"
	"strconv"
	"strings"
)

// place is where in the configuration something stands: a path such as
// server.user[1].name.
type place struct{ path string }

func (p place) field(name string) place {
	if p.path == "" {
		return place{name}
	}
	return place{p.path + "." + name}
}

func (p place) item(i int) place { return place{p.path + "[" + strconv.Itoa(i) + "]"} }

// entry is the place of a table that has a name of the user's own.
func (p place) entry(name string) place { return place{p.path + "." + strconv.Quote(name)} }

// ownName is a table's name of the user's own, in a path.
var ownName = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)

// label is a table's place as a header would give it: [server], [[server.user]],
// [pbx.columns], [target.trunks.name] for one with a name of the user's own; "" for
// the top of the file.
func (p place) label() string {
	if p.path == "" {
		return ""
	}
	names := strings.Split(ownName.ReplaceAllString(p.path, "name"), ".")
	for i, name := range names {
		names[i], _, _ = strings.Cut(name, "[")
	}
	header := "[" + strings.Join(names, ".") + "]"
	if strings.HasSuffix(p.path, "]") {
		return "[" + header + "]"
	}
	return header
}

// within is a table's label in a sentence.
func within(table string) string {
	if table == "" {
		return "at the top of the file"
	}
	return "in " + table
}
