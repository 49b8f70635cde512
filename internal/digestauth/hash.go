package digestauth

import (
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// algorithm is one of those that are offered.
type algorithm struct {
	name string
	hash func(text string) string
	// of picks the account's hash for it.
	of func(Credential) string
}

var (
	sha256Algorithm = algorithm{
		"SHA-256",
		func(text string) string { sum := sha256.Sum256([]byte(text)); return hex.EncodeToString(sum[:]) },
		func(c Credential) string { return c.SHA256 },
	}
	md5Algorithm = algorithm{
		"MD5",
		func(text string) string { sum := md5.Sum([]byte(text)); return hex.EncodeToString(sum[:]) },
		func(c Credential) string { return c.MD5 },
	}
)

// algorithmNamed is the algorithm that credentials name; without a name, it is
// MD5 (RFC 7616, section 3.4).
func algorithmNamed(name string) (algorithm, bool) {
	switch strings.ToUpper(name) {
	case "SHA-256":
		return sha256Algorithm, true
	case "MD5", "":
		return md5Algorithm, true
	}
	return algorithm{}, false
}

// join hashes parts with colons between them.
func (a algorithm) join(parts ...string) string { return a.hash(strings.Join(parts, ":")) }
