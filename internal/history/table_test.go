package history

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	_ "modernc.org/sqlite" // the table's database

	"ringback/internal/cel"
)

// The days that the calls are of, and the moment at which the import begins: all of them
// are over by then.
var (
	firstDay = time.Date(2026, 9, 14, 0, 0, 0, 0, time.UTC)
	lastDay  = time.Date(2026, 9, 21, 0, 0, 0, 0, time.UTC)
	morning  = time.Date(2026, 9, 21, 6, 0, 0, 0, time.UTC)
)

// past is a PBX's table of CEL and its recordings, and what must be known of its calls.
type past struct {
	// cel is the table's file, recordings the directory of the recordings.
	cel, recordings string
	calls           []*wanted
	kinds           map[string]int
	// internal is how many of the calls have no outside party.
	internal int
}

var made struct {
	sync.Mutex
	by map[int]*past
}

// makePast makes a table from which n parcels and a few more are delivered, once for
// all tests. It lies in dir.
func makePast(ctx context.Context, dir string, n int) (*past, error) {
	made.Lock()
	defer made.Unlock()
	if p := made.by[n]; p != nil {
		return p, nil
	}
	p := &past{
		cel: filepath.Join(dir, fmt.Sprintf("cel-%d.db", n)), recordings: filepath.Join(dir, fmt.Sprintf("recordings-%d", n)),
		kinds: map[string]int{},
	}
	const played = 0.3 // of the parcels are of captured calls, the others of generated ones
	records, err := p.play(int(played * float64(n)))
	if err != nil {
		return nil, err
	}
	records = append(records, p.generate(n-len(p.calls))...)
	slices.SortStableFunc(records, func(a, b cel.Record) int { return cmp.Compare(a.At, b.At) })
	if err := errors.Join(writeTable(ctx, p.cel, records), p.record()); err != nil {
		return nil, err
	}
	if made.by == nil {
		made.by = map[int]*past{}
	}
	made.by[n] = p
	return p, nil
}

// columns are those that FreePBX's table has, and the place of a record's parts.
var columns = []string{
	"eventtype", "eventtime", "cid_name", "cid_num", "cid_ani", "cid_rdnis", "cid_dnid", "exten", "context", "channame", "appname", "appdata",
	"accountcode", "uniqueid", "linkedid", "peer", "userdeftype", "extra",
}

// writeTable makes FreePBX's table in a file of SQLite, with fractions of seconds.
func writeTable(ctx context.Context, path string, records []cel.Record) error {
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Path: path}).String())
	if err != nil {
		return err
	}
	defer db.Close()
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	for _, statement := range []string{
		"CREATE TABLE cel (id INTEGER PRIMARY KEY AUTOINCREMENT, " + strings.Join(columns, " TEXT NOT NULL, ") + " TEXT NOT NULL)",
		"CREATE INDEX uniqueid_index ON cel (uniqueid)",
		"CREATE INDEX linkedid_index ON cel (linkedid)",
	} {
		if _, err := tx.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	insert, err := tx.PrepareContext(ctx, "INSERT INTO cel ("+strings.Join(columns, ", ")+") VALUES (?"+strings.Repeat(", ?", len(columns)-1)+")")
	if err != nil {
		return err
	}
	defer insert.Close()
	for i := range records {
		r := &records[i]
		name := r.Type.String()
		if r.Type == cel.UserDefined {
			name = r.UserEvent
		}
		_, err := insert.ExecContext(ctx, name, r.Time().Format("2006-01-02 15:04:05.000000"), r.CIDName, r.CIDNum, r.CIDANI, r.CIDRDNIS, r.CIDDNID,
			r.Exten, r.Context, r.Channel, r.App, r.AppData, r.AccountCode, r.UniqueID, r.LinkedID, r.Peer, r.UserEvent, r.Extra)
		if err != nil {
			return err
		}
	}
	return tx.Commit()
}
