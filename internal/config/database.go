package config

import (
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// SourceURL says where a PBX keeps its CEL. It is never shown with its password.
type SourceURL struct{ address }

// StateURL says where the journal is kept. It is never shown with its password.
type StateURL struct{ address }

// ParseSourceURL reads the URL of a CEL table or file as the key cel gives it.
// The functions are as for Parse.
func ParseSourceURL(text string, lookupEnv func(string) (string, bool), readFile func(string) ([]byte, error)) (SourceURL, error) {
	var s SourceURL
	err := s.set(text, environment{lookupEnv, readFile})
	return s, err
}

// Backend is postgres or sqlite.
func (s StateURL) Backend() string {
	if s.url == nil {
		return ""
	}
	return s.url.Scheme
}

// database says how the URLs of one kind of database look.
type database struct {
	example string
	// parameters are what may follow the question mark.
	parameters []string
	// file says that the URL names a file, not a server.
	file bool
}

const exampleSource = "mysql://user:password@127.0.0.1:3306/asteriskcdrdb?table=cel"

var (
	// aliases are other names of kinds.
	aliases = map[string]string{"mariadb": "mysql", "postgresql": "postgres", "sqlite3": "sqlite"}

	sources = map[string]database{
		"mysql":    {exampleSource, []string{"table", "tls", "socket"}, false},
		"postgres": {"postgres://user:password@127.0.0.1:5432/asterisk?table=cel", []string{"table", "sslmode", "sslrootcert", "host"}, false},
		"sqlite":   {"sqlite:///var/log/asterisk/master.db?table=cel", []string{"table"}, true},
		"csv":      {"csv:///var/log/asterisk/cel-custom/Master.csv", []string{"columns"}, true},
	}
	states = map[string]database{
		"sqlite": {DefaultState, nil, true},
		"postgres": {"postgres://user:password@127.0.0.1:5432/ringback", []string{
			"sslmode", "sslrootcert", "sslcert", "sslkey", "host", "connect_timeout", "application_name", "search_path",
			"pool_mode", "pool_max_conns", "target_session_attrs",
		}, false},
	}
)

func (s *SourceURL) set(text string, env environment) error {
	a, err := setDatabase(text, exampleSource, env, sources)
	if err != nil {
		return err
	}
	if query := a.url.Query(); query.Has("table") && !isTable(query.Get("table")) {
		return advise(fmt.Sprintf("%q is no name of a table", query.Get("table")),
			"use letters, digits and _, with a schema and a point before it if need be")
	}
	s.address = a
	return nil
}

func (*SourceURL) secretPart(text string) (from, to int) { return secretOfDatabase(text) }

func (s *StateURL) set(text string, env environment) error {
	a, err := setDatabase(text, DefaultState, env, states)
	if err != nil {
		return err
	}
	if mode := a.url.Query().Get("pool_mode"); mode != "" && mode != "session" && mode != "transaction" {
		return advise(fmt.Sprintf("pool_mode is %q", mode), "give that of the PgBouncer in between: session or transaction")
	}
	s.address = a
	return nil
}

func (*StateURL) secretPart(text string) (from, to int) { return secretOfDatabase(text) }

func setDatabase(text, example string, env environment, kinds map[string]database) (address, error) {
	text, err := env.resolve(text)
	if err != nil {
		return address{}, err
	}
	u, err := parseDatabase(text, example, kinds)
	if err != nil {
		return address{}, err
	}
	return address{u, showDatabase(u)}, nil
}

func parseDatabase(text, example string, kinds map[string]database) (*url.URL, error) {
	names := slices.Sorted(maps.Keys(kinds))
	u, err := parseAddress(text, example)
	if err != nil {
		return nil, err
	}
	if name, ok := aliases[u.Scheme]; ok {
		u.Scheme = name
	}
	kind, ok := kinds[u.Scheme]
	if !ok {
		return nil, advise(fmt.Sprintf("%q is no kind of database that is known here", u.Scheme), "use "+strings.Join(names, "://, ")+"://")
	}
	fits := checkServer
	if kind.file {
		fits = checkFile
	}
	if err := fits(u, kind); err != nil {
		return nil, err
	}
	return u, checkParameters(u, kind)
}

func checkServer(u *url.URL, kind database) error {
	name := strings.TrimPrefix(u.Path, "/")
	switch {
	case u.Hostname() == "" && !u.Query().Has("socket") && !u.Query().Has("host"):
		return advise("the URL names no host", "write it as "+kind.example)
	case name == "":
		return advise("the URL names no database", "write it as "+kind.example)
	case strings.Contains(name, "/"):
		return advise("the name of the database has a / in it", "write the URL as "+kind.example)
	}
	return nil
}

func checkFile(u *url.URL, kind database) error {
	if u.Host != "" || u.User != nil || len(u.Path) < len("/x") {
		return advise("the URL does not name a file by its whole path", "with three slashes, write it as "+kind.example)
	}
	return nil
}

func checkParameters(u *url.URL, kind database) error {
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return advise("what follows the question mark cannot be read", escaping)
	}
	for _, name := range slices.Sorted(maps.Keys(query)) {
		if !slices.Contains(kind.parameters, name) {
			hint := "a " + u.Scheme + " URL takes no parameters"
			if len(kind.parameters) > 0 {
				hint = "a " + u.Scheme + " URL takes " + strings.Join(kind.parameters, ", ")
			}
			return advise(fmt.Sprintf("there is no parameter %q", name), hint)
		}
		if len(query[name]) > 1 {
			return advise(fmt.Sprintf("the parameter %q is given twice", name), "give it once")
		}
	}
	return nil
}

var tableName = regexp.MustCompile(`^([A-Za-z_][A-Za-z0-9_$]{0,63}\.)?[A-Za-z_][A-Za-z0-9_$]{0,63}$`)

func isTable(name string) bool { return tableName.MatchString(name) }
