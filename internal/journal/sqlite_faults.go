package journal

import (
	"errors"
	"fmt"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// sqliteFaults says in words what SQLite's error classes mean for an
// administrator, and whether they pass.
var sqliteFaults = map[int]struct {
	text    string
	passing bool
}{
	sqlite3.SQLITE_FULL:     {"the disk that holds %s is full; free some space, the work goes on by itself", true},
	sqlite3.SQLITE_BUSY:     {"%s is locked by another program; close whatever has it open", true},
	sqlite3.SQLITE_READONLY: {"%s cannot be written; make its owner the user that ringback runs as", true},
	sqlite3.SQLITE_IOERR:    {"the disk that holds %s gives errors; look at the system's log", true},
	sqlite3.SQLITE_CANTOPEN: {"%s cannot be opened; look at the rights of the directory it is in", true},
	sqlite3.SQLITE_CORRUPT:  {"%s is damaged; restore it from a backup", false},
	sqlite3.SQLITE_NOTADB:   {"%s is no ringback journal; set state.url to another file", false},
}

// explain adds to an error of SQLite what it means and what to do.
func explain(err error, path string) error {
	told, ok := errors.AsType[*sqlite.Error](err)
	if _, already := errors.AsType[*fault](err); !ok || already {
		return err
	}
	known, ok := sqliteFaults[told.Code()&0xff]
	if !ok {
		return err
	}
	return &fault{fmt.Sprintf(known.text, path), err, known.passing}
}
