package table

import (
	"slices"
	"strings"

	"ringback/internal/cel/source"
)

// Kind is what a column holds, as far as it matters here.
type Kind uint8

// The kinds of columns.
const (
	Text     Kind = iota
	Integer       // whole numbers
	Number        // numbers with a fraction
	DateTime      // date and time without a zone
	Instant       // date and time that the server gives with an offset
)

// Column is a column of the table.
type Column struct {
	Name string
	Kind Kind
	// Fraction says that a time's part below a second is kept, though it is
	// not always shown.
	Fraction bool
	// NotNull says that it is never NULL.
	NotNull bool
}

// Index is an index of the table.
type Index struct {
	Columns []string
	Unique  bool
}

// Schema is what a backend found out about the table.
type Schema struct {
	// Backend is the name for Description.
	Backend string
	// Place names the table for people.
	Place string
	// From is the table's name as it stands in a query, quoted.
	From    string
	Columns []Column
	Indexes []Index
	// RowID is an integer that the database gives to each row of any table in
	// order of writing and finds at once, "" where there is none.
	RowID string
}

func (s *Schema) names() []string {
	names := make([]string, len(s.Columns))
	for i, c := range s.Columns {
		names[i] = c.Name
	}
	return names
}

// leads says that an index begins with the column.
func (s *Schema) leads(column string) bool {
	return slices.ContainsFunc(s.Indexes, func(i Index) bool {
		return len(i.Columns) > 0 && strings.EqualFold(i.Columns[0], column)
	})
}

// unique says that no two rows have the same in the column.
func (s *Schema) unique(column string) bool {
	return slices.ContainsFunc(s.Indexes, func(i Index) bool {
		return i.Unique && len(i.Columns) == 1 && strings.EqualFold(i.Columns[0], column)
	})
}

// key is the column that gives the order of writing.
type key struct {
	column string
	// indexed says that rows are found by it at once.
	indexed bool
}

// findKey chooses the key: what the user named, else the row's own id, else
// an integer without doubles, else an integer that is called like a key.
func (s *Schema) findKey(own map[string]string) key {
	if name, ok := own[source.KeyField]; ok {
		for _, c := range s.Columns {
			if strings.EqualFold(c.Name, name) {
				return key{c.Name, true}
			}
		}
	}
	if s.RowID != "" {
		return key{s.RowID, true}
	}
	var unique, named string
	for _, c := range s.Columns {
		if c.Kind != Integer {
			continue
		}
		isNamed := source.IsKeyName(c.Name)
		if s.unique(c.Name) && (unique == "" || isNamed) {
			unique = c.Name
		}
		if isNamed {
			named = c.Name
		}
	}
	if unique != "" {
		return key{unique, true}
	}
	return key{named, false}
}
