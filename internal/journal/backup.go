package journal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
)

// BackupSQLite copies the journal in a file to another file, while a program works with it or
// not. The copy is whole: it is there under its name only when all of it is. An existing file
// is not overwritten.
func BackupSQLite(ctx context.Context, path, to string) error {
	if _, err := os.Stat(path); err != nil {
		return fmt.Errorf("there is no journal to back up: %w", err)
	}
	if _, err := os.Lstat(to); !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("%s exists already; name a file that does not", to)
	}
	// Made first, since SQLite would let everybody read it.
	partial, err := os.CreateTemp(filepath.Dir(to), ".ringback-backup-*")
	if err != nil {
		return fmt.Errorf("make the backup: %w", err)
	}
	defer func() { _ = os.Remove(partial.Name()) }() // the backup keeps its own name for the file
	if err := errors.Join(copySQLite(ctx, path, partial.Name()), partial.Sync(), partial.Close()); err != nil {
		return fmt.Errorf("make the backup %s: %w", to, explain(err, path))
	}
	if err := os.Link(partial.Name(), to); err != nil { // as a rename, but never over another file
		return fmt.Errorf("name the backup: %w", err)
	}
	return nil
}

func copySQLite(ctx context.Context, path, to string) error {
	db, err := sql.Open("sqlite", dsn(path, url.Values{"mode": {"ro"}, "_pragma": {"busy_timeout(5000)"}}))
	if err != nil {
		return err
	}
	defer db.Close()
	if _, err := db.ExecContext(ctx, `VACUUM INTO $1`, to); err != nil {
		return err
	}
	copied, err := sql.Open("sqlite", dsn(to, url.Values{"mode": {"ro"}}))
	if err != nil {
		return err
	}
	defer copied.Close()
	var verdict string
	if err := copied.QueryRowContext(ctx, `PRAGMA quick_check(1)`).Scan(&verdict); err != nil || verdict != "ok" {
		return errors.Join(fmt.Errorf("the copy is damaged: %s", verdict), err)
	}
	return nil
}
