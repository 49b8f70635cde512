package source

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// DefaultTable is the table that is read when the address names none.
const DefaultTable = "cel"

// ParseAddress reads the URL of a source. Its errors never hold the URL, which
// may hold a password.
func ParseAddress(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	if err != nil {
		return nil, errors.New("the address of the CEL table is no URL; write it like mysql://user:password@host:3306/asteriskcdrdb?table=cel, " +
			"with special characters of the password percent-encoded (@ is %40, : is %3A, / is %2F, # is %23, ? is %3F, % is %25)")
	}
	if u.Scheme == "" {
		return nil, errors.New("the address of the CEL table has no scheme; it begins with mysql://, postgres://, sqlite:// or csv://")
	}
	if u.Fragment != "" {
		return nil, errors.New("the address of the CEL table has a # in it; in a password write %23")
	}
	return u, nil
}

// CheckParameters refuses parameters of an address other than the known ones.
func CheckParameters(u *url.URL, known ...string) error {
	values, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return fmt.Errorf("the part after ? of the %s address cannot be read; write it like ?table=cel", u.Scheme)
	}
	for name := range values {
		if !slices.Contains(known, name) {
			return fmt.Errorf("the %s address has a parameter %q; known are %s", u.Scheme, name, strings.Join(known, ", "))
		}
	}
	return nil
}

// TableName is the table that the address names.
func TableName(u *url.URL) string {
	if name := u.Query().Get("table"); name != "" {
		return name
	}
	return DefaultTable
}

// MissingTable is the error for a table that is not there, or not to be seen;
// grant, if any, is what would let it be seen.
func MissingTable(place, table string, others []string, grant string) error {
	remedy := "there are no tables that this user can see; check the name of the database and the user's rights"
	if len(others) > 0 {
		remedy = "tables there: " + strings.Join(others, ", ") + "; name the right one with ?table="
	}
	if grant != "" {
		remedy += "; if it is there, let an administrator of the database run: " + grant
	}
	return &SetupError{Place: place, Problem: fmt.Sprintf("there is no table %q", table), Remedy: remedy}
}
