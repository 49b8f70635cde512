package celgen

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"strconv"
	"strings"
	"time"

	"ringback/internal/cel"
)

// Columns are the columns of the table that is loaded, in order: those of
// FreePBX's asteriskcdrdb.cel.
var Columns = []string{
	"id", "eventtype", "eventtime", "cid_name", "cid_num", "cid_ani", "cid_rdnis", "cid_dnid", "exten", "context", "channame", "appname", "appdata",
	"amaflags", "accountcode", "uniqueid", "linkedid", "peer", "userdeftype", "extra",
}

// FreePBX's table has whole seconds, and no index on eventtime.
const (
	freePBXTable = `CREATE TABLE cel (
id int(11) NOT NULL AUTO_INCREMENT, eventtype varchar(30) NOT NULL, eventtime datetime NOT NULL, cid_name varchar(80) NOT NULL,
cid_num varchar(80) NOT NULL, cid_ani varchar(80) NOT NULL, cid_rdnis varchar(80) NOT NULL, cid_dnid varchar(80) NOT NULL,
exten varchar(80) NOT NULL, context varchar(80) NOT NULL, channame varchar(80) NOT NULL, appname varchar(80) NOT NULL,
appdata varchar(1024) NOT NULL, amaflags int(11) NOT NULL, accountcode varchar(20) NOT NULL, uniqueid varchar(32) NOT NULL,
linkedid varchar(32) NOT NULL, peer varchar(80) NOT NULL, userdeftype varchar(255) NOT NULL, extra varchar(512) NOT NULL,
PRIMARY KEY (id)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4`
	freePBXIndexes = `ALTER TABLE cel ADD KEY uniqueid_index (uniqueid), ADD KEY linkedid_index (linkedid), ADD KEY context_index (context)`
)

// LoadFreePBX makes FreePBX's table cel in a MariaDB or MySQL database and loads
// it. The server must be on this machine, and the account have the right FILE.
func LoadFreePBX(ctx context.Context, db *sql.DB, records iter.Seq[cel.Record], loc *time.Location) (err error) {
	f, err := os.CreateTemp("", "celgen-*.csv")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.Remove(f.Name())) }()
	// The server runs as another user.
	err = errors.Join(f.Chmod(0o644), writeRows(f, records, loc), f.Close())
	if err != nil {
		return err
	}
	load := fmt.Sprintf(`LOAD DATA INFILE '%s' INTO TABLE cel CHARACTER SET utf8mb4 FIELDS TERMINATED BY ',' ENCLOSED BY '"' ESCAPED BY ''`, f.Name())
	for _, statement := range []string{freePBXTable, load, freePBXIndexes} {
		if _, err := db.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("load %s: %w", f.Name(), err)
		}
	}
	return nil
}

func writeRows(w io.Writer, records iter.Seq[cel.Record], loc *time.Location) error {
	b := bufio.NewWriterSize(w, 256<<10)
	for r := range records {
		for i, v := range values(&r, loc) {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteByte('"')
			b.WriteString(strings.ReplaceAll(v, `"`, `""`))
			b.WriteByte('"')
		}
		b.WriteByte('\n')
	}
	return b.Flush()
}

// values are a record's values as text, in the order of Columns.
func values(r *cel.Record, loc *time.Location) []string {
	name, userDefType := r.Type.String(), ""
	if r.Type == cel.UserDefined {
		name, userDefType = r.UserEvent, r.UserEvent
	}
	return []string{
		strconv.FormatInt(r.ID, 10), name, r.Time().In(loc).Format(time.DateTime),
		r.CIDName, r.CIDNum, r.CIDANI, r.CIDRDNIS, r.CIDDNID, r.Exten, r.Context, r.Channel, r.App, r.AppData,
		"3", r.AccountCode, r.UniqueID, r.LinkedID, r.Peer, userDefType, r.Extra,
	}
}
