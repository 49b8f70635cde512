// Package config reads and checks the configuration file: TOML in, typed
// settings out, or every fault with its line and what to do about it.
//
// It opens nothing but the file and the secrets the file points to, and knows
// nothing of what the settings are used for. docs/configure.md explains every
// key.
package config

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// DefaultPath is where the configuration is looked for when nothing says
// otherwise.
const DefaultPath = "/etc/ringback/ringback.toml"

// PathVariable is the environment variable that names the configuration file.
const PathVariable = "RINGBACK_CONFIG"

// Path is the file to read: the one a flag names, else the one that
// RINGBACK_CONFIG names, else DefaultPath.
func Path(flag string, getenv func(string) string) string {
	if flag != "" {
		return flag
	}
	if path := getenv(PathVariable); path != "" {
		return path
	}
	return DefaultPath
}

// Load reads the file at path, and secrets from the process's environment and
// from files. What is wrong in the file is an *Error.
func Load(path string) (*Config, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there is no configuration %s; write one as docs/configure.md tells, or name another with --config or %s", path, PathVariable)
	}
	if err != nil {
		return nil, fmt.Errorf("read configuration: %w", err)
	}
	return Parse(path, text, os.LookupEnv, os.ReadFile)
}

// Parse reads a configuration called name, for messages. The functions fetch
// the secrets that it gives as env:NAME and file:/path. What is wrong in it is
// an *Error that lists every fault found.
func Parse(name string, text []byte, lookupEnv func(string) (string, bool), readFile func(string) ([]byte, error)) (*Config, error) {
	text = bytes.TrimPrefix(text, []byte("\xef\xbb\xbf")) // some editors put it first
	doc := &document{name: name, text: text, places: map[string]*node{}}
	root, fault := parseTree(doc)
	if fault != nil {
		return nil, &Error{File: name, Faults: []Fault{*fault}}
	}
	var c Config
	b := binder{doc: doc, env: environment{lookupEnv, readFile}}
	b.table(root, &c, place{})
	c.setDefaults()
	checker{doc}.config(&c)
	if len(doc.faults) > 0 {
		return nil, doc.err()
	}
	for i := range c.Server.Users {
		c.Server.Users[i].hash()
	}
	return &c, nil
}
