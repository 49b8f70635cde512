package table_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"ringback/internal/cel/source"
	"ringback/internal/cel/source/table"
)

var errGone = errors.New("gone")

// gone is a database that went away after its catalogue was read.
type gone struct{ closed int }

func (*gone) Query(context.Context, string, []any, func([][]byte) error) error { return errGone }
func (*gone) Away(err error) bool                                              { return errors.Is(err, errGone) }
func (*gone) Explain(err error) error                                          { return err }
func (g *gone) Close() error                                                   { g.closed++; return nil }

func TestADatabaseThatIsAwayIsSaidToBeSoOnce(t *testing.T) {
	whole := table.Schema{Place: "the table", From: "cel"}
	for _, name := range []string{"eventtype", "eventtime", "uniqueid", "linkedid"} {
		whole.Columns = append(whole.Columns, table.Column{Name: name})
	}
	mark := func(int) string { return "?" }
	dialect := table.Dialect{Quote: func(name string) string { return name }, Placeholder: mark, Key: mark, Remedy: "wait"}
	for when, read := range map[string]func(context.Context) (table.Schema, error){
		"from the start":          func(context.Context) (table.Schema, error) { return table.Schema{}, errGone },
		"after its catalogue was": func(context.Context) (table.Schema, error) { return whole, nil },
		"too slow":                func(ctx context.Context) (table.Schema, error) { <-ctx.Done(); return table.Schema{}, ctx.Err() },
	} {
		db := &gone{}
		s, err := table.Open(t.Context(), db, "the table", read, dialect, source.Options{RetryFor: -1, QueryTimeout: time.Millisecond})
		if s != nil {
			t.Errorf("%s: there is a source", when)
		}
		if _, ok := errors.AsType[*source.UnavailableError](err); !ok || strings.Count(err.Error(), "is away") != 1 {
			t.Errorf("%s: %v", when, err)
		}
		if db.closed != 1 {
			t.Errorf("%s: closed %d times", when, db.closed)
		}
	}
}
