package cli

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"strings"

	"ringback/internal/config"
	"ringback/internal/journal"
)

type backupCommand struct {
	configFlag `embed:""`

	File string `arg:"" help:"The file to write, which must not exist."`
}

// Run copies the journal, while serve works with it or not.
func (c *backupCommand) Run(ctx context.Context, p *Process) error {
	loaded, err := c.load(p)
	if err != nil {
		return err
	}
	state := loaded.State.URL
	if state.Backend() == "postgres" {
		return misuse("the journal is in PostgreSQL, which has a program of its own for this:\n  %s", dump(state, c.File))
	}
	if err := journal.BackupSQLite(ctx, state.URL().Path, c.File); err != nil {
		return err
	}
	_, err = fmt.Fprintf(p.Stdout, "%s is a backup of %s.%s\n", c.File, state.URL().Path, aboutKey(loaded.State.KeyFile))
	return err
}

// aboutKey says that the key must be kept too, where there is one: it is made with
// the first target.
func aboutKey(file string) string {
	if _, err := os.Stat(file); err != nil {
		return ""
	}
	return " Keep a copy of the key " + file + " too, in another place."
}

// dump is the command that backs up a journal in PostgreSQL, without a password.
func dump(state config.StateURL, file string) string {
	u := *state.URL()
	if u.User != nil {
		u.User = url.User(u.User.Username())
	}
	query := u.Query()
	schema, _, _ := strings.Cut(query.Get("search_path"), ",")
	for _, ours := range []string{"search_path", "pool_mode", "pool_max_conns"} {
		query.Del(ours)
	}
	u.RawQuery = query.Encode()
	words := []string{"pg_dump", "--format=custom", "--no-owner"}
	if schema != "" {
		words = append(words, "--schema="+shellWord(schema))
	}
	return strings.Join(append(words, "--file="+shellWord(file), shellWord(u.String())), " ")
}

// shellWord is text as one word of a shell.
func shellWord(text string) string {
	if text != "" && strings.Trim(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:@=%+,") == "" {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}
