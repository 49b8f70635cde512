package sqlite

import (
	"context"
	"strings"

	"ringback/internal/cel/source"
	"ringback/internal/cel/source/table"
)

// schema reads what SQLite's catalogue says of the table.
func (d *db) schema(ctx context.Context, name string) (table.Schema, error) {
	s := table.Schema{Backend: "sqlite", Place: d.place, From: quote(name)}
	var rowid, found, integer bool
	var primary []string
	err := d.Query(ctx, `SELECT type, wr FROM pragma_table_list(?) WHERE schema = 'main'`, []any{name}, func(v [][]byte) error {
		found = true
		rowid = string(v[0]) == "table" && string(v[1]) == "0"
		return nil
	})
	if err != nil {
		return s, err
	}
	if !found {
		return s, d.missing(ctx, name)
	}
	if rowid {
		s.RowID = "rowid"
	}
	err = d.Query(ctx, `SELECT name, type, pk FROM pragma_table_xinfo(?) ORDER BY cid`, []any{name}, func(v [][]byte) error {
		c := table.Column{Name: string(v[0]), Kind: kind(string(v[1]))}
		s.Columns = append(s.Columns, c)
		if string(v[2]) != "0" {
			primary = append(primary, c.Name)
			integer = strings.EqualFold(string(v[1]), "INTEGER")
		}
		return nil
	})
	if err != nil {
		return s, err
	}
	// A lone INTEGER PRIMARY KEY is the row's id under its own name.
	if rowid && integer && len(primary) == 1 {
		s.RowID = primary[0]
	}
	last := ""
	const indexes = `SELECT l.name, l."unique", i.name FROM pragma_index_list(?) AS l, pragma_index_info(l.name) AS i ` +
		`WHERE i.name IS NOT NULL AND l.partial = 0 ORDER BY l.seq, i.seqno`
	err = d.Query(ctx, indexes, []any{name}, func(v [][]byte) error {
		if string(v[0]) != last || len(s.Indexes) == 0 {
			last = string(v[0])
			s.Indexes = append(s.Indexes, table.Index{Unique: string(v[1]) == "1"})
		}
		index := &s.Indexes[len(s.Indexes)-1]
		index.Columns = append(index.Columns, string(v[2]))
		return nil
	})
	return s, err
}

// kind follows SQLite's rules of affinity, as far as they matter.
func kind(declared string) table.Kind {
	declared = strings.ToUpper(declared)
	switch {
	case strings.Contains(declared, "INT"):
		return table.Integer
	case strings.Contains(declared, "REAL"), strings.Contains(declared, "DOUB"), strings.Contains(declared, "FLOA"):
		return table.Number
	default:
		return table.Text
	}
}

func (d *db) missing(ctx context.Context, name string) error {
	var others []string
	const tables = `SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\_%' ESCAPE '\' ORDER BY name`
	err := d.Query(ctx, tables, nil, func(v [][]byte) error {
		others = append(others, string(v[0]))
		return nil
	})
	if err != nil {
		return err
	}
	return source.MissingTable(d.place, name, others, "")
}
