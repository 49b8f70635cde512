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

// Columns are the columns of the tables that are loaded, in order: those of
// FreePBX's asteriskcdrdb.cel.
var Columns = []string{
	"id", "eventtype", "eventtime", "cid_name", "cid_num", "cid_ani", "cid_rdnis", "cid_dnid", "exten", "context", "channame", "appname", "appdata",
	"amaflags", "accountcode", "uniqueid", "linkedid", "peer", "userdeftype", "extra",
}

// Table definitions. FreePBX's has whole seconds, and no index on eventtime.
const (
	freePBXTable = `CREATE TABLE cel (
id int(11) NOT NULL AUTO_INCREMENT, eventtype varchar(30) NOT NULL, eventtime datetime NOT NULL, cid_name varchar(80) NOT NULL,
cid_num varchar(80) NOT NULL, cid_ani varchar(80) NOT NULL, cid_rdnis varchar(80) NOT NULL, cid_dnid varchar(80) NOT NULL,
exten varchar(80) NOT NULL, context varchar(80) NOT NULL, channame varchar(80) NOT NULL, appname varchar(80) NOT NULL,
appdata varchar(1024) NOT NULL, amaflags int(11) NOT NULL, accountcode varchar(20) NOT NULL, uniqueid varchar(32) NOT NULL,
linkedid varchar(32) NOT NULL, peer varchar(80) NOT NULL, userdeftype varchar(255) NOT NULL, extra varchar(512) NOT NULL,
PRIMARY KEY (id)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4`
	freePBXIndexes = `ALTER TABLE cel ADD KEY uniqueid_index (uniqueid), ADD KEY linkedid_index (linkedid), ADD KEY context_index (context)`
	postgresTable  = `CREATE TABLE cel (
id bigserial, eventtype varchar(30) NOT NULL, eventtime timestamp NOT NULL, cid_name varchar(80) NOT NULL,
cid_num varchar(80) NOT NULL, cid_ani varchar(80) NOT NULL, cid_rdnis varchar(80) NOT NULL, cid_dnid varchar(80) NOT NULL,
exten varchar(80) NOT NULL, context varchar(80) NOT NULL, channame varchar(80) NOT NULL, appname varchar(80) NOT NULL,
appdata varchar(1024) NOT NULL, amaflags int NOT NULL, accountcode varchar(20) NOT NULL, uniqueid varchar(150) NOT NULL,
linkedid varchar(150) NOT NULL, peer varchar(255) NOT NULL, userdeftype varchar(255) NOT NULL, extra varchar(2048) NOT NULL)`
	postgresIndexes = `ALTER TABLE cel ADD PRIMARY KEY (id); CREATE INDEX ON cel (uniqueid); CREATE INDEX ON cel (linkedid);
SELECT setval('cel_id_seq', (SELECT max(id) FROM cel)); ANALYZE cel`
	sqliteTable = `CREATE TABLE cel (
id INTEGER PRIMARY KEY, eventtype, eventtime, cid_name, cid_num, cid_ani, cid_rdnis, cid_dnid, exten, context, channame, appname, appdata,
amaflags, accountcode, uniqueid, linkedid, peer, userdeftype, extra)`
	sqliteIndexes = `CREATE INDEX cel_uniqueid ON cel (uniqueid); CREATE INDEX cel_linkedid ON cel (linkedid)`
)

// Forms of eventtime.
const (
	wholeSeconds = "2006-01-02 15:04:05"
	microseconds = "2006-01-02 15:04:05.000000"
)

// LoadFreePBX makes FreePBX's table cel in a MariaDB or MySQL database and loads
// it. The server must be on this machine, and the account have the right FILE.
func LoadFreePBX(ctx context.Context, db *sql.DB, records iter.Seq[cel.Record], loc *time.Location) error {
	return loadFile(ctx, db, records, loc, wholeSeconds, freePBXTable,
		`LOAD DATA INFILE '%s' INTO TABLE cel CHARACTER SET utf8mb4 FIELDS TERMINATED BY ',' ENCLOSED BY '"' ESCAPED BY ''`, freePBXIndexes)
}

// LoadPostgres makes a table cel in a PostgreSQL database and loads it. The
// server must be on this machine, and the account be a superuser.
func LoadPostgres(ctx context.Context, db *sql.DB, records iter.Seq[cel.Record], loc *time.Location) error {
	return loadFile(ctx, db, records, loc, microseconds, postgresTable, `COPY cel FROM '%s' WITH (FORMAT csv)`, postgresIndexes)
}

// loadFile has the server read a file, then makes the indexes.
func loadFile(
	ctx context.Context, db *sql.DB, records iter.Seq[cel.Record], loc *time.Location, timeForm, table, load, indexes string,
) (err error) {
	f, err := os.CreateTemp("", "celgen-*.csv")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.Remove(f.Name())) }()
	// The server runs as another user.
	err = errors.Join(f.Chmod(0o644), writeRows(f, records, loc, timeForm), f.Close())
	if err != nil {
		return err
	}
	for _, statement := range []string{table, fmt.Sprintf(load, f.Name()), indexes} {
		if _, err := db.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("load %s: %w", f.Name(), err)
		}
	}
	return nil
}

// LoadSQLite makes a table cel in an SQLite database and loads it.
func LoadSQLite(ctx context.Context, db *sql.DB, records iter.Seq[cel.Record], loc *time.Location) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if _, err := tx.ExecContext(ctx, sqliteTable); err != nil {
		return err
	}
	insert, err := tx.PrepareContext(ctx, "INSERT INTO cel VALUES (?"+strings.Repeat(", ?", len(Columns)-1)+")") //nolint:sqlclosecheck // the end of the transaction closes it
	if err != nil {
		return err
	}
	args := make([]any, len(Columns))
	for r := range records {
		for i, v := range values(&r, loc, microseconds) {
			args[i] = v
		}
		args[0] = r.ID
		if _, err := insert.ExecContext(ctx, args...); err != nil {
			return err
		}
	}
	if _, err := tx.ExecContext(ctx, sqliteIndexes); err != nil {
		return err
	}
	return tx.Commit()
}

// WriteCSV writes the records as cel_custom does, with a header line.
func WriteCSV(w io.Writer, records iter.Seq[cel.Record], loc *time.Location) error {
	if _, err := io.WriteString(w, strings.Join(Columns, ",")+"\n"); err != nil {
		return err
	}
	return writeRows(w, records, loc, microseconds)
}

func writeRows(w io.Writer, records iter.Seq[cel.Record], loc *time.Location, timeForm string) error {
	b := bufio.NewWriterSize(w, 256<<10)
	for r := range records {
		for i, v := range values(&r, loc, timeForm) {
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
func values(r *cel.Record, loc *time.Location, timeForm string) []string {
	name, userDefType := r.Type.String(), ""
	if r.Type == cel.UserDefined {
		name, userDefType = r.UserEvent, r.UserEvent
	}
	return []string{
		strconv.FormatInt(r.ID, 10), name, r.Time().In(loc).Format(timeForm),
		r.CIDName, r.CIDNum, r.CIDANI, r.CIDRDNIS, r.CIDDNID, r.Exten, r.Context, r.Channel, r.App, r.AppData,
		"3", r.AccountCode, r.UniqueID, r.LinkedID, r.Peer, userDefType, r.Extra,
	}
}
