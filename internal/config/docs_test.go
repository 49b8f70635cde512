package config_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"ringback/internal/config"
)

const guide = "../../docs/configure.md"

func readGuide(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(guide)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// The guide has a section for each table, headed with the table's header, and
// in it a row for each key; tables are keys of the tables they stand in.
func TestTheGuideExplainsEveryKeyAndNoOther(t *testing.T) {
	heading := regexp.MustCompile("^#+ .*`(\\[+[a-z._]+\\]+)`")
	row := regexp.MustCompile("^\\| `([a-z0-9_]+)`")
	var explained [][2]string
	sections := map[string]bool{}
	table := ""
	for line := range strings.Lines(readGuide(t)) {
		if m := heading.FindStringSubmatch(line); m != nil {
			table = m[1]
			sections[strings.Trim(table, "[]")] = true
		}
		if m := row.FindStringSubmatch(line); m != nil {
			explained = append(explained, [2]string{table, m[1]})
		}
	}
	keys := config.Keys()
	for _, k := range keys {
		path := strings.TrimPrefix(strings.Trim(k[0], "[]")+"."+k[1], ".")
		if !sections[path] && !slices.Contains(explained, k) {
			t.Errorf("%s does not explain %s of %q", guide, k[1], k[0])
		}
	}
	for _, k := range explained {
		if !slices.Contains(keys, k) {
			t.Errorf("%s explains %s of %q, which is no key", guide, k[1], k[0])
		}
	}
}

func TestTheGuidesExamplesAreRight(t *testing.T) {
	blocks := regexp.MustCompile("(?s)```toml\n(.*?)```").FindAllStringSubmatch(readGuide(t), -1)
	if len(blocks) == 0 {
		t.Fatal("there are none")
	}
	for _, block := range blocks {
		if _, err := config.Parse("configure.md", []byte(block[1]), lookupEnv, readFile); err != nil {
			t.Error(err)
		}
	}
}

// The page about rules shows targets, without the PBX that a whole file needs.
func TestTheExamplesOfRulesAreRight(t *testing.T) {
	text, err := os.ReadFile("../../docs/policy.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?s)```toml\n(.*?)```").FindAllStringSubmatch(string(text), -1)
	if len(blocks) == 0 {
		t.Fatal("there are none")
	}
	for _, block := range blocks {
		whole := "[[pbx]]\nname = \"main\"\ncel = \"csv:///Master.csv\"\n" + block[1]
		if _, err := config.Parse("policy.md", []byte(whole), lookupEnv, readFile); err != nil {
			t.Error(err)
		}
	}
}

func TestTheGuideGivesTheDefaults(t *testing.T) {
	text := readGuide(t)
	for _, value := range []string{config.DefaultListen, config.DefaultState, `"4h"`, config.DefaultOAuthURL, config.DefaultPath} {
		if !strings.Contains(text, value) {
			t.Errorf("%s does not give the default %s", guide, value)
		}
	}
}
