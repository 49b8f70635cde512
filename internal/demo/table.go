package demo

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"strings"

	_ "modernc.org/sqlite" // the table's database
)

// write makes a table as cel_sqlite3_custom would with every column that
// cel_odbc knows, indexed as FreePBX's is: eventtime has no index.
func write(ctx context.Context, path string, columns []string, rows []row) error {
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Path: path}).String())
	if err != nil {
		return fmt.Errorf("demonstration table %s: %w", path, err)
	}
	defer db.Close()
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("demonstration table %s: %w", path, err)
	}
	defer tx.Rollback()
	if err := fill(ctx, tx, columns, rows); err != nil {
		return fmt.Errorf("demonstration table %s: %w", path, err)
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("demonstration table %s: %w", path, err)
	}
	return nil
}

// fill numbers the rows anew: the first of columns is the key.
func fill(ctx context.Context, tx *sql.Tx, columns []string, rows []row) error {
	definitions := []string{columns[0] + " INTEGER PRIMARY KEY AUTOINCREMENT"}
	for _, c := range columns[1:] {
		definitions = append(definitions, c+" TEXT NOT NULL DEFAULT ''")
	}
	for _, statement := range []string{
		"CREATE TABLE cel (" + strings.Join(definitions, ", ") + ")",
		"CREATE INDEX uniqueid_index ON cel (uniqueid)",
		"CREATE INDEX linkedid_index ON cel (linkedid)",
	} {
		if _, err := tx.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	insert, err := tx.PrepareContext(ctx, "INSERT INTO cel VALUES (?"+strings.Repeat(", ?", len(columns)-1)+")")
	if err != nil {
		return err
	}
	defer insert.Close()
	for i, r := range rows {
		values := make([]any, len(r.fields))
		for j, field := range r.fields {
			values[j] = field
		}
		values[0] = i + 1
		if _, err := insert.ExecContext(ctx, values...); err != nil {
			return err
		}
	}
	return nil
}
