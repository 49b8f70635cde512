package app

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"time"

	"ringback/internal/config"
)

// reading names all that decides, beside a PBX's records, which calls come of them: the program
// to the last byte, the PBX's settings, and the offsets of its zone, whose rules change. A program that cannot read itself gives "".
func reading(program string, c *config.PBX) string {
	if program == "" {
		return ""
	}
	sum := sha256.New()
	// Of these values none fails to be written as JSON, and a hash takes all.
	_ = json.NewEncoder(sum).Encode([]any{program, c.Name, c.Timezone.String(), c.Silence, c.Columns, planOf(c)})
	for at := firstOffset; at.Before(lastOffset); at = at.Add(offsetStep) {
		_, offset := at.In(c.Timezone.Location).Zone()
		_, _ = fmt.Fprintln(sum, offset)
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// Offsets are looked at over the years that CEL may be from, so often that no rule in between is missed.
var (
	firstOffset = time.Date(2005, 1, 1, 0, 0, 0, 0, time.UTC)
	lastOffset  = time.Date(2045, 1, 1, 0, 0, 0, 0, time.UTC)
)

const offsetStep = 7 * 24 * time.Hour

// programDigest is a digest of the program's own file, "" when it cannot be read.
func programDigest() string {
	path, err := os.Executable()
	if err != nil {
		return ""
	}
	file, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer func() { _ = file.Close() }() // nothing was written
	sum := sha256.New()
	if _, err := io.Copy(sum, file); err != nil {
		return ""
	}
	return hex.EncodeToString(sum.Sum(nil))
}
