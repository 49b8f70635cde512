package journal

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"

	"github.com/jackc/pgx/v5/pgconn"
)

// pgFaults says in words what PostgreSQL's error codes mean for an administrator, and
// whether they pass (PostgreSQL's documentation, appendix A).
var pgFaults = map[string]struct {
	text    string
	passing bool
}{
	"28P01": {"%s refuses the user or the password; put them right in state.url", false},
	"28000": {"%s lets this user not in; look at pg_hba.conf", false},
	"3D000": {"the database of %s does not exist; create it: createdb --owner USER NAME", false},
	"42501": {"%s refuses the user what the journal needs; docs/operate.md lists the rights", false},
	"25006": {"%s can only be read: it is a standby; name the primary in state.url, or both hosts with target_session_attrs=read-write", true},
	"53100": {"the disk of %s is full; free some space, the work goes on by itself", true},
	"53300": {"%s has too many connections; raise its max_connections, or set pool_max_conns in state.url", true},
	"57P01": {"%s is stopping or has closed the connection; the work goes on when it is back", true},
	"57P02": {"%s has crashed and starts again; the work goes on when it is back", true},
	"57P03": {"%s is starting; the work goes on when it is up", true},
	"57P05": {"%s has closed a connection that idled; the work goes on by itself", true},
	"25P03": {"%s has ended a transaction that idled; the work goes on by itself", true},
	"40001": {"%s gave way to other processes again and again; the work goes on by itself", true},
	"40P01": {"%s gave way to other processes again and again; the work goes on by itself", true},
	"58030": {"the disk of %s gives errors; look at the server's log", true},
}

// explainPostgres adds to an error of PostgreSQL, or of the way there, what it means
// and what to do.
func explainPostgres(err error, place string) error {
	if _, already := errors.AsType[*fault](err); err == nil || already {
		return err
	}
	if told, ok := errors.AsType[*pgconn.PgError](err); ok {
		known, ok := pgFaults[told.Code]
		switch class := told.Code[:min(2, len(told.Code))]; {
		case ok:
			return &fault{fmt.Sprintf(known.text, place), err, known.passing}
		case class == "53" || class == "08" || class == "58" || class == "57" && told.Code != "57014":
			return &fault{place + " cannot serve now; look at the server's log", err, true}
		}
		return err
	}
	if lostOnTheWay(err) {
		return &fault{place + " cannot be reached; see that the server runs and the network lets ringback through, the work goes on by itself", err, true}
	}
	return err
}

// lostOnTheWay says that no answer came, for want of a server or of a connection.
func lostOnTheWay(err error) bool {
	_, refused := errors.AsType[*pgconn.ConnectError](err)
	switch {
	case errors.Is(err, context.Canceled):
		return false
	case refused || errors.Is(err, errSilent):
		return true
	case errors.Is(err, context.DeadlineExceeded): // who asked had no more time
		return false
	}
	_, network := errors.AsType[net.Error](err)
	return network || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) || errors.Is(err, net.ErrClosed) || pgconn.SafeToRetry(err)
}
