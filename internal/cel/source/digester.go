package source

import (
	"context"
	"time"

	"ringback/internal/cel"
)

// Digester is a Source that can tell whether its rows have changed without handing
// them over. The database reads them then, and sends nothing of them.
type Digester interface {
	Source

	// ScanPieces is Scan, and tells of each piece of the rows before it reads any of that:
	// pieces follow each other without a gap, in the order of Scan. An error of tell stops it and
	// is returned as it is.
	ScanPieces(ctx context.Context, from, until time.Time, tell func(Piece) error, yield func(batch []cel.Record) error) error

	// Range is which keys Scan would hand over now: those in (after, upto].
	Range(ctx context.Context, from, until time.Time) (after, upto int64, err error)

	// Digest is that of a piece with such keys as it is now.
	Digest(ctx context.Context, after, upto int64) (string, error)
}

// Piece is a piece of a table: the rows with keys in (After, UpTo].
type Piece struct {
	After, UpTo int64
	Rows        int64
	// Digest is a text made of every row, its key and all that is read of it, and of how rows are read. While
	// it stays the same, so do they: a row that is added or taken away is always noticed, one that was
	// written over but for one chance in 2^32 or so. It is "" where that cannot be told.
	Digest string
}
