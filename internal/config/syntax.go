package config

import (
	"strings"

	"github.com/pelletier/go-toml/v2"
)

// syntaxFault is a fault of TOML's syntax. Nothing is known yet of what is a
// secret in the line, so its value is shown for well-known harmless keys only.
func (d *document) syntaxFault(wrong *toml.DecodeError) *Fault {
	line, column := wrong.Position()
	message := "this is no TOML: " + strings.TrimPrefix(wrong.Error(), "toml: ")
	f := &Fault{Line: line, Message: message}
	lines := strings.Split(string(d.text), "\n")
	if line < 1 || line > len(lines) {
		return f
	}
	text := lines[line-1]
	if strings.Contains(text, "=") && wrong.Key() == nil {
		f.Hint = `texts stand in quotes, such as listen = "127.0.0.1:8077", and nothing follows a value`
	}
	column = min(column, len(text)+1)
	f.Column = 1 + len([]rune(text[:column-1]))
	before, after := text[:column-1], text[column-1:]
	if !showsNoSecret(text) {
		before, after = withoutValue(text), ""
		if column-1 < len(before) {
			before, after = before[:column-1], before[column-1:]
		}
		f.Message = withoutQuotes(message)
	}
	f.Excerpt = frame(line, printable(before), "", printable(after))
	return f
}

// showsNoSecret says that a line has a header, or a key whose values are never
// secret.
func showsNoSecret(line string) bool {
	line = strings.TrimSpace(line)
	if strings.HasPrefix(line, "[") && !strings.Contains(line, "=") {
		return true
	}
	name, rest, ok := strings.Cut(line, "=")
	return ok && !strings.Contains(rest, "=") && isHarmless(strings.TrimSpace(name))
}

// withoutValue is a line with all behind its key left out, and the key as well
// unless it is a known one.
func withoutValue(line string) string {
	text := strings.TrimLeft(line, " \t")
	end := strings.IndexFunc(text, func(r rune) bool { return r != '_' && (r < 'a' || r > 'z') && (r < '0' || r > '9') })
	if end < 0 || !isKey(text[:end]) {
		return hidden
	}
	return line[:len(line)-len(text)+end] + " = " + hidden
}

// withoutQuotes cuts off what a message of the parser quotes from the line.
func withoutQuotes(message string) string {
	if i := strings.IndexAny(message, `'"#`); i > 0 {
		return strings.TrimRight(message[:i], " :") + " …"
	}
	return message
}
