// Package open opens whichever source an address names. It is apart from
// package source so that only those who open sources carry the drivers.
package open

import (
	"context"
	"fmt"

	"ringback/internal/cel/source"
	"ringback/internal/cel/source/csv"
	"ringback/internal/cel/source/mysql"
	"ringback/internal/cel/source/postgres"
	"ringback/internal/cel/source/sqlite"
)

// Open opens the source at an address:
//
//	mysql://user:password@host:3306/asteriskcdrdb?table=cel
//	postgres://user:password@host:5432/asterisk?table=cel
//	sqlite:///path/master.db?table=cel
//	csv:///path/Master.csv
//
// It fails with a *source.UnavailableError when the database or file is away,
// and with a *source.SetupError when it cannot be read as configured. No error
// holds a password.
func Open(ctx context.Context, address string, opts source.Options) (source.Source, error) {
	u, err := source.ParseAddress(address)
	if err != nil {
		return nil, err
	}
	switch u.Scheme {
	case "mysql", "mariadb":
		return mysql.Open(ctx, u, opts)
	case "postgres", "postgresql":
		return postgres.Open(ctx, u, opts)
	case "sqlite", "sqlite3":
		return sqlite.Open(ctx, u, opts)
	case "csv":
		return csv.Open(ctx, u, opts)
	default:
		return nil, fmt.Errorf("the address of the CEL table begins with %s://; known are mysql://, postgres://, sqlite:// and csv://", u.Scheme)
	}
}
