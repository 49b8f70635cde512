package table

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"
)

// QueryDriver runs a query on a connection of db, past the conversions of
// database/sql, which cost more than the reading itself.
func QueryDriver(ctx context.Context, db *sql.DB, query string, args []any, each func(values [][]byte) error) error {
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }() // it goes back to the pool
	return conn.Raw(func(dc any) error {
		queryer, ok := dc.(driver.QueryerContext)
		if !ok {
			return fmt.Errorf("the driver %T takes no queries", dc)
		}
		rows, err := queryer.QueryContext(ctx, query, namedValues(args))
		if err != nil {
			return err
		}
		return errors.Join(drain(rows, each), rows.Close())
	})
}

func namedValues(args []any) []driver.NamedValue {
	named := make([]driver.NamedValue, len(args))
	for i, arg := range args {
		named[i] = driver.NamedValue{Ordinal: i + 1, Value: arg}
	}
	return named
}

func drain(rows driver.Rows, each func(values [][]byte) error) error {
	n := len(rows.Columns())
	dest := make([]driver.Value, n)
	values := make([][]byte, n)
	var scratch []byte
	for {
		err := rows.Next(dest)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		scratch = scratch[:0]
		for i, v := range dest {
			if b, ok := v.([]byte); ok {
				values[i] = b
				continue
			}
			values[i], scratch = appendText(scratch, v)
		}
		if err := each(values); err != nil {
			return err
		}
	}
}

// appendText writes v as text at the end of scratch, and gives what it wrote
// (nil for NULL) and the longer scratch.
func appendText(scratch []byte, v driver.Value) (text, longer []byte) {
	start := len(scratch)
	switch v := v.(type) {
	case nil:
		return nil, scratch
	case string:
		scratch = append(scratch, v...)
	case int64:
		scratch = strconv.AppendInt(scratch, v, 10)
	case uint64:
		scratch = strconv.AppendUint(scratch, v, 10)
	case float64:
		// A float is only met as eventtime: seconds with microseconds.
		scratch = strconv.AppendFloat(scratch, v, 'f', 6, 64)
	case float32:
		scratch = strconv.AppendFloat(scratch, float64(v), 'f', 0, 64)
	case time.Time:
		scratch = v.AppendFormat(scratch, "2006-01-02 15:04:05.000000")
	default:
		scratch = fmt.Append(scratch, v)
	}
	return scratch[start:len(scratch):len(scratch)], scratch
}
