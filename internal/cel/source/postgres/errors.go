package postgres

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"ringback/internal/cel/source"
)

const remedy = "check that the database server runs, that its address and port are right, and that it lets this machine connect (pg_hba.conf)"

// away lists the codes after which trying again may help
// (https://www.postgresql.org/docs/current/errcodes-appendix.html).
var away = []string{
	"40001",                   // a standby cancels what is in the way of replay
	"53300",                   // too many connections
	"55P03",                   // lock not available
	"57014",                   // query cancelled, statement time-out
	"57P01", "57P02", "57P03", // shutting down, crashed, starting up
	"57P05", // idle session time-out
}

func (d *db) Away(err error) bool {
	if errors.Is(err, context.Canceled) {
		return false
	}
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return slices.Contains(away, e.Code) || strings.HasPrefix(e.Code, "08")
	}
	_, isConnect := errors.AsType[*pgconn.ConnectError](err)
	_, isNet := errors.AsType[net.Error](err)
	return isConnect || isNet || errors.Is(err, driver.ErrBadConn) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, net.ErrClosed) || pgconn.SafeToRetry(err)
}

func (d *db) Explain(err error) error {
	e, ok := errors.AsType[*pgconn.PgError](err)
	if !ok {
		return err
	}
	s := &source.SetupError{Place: d.place, Problem: "the server says: " + e.Message, Err: err, Remedy: "look at the table and this user's rights"}
	switch e.Code {
	case "28P01", "28000":
		s.Problem = fmt.Sprintf("the server refuses user %q: %s", d.user, e.Message)
		s.Remedy = "check name and password in the address, and pg_hba.conf on the server"
	case "42501":
		s.Problem = fmt.Sprintf("user %q may not read the table: %s", d.user, e.Message)
		s.Remedy = fmt.Sprintf("let its owner run: GRANT SELECT ON %s TO %s", d.quotedTable(), quote(d.user))
	case "3D000":
		s.Remedy = "check the name of the database in the address"
	case "42P01", "42703":
		s.Problem = "the table was changed while it was read: " + e.Message
		s.Remedy = "start again"
	}
	return s
}
