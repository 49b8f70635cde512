package mysql

import (
	"context"
	"strings"

	"ringback/internal/cel/source"
	"ringback/internal/cel/source/table"
)

// schema reads what the server's catalogue says of the table. A user with SELECT
// on the table sees that.
func (d *db) schema(ctx context.Context) (table.Schema, error) {
	s := table.Schema{Backend: "mysql", Place: d.place, From: quote(d.database) + "." + quote(d.table)}
	const columns = `SELECT column_name, data_type, is_nullable FROM information_schema.columns WHERE table_schema = ? AND table_name = ? ORDER BY ordinal_position`
	err := d.Query(ctx, columns, []any{d.database, d.table}, func(v [][]byte) error {
		s.Columns = append(s.Columns, table.Column{Name: string(v[0]), Kind: kind(string(v[1])), NotNull: string(v[2]) == "NO"})
		return nil
	})
	if err != nil {
		return s, err
	}
	if len(s.Columns) == 0 {
		return s, d.missing(ctx)
	}
	last := ""
	const indexes = `SELECT index_name, non_unique, column_name FROM information_schema.statistics WHERE table_schema = ? AND table_name = ? ` +
		`AND index_type IN ('BTREE', 'HASH') ORDER BY index_name, seq_in_index`
	err = d.Query(ctx, indexes, []any{d.database, d.table}, func(v [][]byte) error {
		if name := string(v[0]); name != last || len(s.Indexes) == 0 {
			last = name
			s.Indexes = append(s.Indexes, table.Index{Unique: string(v[1]) == "0"})
		}
		index := &s.Indexes[len(s.Indexes)-1]
		index.Columns = append(index.Columns, string(v[2]))
		return nil
	})
	return s, err
}

func kind(dataType string) table.Kind {
	switch strings.ToLower(dataType) {
	case "tinyint", "smallint", "mediumint", "int", "integer", "bigint":
		return table.Integer
	case "decimal", "float", "double":
		return table.Number
	case "datetime", "timestamp":
		// A timestamp is shown in the session's zone, which is the one in
		// which Asterisk wrote it.
		return table.DateTime
	default:
		return table.Text
	}
}

// missing says which tables there are.
func (d *db) missing(ctx context.Context) error {
	var others []string
	const tables = `SELECT table_name FROM information_schema.tables WHERE table_schema = ? ORDER BY table_name LIMIT 50`
	err := d.Query(ctx, tables, []any{d.database}, func(v [][]byte) error {
		others = append(others, string(v[0]))
		return nil
	})
	if err != nil {
		return err
	}
	return source.MissingTable(d.place, d.table, others, d.grant())
}
