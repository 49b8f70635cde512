package config

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"strings"
)

// hidden is shown in place of what must not be seen.
const hidden = "…"

// Secret is a text that no log, page or message may show: however it is
// written, it is "…", or "" when unset.
type Secret struct{ value string }

// NewSecret makes a text a secret.
func NewSecret(value string) Secret { return Secret{value} }

// Reveal gives the secret itself.
func (s Secret) Reveal() string { return s.value }

// IsSet says that there is a secret.
func (s Secret) IsSet() bool { return s.value != "" }

func (s Secret) String() string {
	if s.value == "" {
		return ""
	}
	return hidden
}

// Format keeps every verb of package fmt from showing the secret.
func (s Secret) Format(f fmt.State, _ rune) { fmt.Fprint(f, s.String()) }

// MarshalText keeps encoders (JSON, XML, TOML) from showing the secret.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// LogValue keeps package slog from showing the secret.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

func (s *Secret) set(text string, env environment) error {
	value, err := env.resolve(text)
	if err != nil {
		return err
	}
	if value == "" {
		return advise("the secret is empty", "give it, or leave the key out")
	}
	s.value = value
	return nil
}

// secretPart is the whole text, unless it only says where the secret is.
func (*Secret) secretPart(text string) (from, to int) {
	if isReference(text) {
		return 0, 0
	}
	return 0, len(text)
}

// environment is where secrets come from.
type environment struct {
	lookupEnv func(string) (string, bool)
	readFile  func(string) ([]byte, error)
}

const (
	envPrefix  = "env:"
	filePrefix = "file:"
	// maxSecret is the most that a file with a secret may hold, in bytes.
	maxSecret = 64 << 10
)

// isReference says that text tells where a secret is, and is none itself.
func isReference(text string) bool {
	return strings.HasPrefix(text, envPrefix) || strings.HasPrefix(text, filePrefix)
}

// resolve gives what env:NAME and file:/path stand for, other text as it is.
func (e environment) resolve(text string) (string, error) {
	if name, ok := strings.CutPrefix(text, envPrefix); ok {
		return e.variable(name)
	}
	if path, ok := strings.CutPrefix(text, filePrefix); ok {
		return e.file(path)
	}
	return text, nil
}

func (e environment) variable(name string) (string, error) {
	if name == "" {
		return "", advise("env: names no environment variable", "write it as env:NAME")
	}
	value, ok := e.lookupEnv(name)
	if !ok || value == "" {
		return "", advise(fmt.Sprintf("the environment variable %s is not set", name),
			"set it where the program is started, for a service with EnvironmentFile=")
	}
	return value, nil
}

func (e environment) file(path string) (string, error) {
	if !strings.HasPrefix(path, "/") {
		return "", advise("file: does not name a file by its whole path", "write it as file:/path")
	}
	content, err := e.readFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", advise("there is no file "+path, "write the secret into it, readable by the user that runs the program only")
	case errors.Is(err, fs.ErrPermission):
		return "", advise(fmt.Sprintf("the file %s may not be read", path), "let the user that runs the program read it")
	case err != nil:
		return "", advise(fmt.Sprintf("the file %s cannot be read: %v", path, err), "")
	}
	value := strings.TrimRight(string(content), "\r\n")
	switch {
	case value == "":
		return "", advise(fmt.Sprintf("the file %s is empty", path), "write the secret into it")
	case len(content) > maxSecret || strings.ContainsAny(value, "\r\n\x00"):
		return "", advise(fmt.Sprintf("the file %s holds more than one line of text", path), "leave nothing but the secret in it")
	}
	return value, nil
}
