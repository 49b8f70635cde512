package table

import (
	"bytes"
	"context"
	"errors"

	"ringback/internal/cel/source"
	"ringback/internal/cel/source/row"
)

// Separator stands between the values that Dialect.Pack joins. ASCII has it for
// that (unit separator), and hardly anybody puts it into a name.
const Separator = 0x1f

// errPacked says that a packed value cannot be taken apart.
var errPacked = errors.New("a value holds the separator of values")

// pack is the expression that joins all fields but eventtime.
func (t *Table) pack(fields []source.Field) string {
	var expressions []string
	for _, f := range fields {
		if f != source.EventTime {
			expressions = append(expressions, t.notNull(f))
		}
	}
	return t.dialect.Pack(expressions)
}

// notNull reads a field, which must be there, so that it is never NULL.
func (t *Table) notNull(f source.Field) string {
	e := t.expression(f)
	if t.schema.Columns[t.columns[f]].NotNull {
		return e
	}
	return t.dialect.Default(e)
}

// unpack puts the values of a row that was read by packed in their places.
func (s *statements) unpack(values [][]byte, c *row.Cells) error {
	c[source.EventTime] = values[1]
	rest := values[2]
	left := len(s.fields) - 1
	for _, f := range s.fields {
		if f == source.EventTime {
			continue
		}
		left--
		if left == 0 {
			c[f] = rest
			break
		}
		i := bytes.IndexByte(rest, Separator)
		if i < 0 {
			return errPacked
		}
		c[f], rest = rest[:i], rest[i+1:]
	}
	if bytes.IndexByte(rest, Separator) >= 0 {
		return errPacked
	}
	return nil
}

// tryPacked sees whether the server can join this table's values; columns of
// several character sets may not go together.
func (t *Table) tryPacked(ctx context.Context, first int64) error {
	if t.sql.packed == "" {
		return nil
	}
	err := t.query(ctx, nil, t.sql.packed, []any{first - 1, first, int64(1)}, func([][]byte) error { return nil })
	if _, ok := errors.AsType[*source.SetupError](err); ok {
		t.opts.Logger.Info("values are read one by one", "place", t.schema.Place, "reason", err)
		t.sql.packed = ""
		return nil
	}
	return err
}
