// Package table reads CEL from an SQL table, whichever the database. The
// backends lend it a DB and say what their table looks like.
//
// A period's edges are found by bisection over the key, and its rows are read by
// key in portions, each with a query of its own: no query is long, none holds
// a snapshot, and a read that was interrupted goes on after the last row.
package table

import "context"

// DB runs queries.
type DB interface {
	// Query runs one SELECT with the given values for its placeholders, and
	// hands over each row's values as text, nil for NULL, valid until each
	// returns. An error of each ends the query and is returned as it is.
	Query(ctx context.Context, query string, args []any, each func(values [][]byte) error) error
	// Away says that err means that the database cannot be reached or has
	// broken off, so that trying again may help.
	Away(err error) bool
	// Explain turns an error that is not Away into one for people.
	Explain(err error) error
	Close() error
}

// Dialect is how a database spells things.
type Dialect struct {
	// Quote quotes the name of a column.
	Quote func(name string) string
	// Placeholder is the n-th (from 1) placeholder of a query; Key is one for
	// a value of the key, of 64 bits whatever the column has.
	Placeholder, Key func(n int) string
	// Pack joins the values of expressions that are not NULL into one value, with
	// separator between them. It is for drivers that pay for each value; nil
	// where that is not so.
	Pack func(expressions []string) string
	// Default makes an expression that is never NULL of one.
	Default func(expression string) string
	// Digest makes an aggregate of the rows' keys and of values that are not NULL: one that
	// differs, in all likelihood, when a value does or values change places. nil where the database has no means to.
	Digest func(key string, expressions []string) string
	// Remedy says what to do when the database is away.
	Remedy string
	// TimeValue is how a column of this kind is read as text: "" for its name
	// as it is, else a format with %s for the quoted name.
	TimeValue string
}
