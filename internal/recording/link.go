package recording

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"ringback/internal/call"
)

// Path is where the Library's handler is to be mounted.
const Path = "/recordings/"

var (
	errNoLink  = errors.New("this is no link to a recording")
	errForged  = errors.New("the link is not signed with the present key")
	errExpired = errors.New("the link has expired")
)

// reference is what a link names.
type reference struct {
	pbx, id string
	// expires is in UNIX seconds; 0 is never.
	expires   int64
	signature []byte
}

// Link is an address of the call's recording:
// <public>/recordings/<pbx>/<call id>/<expiry>/<signature>.<mp3 or wav>.
func (l *Library) Link(c *call.Call) (string, error) {
	s := &l.settings
	if s.PublicURL == nil {
		return "", errors.New("there is no public_url to make links with")
	}
	if len(c.Recordings) == 0 {
		return "", errors.New("the call has no recording")
	}
	r := reference{pbx: c.PBX, id: c.ID}
	if s.Lifetime > 0 {
		r.expires = s.Now().Add(s.Lifetime).Unix()
	}
	extension := wav
	if l.encoder != nil || strings.HasSuffix(strings.ToLower(c.Recordings[0]), ".mp3") {
		extension = mp3
	}
	return strings.TrimSuffix(s.PublicURL.String(), "/") + r.path(s.Key, extension), nil
}

func (r *reference) path(key []byte, extension format) string {
	return fmt.Sprintf("%s%s/%s/%d/%s.%s", Path, url.PathEscape(r.pbx), url.PathEscape(r.id), r.expires,
		base64.RawURLEncoding.EncodeToString(r.sign(key)), extension)
}

// sign is over everything that the link says, each part with its length.
func (r *reference) sign(key []byte) []byte {
	mac := hmac.New(sha256.New, key)
	fmt.Fprintf(mac, "recording 1\n%d:%s\n%d:%s\n%d", len(r.pbx), r.pbx, len(r.id), r.id, r.expires)
	return mac.Sum(nil)
}

// check says whether the link is to be followed.
func (r *reference) check(key []byte, now time.Time) error {
	if !hmac.Equal(r.sign(key), r.signature) {
		return errForged
	}
	if r.expires != 0 && now.Unix() >= r.expires {
		return errExpired
	}
	return nil
}

// maxLink is the longest path of a link, in bytes.
const maxLink = 2048

// parse reads the path of a link, as it was escaped.
func parse(escaped string) (*reference, error) {
	rest, ok := strings.CutPrefix(escaped, Path)
	parts := strings.Split(rest, "/")
	if !ok || len(escaped) > maxLink || len(parts) != 4 {
		return nil, errNoLink
	}
	pbx, err := url.PathUnescape(parts[0])
	if err != nil || pbx == "" {
		return nil, errNoLink
	}
	id, err := url.PathUnescape(parts[1])
	if err != nil || id == "" {
		return nil, errNoLink
	}
	expires, err := strconv.ParseInt(parts[2], 10, 64)
	if err != nil || expires < 0 || strconv.FormatInt(expires, 10) != parts[2] {
		return nil, errNoLink
	}
	signed, extension, _ := strings.Cut(parts[3], ".")
	signature, err := base64.RawURLEncoding.Strict().DecodeString(signed)
	if err != nil || len(signature) != sha256.Size || extension != string(mp3) && extension != string(wav) {
		return nil, errNoLink
	}
	return &reference{pbx, id, expires, signature}, nil
}
