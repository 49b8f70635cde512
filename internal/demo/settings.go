package demo

import (
	"fmt"
	"strings"
)

// Settings are what the configuration of a demonstration depends on.
type Settings struct {
	// Directory holds the table, called cel.db, and the journal.
	Directory string
	// Listen is where the server listens, host:port.
	Listen string
	// User and Password are the log-in.
	User, Password string
}

// Configuration writes a configuration file for the demonstration PBX.
func Configuration(s Settings) string {
	return fmt.Sprintf(`# The demonstration's configuration; gone when it ends.
[server]
listen = %q
[[server.user]]
name = %q
password = %q
role = "admin"

[state]
url = "sqlite://%s/state.db"

[log]
level = "warn"

[[pbx]]
name = "demo"
cel = "sqlite://%s/%s?table=cel"
[pbx.dialplan]
extensions = %s
trunks = %s
incoming_contexts = %s
`, s.Listen, s.User, s.Password, s.Directory, s.Directory, TableFile, list(Extensions), list(Trunks), list(IncomingContexts))
}

// list writes expressions as a TOML array of literal strings.
func list(expressions []string) string { return "['" + strings.Join(expressions, "', '") + "']" }
