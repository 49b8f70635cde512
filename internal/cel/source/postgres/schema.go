package postgres

import (
	"context"
	"strings"

	"github.com/jackc/pgx/v5"

	"ringback/internal/cel/source"
	"ringback/internal/cel/source/table"
)

// quotedTable is the table's name as it stands in a query.
func (d *db) quotedTable() string { return pgx.Identifier(strings.Split(d.table, ".")).Sanitize() }

// schema reads what the server's catalogue says of the table.
func (d *db) schema(ctx context.Context) (table.Schema, error) {
	s := table.Schema{Backend: "postgres", Place: d.place, From: d.quotedTable()}
	var oid string
	err := d.Query(ctx, `SELECT to_regclass($1)::oid`, []any{s.From}, func(v [][]byte) error {
		oid = string(v[0])
		return nil
	})
	if err != nil {
		return s, err
	}
	if oid == "" {
		return s, d.missing(ctx)
	}
	const columns = `SELECT a.attname, t.typname, a.atttypmod FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid ` +
		`WHERE a.attrelid = $1::oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum`
	err = d.Query(ctx, columns, []any{oid}, func(v [][]byte) error {
		c := table.Column{Name: string(v[0]), Kind: kind(string(v[1]))}
		// The server shows no zeros at a fraction's end; the modifier is the
		// number of digits kept, -1 for all.
		c.Fraction = (c.Kind == table.DateTime || c.Kind == table.Instant) && string(v[2]) != "0"
		s.Columns = append(s.Columns, c)
		return nil
	})
	if err != nil {
		return s, err
	}
	last := ""
	const indexes = `SELECT i.indexrelid, i.indisunique, a.attname FROM pg_index i ` +
		`CROSS JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY AS k(attnum, place) ` +
		`LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum ` +
		`WHERE i.indrelid = $1::oid AND i.indisvalid AND i.indpred IS NULL ORDER BY i.indexrelid, k.place`
	err = d.Query(ctx, indexes, []any{oid}, func(v [][]byte) error {
		if string(v[0]) != last {
			last = string(v[0])
			s.Indexes = append(s.Indexes, table.Index{Unique: string(v[1]) == "t"})
		}
		index := &s.Indexes[len(s.Indexes)-1]
		index.Columns = append(index.Columns, string(v[2]))
		return nil
	})
	return s, err
}

func kind(typeName string) table.Kind {
	switch typeName {
	case "int2", "int4", "int8":
		return table.Integer
	case "float4", "float8", "numeric":
		return table.Number
	case "timestamp":
		return table.DateTime
	case "timestamptz":
		return table.Instant
	default:
		return table.Text
	}
}

// missing says which tables there are.
func (d *db) missing(ctx context.Context) error {
	var others []string
	const tables = `SELECT CASE WHEN schemaname = 'public' THEN '' ELSE schemaname || '.' END || tablename FROM pg_tables ` +
		`WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1 LIMIT 50`
	err := d.Query(ctx, tables, nil, func(v [][]byte) error {
		others = append(others, string(v[0]))
		return nil
	})
	if err != nil {
		return err
	}
	return source.MissingTable(d.place, d.table, others, "")
}
