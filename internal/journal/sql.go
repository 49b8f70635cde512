package journal

import (
	"context"
	"strconv"
	"strings"
)

// bulkArgs bounds the parameters of one statement. SQLite takes 32766; far
// fewer already make the cost of a statement vanish.
const bulkArgs = 1200

// placeholders writes ($from,…,$from+width-1), rows times, comma between.
func placeholders(b *strings.Builder, from, width, rows int) {
	for r := range rows {
		if r > 0 {
			b.WriteByte(',')
		}
		b.WriteByte('(')
		for c := range width {
			if c > 0 {
				b.WriteByte(',')
			}
			b.WriteByte('$')
			b.WriteString(strconv.Itoa(from + r*width + c))
		}
		b.WriteByte(')')
	}
}

// insertRows writes many rows with as few statements as is sensible. head ends
// before VALUES' first row, tail follows the last.
func insertRows(ctx context.Context, tx Tx, head, tail string, width int, args []any) error {
	return eachPortion(width, args, func(rows int, portion []any) error {
		_, err := tx.Exec(ctx, bulk(head, tail, width, rows), portion...)
		return err
	})
}

// insertReturning is insertRows for a tail with RETURNING; scan reads a row.
func insertReturning(ctx context.Context, tx Tx, head, tail string, width int, args []any, scan func(Row) error) error {
	return eachPortion(width, args, func(rows int, portion []any) error {
		return tx.Query(ctx, bulk(head, tail, width, rows), portion, scan)
	})
}

func bulk(head, tail string, width, rows int) string {
	var b strings.Builder
	b.WriteString(head)
	b.WriteByte(' ')
	placeholders(&b, 1, width, rows)
	b.WriteByte(' ')
	b.WriteString(tail)
	return b.String()
}

func eachPortion(width int, args []any, do func(rows int, portion []any) error) error {
	most := bulkArgs / width * width
	for len(args) > 0 {
		n := min(most, len(args))
		if err := do(n/width, args[:n]); err != nil {
			return err
		}
		args = args[n:]
	}
	return nil
}

// in asks head with one IN list after another: head ends before the list and
// may use $1, which is first; the list starts at $2.
func in(ctx context.Context, r Reader, head, first string, list []string, scan func(Row) error) error {
	const most = 500
	for len(list) > 0 {
		n := min(most, len(list))
		args := make([]any, 0, n+1)
		args = append(args, first)
		for _, s := range list[:n] {
			args = append(args, s)
		}
		var b strings.Builder
		b.WriteString(head)
		b.WriteByte(' ')
		placeholders(&b, 2, n, 1)
		if err := r.Query(ctx, b.String(), args, scan); err != nil {
			return err
		}
		list = list[n:]
	}
	return nil
}
