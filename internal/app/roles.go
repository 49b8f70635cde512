package app

import (
	"fmt"
	"slices"
)

// Role is a part of the module that a process can do without, where others on
// the same journal do it.
type Role string

// The roles.
const (
	// RoleAPI answers /pbx/read_call, /api/v1 and /status.
	RoleAPI Role = "api"
	// RolePanel shows the pages for people.
	RolePanel Role = "panel"
	// RoleFollow brings calls as they end.
	RoleFollow Role = "follow"
	// RoleWork works runs, delivers calls, and keeps the journal tidy.
	RoleWork Role = "work"
)

// has says whether this process has a role; without a choice it has all.
func (a *App) has(role Role) bool {
	return len(a.Roles) == 0 || slices.Contains(a.Roles, role)
}

// checkRoles refuses to leave work undone for ever: a journal in a file is one
// process's, so there is no other to do it.
func (a *App) checkRoles() error {
	if a.has(RoleWork) || a.journal.Shared() {
		return nil
	}
	return fmt.Errorf("nobody would work the runs: the journal %s is this process's own; "+
		"give it the role work too, or set state.url to a PostgreSQL database that processes share", a.journal.Place())
}
