package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ringback/internal/captures"
)

// explained runs calls --explain for the call of a capture, with a configuration that
// ends with targets, or without one.
func explained(t *testing.T, capture, id, targets string, configured bool) string {
	t.Helper()
	directory := t.TempDir()
	rows, err := captures.CSV(capture)
	if err != nil {
		t.Fatal(err)
	}
	cel, settings := filepath.Join(directory, "Master.csv"), filepath.Join(directory, "ringback.toml")
	for name, text := range map[string]string{
		cel:      string(rows),
		settings: "[[pbx]]\nname = \"main\"\ncel = \"csv://" + cel + "\"\ntimezone = \"UTC\"\n" + targets,
	} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	args := []string{"calls", "--explain", "--id", id, "--cel", "csv://" + cel}
	if configured {
		args = []string{"calls", "--explain", "--id", id, "--config", settings}
	}
	var stdout, stderr bytes.Buffer
	p := Process{Args: args, Stdout: &stdout, Stderr: &stderr, LookupEnv: func(string) (string, bool) { return "", false }, Now: time.Now}
	if status := Run(t.Context(), p); status != exitDone {
		t.Fatalf("it ended with %d: %s", status, &stderr)
	}
	return stdout.String()
}

func TestExplainNamesTheRulesThatActOnADelivery(t *testing.T) {
	const capture, id = "blind-transfer", "1795410855.90"
	const portal = `
[[target]]
name = "portal"
type = "bitrix24"
webhook = "https://portal.example.com/rest/1/hookcode/"
default_user = 1
`
	for _, test := range []struct {
		name, targets string
		says          []string
	}{
		{"whose the call is", portal, []string{
			"portal (bitrix24): delivered\n", "  main-1795410855.90: incoming, answered, client 79161234567",
			"responsible: the user with extension 1002; else user 1 (default_user)", "of ours, 1002 talked with the client last",
		}},
		{"the rule that changed the number", portal + "[[target.rewrite]]\nmatch = '^7'\nreplace = '8'\n", []string{
			"client 89161234567", "rule 1 for numbers (match = '^7') made 89161234567 of 79161234567",
		}},
		{"the list that left it out", portal + "[target.leave]\ncontexts = ['^macro-dial']\n", []string{
			"portal (bitrix24): left out: the settings leave out calls of context macro-dial-one ([target.leave] contexts = '^macro-dial')",
		}},
		{"each call of one that is divided", portal + "calls = \"answered_legs\"\n", []string{
			"delivered as 2 calls", "  main-1795410855.90-leg-1795410859.92: ", `calls = "answered_legs": of ours, 1002 answered`,
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			out := explained(t, capture, id, test.targets, true)
			for _, text := range append(test.says, "What the targets are given of it:") {
				if !strings.Contains(out, text) {
					t.Errorf("it does not say %q:\n%s", text, out)
				}
			}
		})
	}
	for name, out := range map[string]string{
		"without a configuration":      explained(t, capture, id, "", false),
		"with one that has no targets": explained(t, capture, id, "", true),
	} {
		if strings.Contains(out, "targets") {
			t.Errorf("%s, it speaks of targets:\n%s", name, out)
		}
	}
}
