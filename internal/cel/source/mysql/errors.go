package mysql

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"

	"github.com/go-sql-driver/mysql"

	"ringback/internal/cel/source"
)

const remedy = "check that the database server runs, that its address and port are right, and that it lets this machine connect"

// Numbers of the server's errors (https://mariadb.com/kb/en/mariadb-error-codes/).
const (
	tooManyConnections  = 1040
	databaseDenied      = 1044
	accessDenied        = 1045
	unknownDatabase     = 1049
	serverShutdown      = 1053
	unknownColumn       = 1054
	syntaxError         = 1064
	newConnectionAbort  = 1152
	hostBlocked         = 1129
	hostDenied          = 1130
	commandDenied       = 1142
	columnDenied        = 1143
	noSuchTable         = 1146
	lockWaitTimeout     = 1205
	queryInterrupted    = 1317
	socketCredentials   = 1698
	connectionKilled    = 1927
	statementTimeout    = 1969
	executionTimeout    = 3024
	clientInteraction   = 4031
	tooManyUserConnects = 1203
)

// away lists the errors after which trying again may help.
var away = []uint16{
	tooManyConnections, serverShutdown, newConnectionAbort, lockWaitTimeout, queryInterrupted, connectionKilled, statementTimeout,
	executionTimeout, clientInteraction, tooManyUserConnects,
}

func (d *db) Away(err error) bool {
	if errors.Is(err, context.Canceled) {
		return false
	}
	if e, ok := errors.AsType[*mysql.MySQLError](err); ok {
		return slices.Contains(away, e.Number)
	}
	_, isNet := errors.AsType[net.Error](err)
	return isNet || errors.Is(err, driver.ErrBadConn) || errors.Is(err, mysql.ErrInvalidConn) || errors.Is(err, io.EOF) ||
		errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed)
}

func (d *db) Explain(err error) error {
	e, ok := errors.AsType[*mysql.MySQLError](err)
	if !ok {
		return err
	}
	s := &source.SetupError{Place: d.place, Problem: "the server says: " + e.Message, Err: err, Remedy: "look at the table and this user's rights"}
	switch e.Number {
	case accessDenied, socketCredentials:
		s.Problem = fmt.Sprintf("the server refuses user %q: %s", d.user, e.Message)
		s.Remedy = "check name and password in the address; a fitting account is made by CREATE USER and then " + d.grant()
	case databaseDenied, commandDenied, columnDenied:
		s.Problem = fmt.Sprintf("user %q may not read the table: %s", d.user, e.Message)
		s.Remedy = "let an administrator of the database run: " + d.grant()
	case unknownDatabase:
		s.Remedy = "check the name of the database in the address (FreePBX: asteriskcdrdb)"
	case hostBlocked, hostDenied:
		s.Remedy = "let the server accept this machine: bind-address in its configuration, and an account for this host: " + d.grant()
	case noSuchTable, unknownColumn:
		s.Problem = "the table was changed while it was read: " + e.Message
		s.Remedy = "start again"
	}
	return s
}

func (d *db) grant() string {
	return fmt.Sprintf("GRANT SELECT ON %s.%s TO '%s'@'<this machine>'", quote(d.database), quote(d.table), d.user)
}
