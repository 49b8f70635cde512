package sourcetest

import (
	"fmt"
	"strings"

	"ringback/internal/cel"
	"ringback/internal/cel/source"
)

// SQL is how a database spells what the suite needs.
type SQL struct {
	// Key is the type of the key, with what makes it count.
	Key string
	// Integer is the type of an eventtype that is a number.
	Integer string
	// ID and Text are the types of ids and of all other text.
	ID, Text string
	// Times are the types of eventtime.
	Times map[TimeForm]string
	Quote func(name string) string
	// Backslash says that a backslash in a literal must be doubled.
	Backslash bool
}

// CreateTable is the statement that makes the table cel of a layout, and its
// indexes.
func (s SQL) CreateTable(l Layout) string {
	var columns []string
	if key := l.KeyName(); key != "" {
		columns = append(columns, s.Quote(key)+" "+s.Key)
	}
	var script strings.Builder
	index := func(column string) {
		fmt.Fprintf(&script, "CREATE INDEX i%d ON cel (%s);\n", script.Len(), s.Quote(column))
	}
	for _, c := range l.Columns() {
		columns = append(columns, s.Quote(c.Name)+" "+s.typeOf(l, c.Field))
		isID := c.Field == source.LinkedID || c.Field == source.UniqueID
		if isID && !l.NoIndexes || c.Field == source.EventTime && l.TimeIndex {
			index(c.Name)
		}
	}
	return "CREATE TABLE cel (" + strings.Join(columns, ", ") + ");\n" + script.String()
}

func (s SQL) typeOf(l Layout, f source.Field) string {
	switch f {
	case source.EventType:
		if l.Numbers != cel.NumberingUnset {
			return s.Integer
		}
	case source.EventTime:
		return s.Times[l.Time]
	case source.LinkedID, source.UniqueID:
		return s.ID
	}
	return s.Text
}

// Insert is the statements that write rows.
func (s SQL) Insert(l Layout, rows []Row) string {
	var script strings.Builder
	for i := range rows {
		if i%500 == 0 {
			s.into(&script, l)
		}
		s.values(&script, l, rows[i])
		if i%500 == 499 || i == len(rows)-1 {
			script.WriteString(";\n")
		} else {
			script.WriteString(",\n")
		}
	}
	return script.String()
}

func (s SQL) into(script *strings.Builder, l Layout) {
	script.WriteString("INSERT INTO cel (")
	if l.KeyName() != "" {
		script.WriteString(s.Quote(l.KeyName()) + ", ")
	}
	for i, c := range l.Columns() {
		if i > 0 {
			script.WriteString(", ")
		}
		script.WriteString(s.Quote(c.Name))
	}
	script.WriteString(") VALUES\n")
}

func (s SQL) values(script *strings.Builder, l Layout, r Row) {
	script.WriteString("(")
	if l.KeyName() != "" {
		fmt.Fprintf(script, "%d, ", r.Key)
	}
	for i, v := range r.Values {
		if i > 0 {
			script.WriteString(", ")
		}
		script.WriteString(s.literal(v))
	}
	script.WriteString(")")
}

func (s SQL) literal(v *string) string {
	if v == nil {
		return "NULL"
	}
	text := strings.ReplaceAll(*v, "'", "''")
	if s.Backslash {
		text = strings.ReplaceAll(text, `\`, `\\`)
	}
	return "'" + text + "'"
}
