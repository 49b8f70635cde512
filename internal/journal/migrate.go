package journal

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
	"log/slog"

	"github.com/pressly/goose/v3"
)

//go:embed migrations
var migrations embed.FS

var dialects = map[string]goose.Dialect{"sqlite": goose.DialectSQLite3, "postgres": goose.DialectPostgres}

// migrate brings the tables up to date. Each engine has a folder of numbered
// files of the same names; a file that was released is never changed. A new one takes a number
// above the highest, for one below what a database has is refused: gaps stay as they are. On a shared
// database the program of the version before goes on meanwhile: a file adds, and what it
// takes away nothing has used for a whole version.
func migrate(ctx context.Context, db *sql.DB, engine string, logger *slog.Logger) error {
	files, err := fs.Sub(migrations, "migrations/"+engine)
	if err != nil {
		return err
	}
	provider, err := goose.NewProvider(dialects[engine], db, files, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return err
	}
	have, want, err := provider.GetVersions(ctx)
	if err != nil {
		return fmt.Errorf("read its version: %w", err)
	}
	if have > want {
		return fmt.Errorf("it was written by a newer ringback (tables of version %d, this program knows %d); install that version again", have, want)
	}
	done, err := provider.Up(ctx)
	if err != nil {
		return fmt.Errorf("bring its tables up to date: %w", err)
	}
	for _, m := range done {
		logger.InfoContext(ctx, "journal migrated", "file", m.Source.Path, "took", m.Duration)
	}
	return nil
}
