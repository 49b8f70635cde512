package config

import (
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
)

// Realm is the realm of digest authentication. Hashes of passwords hold only
// for it.
const Realm = "ringback"

// HashPassword gives a user's hashes as digest authentication needs them (HA1
// of RFC 7616, section 3.4.2), in lower-case hexadecimal: the hash of
// name:ringback:password. MD5 is there for old clients alone.
func HashPassword(name, password string) (sha, md string) {
	a1 := []byte(name + ":" + Realm + ":" + password)
	s, m := sha256.Sum256(a1), md5.Sum(a1)
	return hex.EncodeToString(s[:]), hex.EncodeToString(m[:])
}

// hash puts the hashes in place of the password.
func (u *User) hash() {
	if !u.Password.IsSet() {
		return
	}
	sha, md := HashPassword(u.Name, u.Password.Reveal())
	u.SHA256, u.MD5, u.Password = NewSecret(sha), NewSecret(md), Secret{}
}
