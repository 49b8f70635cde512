package table

import (
	"fmt"
	"strconv"
	"strings"

	"ringback/internal/cel/source"
	"ringback/internal/cel/source/row"
)

// statements are the texts of the queries, made once. Where they take values,
// the comment says which.
type statements struct {
	// fields are the selected fields, in the order of the values after the key.
	fields []source.Field
	// records is "key, field, field, …".
	records string
	// sample is the newest rows' eventtype, extra, eventtime, uniqueid (no values).
	sample string
	// portion is the rows with key > ?, key <= ?, LIMIT ?. packed is the same with
	// all fields but eventtime joined in one value, "" where that is no gain.
	portion, packed string
	// probe is the first row with key >= ?, before and after are the rows next to
	// a key downwards (key < ?) and upwards (key >= ?), LIMIT ?: key,
	// eventtime, uniqueid.
	probe, before, after string
	// first is the least key, last the greatest (no values).
	first, last string
	// digest is how many rows there are with key > ?, key <= ?, and a text that tells
	// whether they are the same, "" where the database makes none.
	digest string
}

func (t *Table) statements() statements {
	var s statements
	expressions := []string{"NULL"}
	if t.key.column != "" {
		expressions[0] = t.quote(t.key.column)
	}
	for f := range source.NumFields {
		if t.columns[f] >= 0 {
			s.fields = append(s.fields, source.Field(f))
			expressions = append(expressions, t.expression(source.Field(f)))
		}
	}
	s.records = strings.Join(expressions, ", ")
	from := " FROM " + t.schema.From
	s.sample = "SELECT " + strings.Join([]string{
		t.expression(source.EventTime), t.expression(source.UniqueID), t.expression(source.EventType), t.expressionOrNull(source.Extra),
	}, ", ") + from
	if !t.key.indexed {
		s.sample += " LIMIT " + strconv.Itoa(sampleRows)
		return s
	}
	k := t.quote(t.key.column)
	p := t.dialect.Key
	s.sample += " ORDER BY " + k + " DESC LIMIT " + strconv.Itoa(sampleRows)
	portion := fmt.Sprintf("%s WHERE %s > %s AND %s <= %s ORDER BY %s LIMIT %s", from, k, p(1), k, p(2), k, p(3))
	s.portion = "SELECT " + s.records + portion
	if t.dialect.Pack != nil {
		s.packed = "SELECT " + k + ", " + t.expression(source.EventTime) + ", " + t.pack(s.fields) + portion
	}
	times := fmt.Sprintf("SELECT %s, %s, %s%s", k, t.expression(source.EventTime), t.expression(source.UniqueID), from)
	s.probe = fmt.Sprintf("%s WHERE %s >= %s ORDER BY %s LIMIT 1", times, k, p(1), k)
	s.before = fmt.Sprintf("%s WHERE %s < %s ORDER BY %s DESC LIMIT %s", times, k, p(1), k, p(2))
	s.after = fmt.Sprintf("%s WHERE %s >= %s ORDER BY %s LIMIT %s", times, k, p(1), k, p(2))
	s.first = fmt.Sprintf("SELECT %s%s ORDER BY %s LIMIT 1", k, from, k)
	s.last = fmt.Sprintf("SELECT %s%s ORDER BY %s DESC LIMIT 1", k, from, k)
	if t.dialect.Digest != nil {
		s.digest = t.digest(k, s.fields)
	}
	return s
}

func (t *Table) digest(key string, fields []source.Field) string {
	expressions := make([]string, len(fields))
	for i, f := range fields {
		expressions[i] = t.notNull(f)
	}
	p := t.dialect.Key
	return fmt.Sprintf("SELECT COUNT(*), %s FROM %s WHERE %s > %s AND %s <= %s", t.dialect.Digest(key, expressions), t.schema.From, key, p(1), key, p(2))
}

func (t *Table) quote(column string) string { return t.dialect.Quote(column) }

// expression reads a field, which must be there.
func (t *Table) expression(f source.Field) string {
	name := t.quote(t.column(f))
	if f == source.EventTime && t.dialect.TimeValue != "" {
		return fmt.Sprintf(t.dialect.TimeValue, name)
	}
	return name
}

func (t *Table) expressionOrNull(f source.Field) string {
	if t.columns[f] < 0 {
		return "NULL"
	}
	return t.expression(f)
}

// cells puts the values of a row that was read by records in their places.
func (s *statements) cells(values [][]byte, c *row.Cells) error {
	for i, f := range s.fields {
		c[f] = values[i+1]
	}
	return nil
}

// placeholders is "?, ?, …" for n values, the first being the given number.
func (t *Table) placeholders(first, n int) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(t.dialect.Placeholder(first + i))
	}
	return b.String()
}
