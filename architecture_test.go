// Package ringback_test holds the rules of the house that no single package
// can hold: which room may know which, and what stands at the root.
package ringback_test

import (
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

func TestTheHouseKeepsItsRules(t *testing.T) {
	for _, violation := range checkHouse(t, os.DirFS(".")) {
		t.Error(violation)
	}
}

// Each rule is broken once in a small house, so that none holds only because it
// never looks.
func TestEachRuleCanBeBroken(t *testing.T) {
	for _, test := range []struct {
		name string
		// files maps files to what they hold in the broken house; "" removes the file.
		files map[string]string
		want  string
	}{
		{
			"a pure room imports SQL",
			map[string]string{"internal/period/period.go": "// Package period is one.\npackage period\nimport _ \"database/sql\"\n"},
			"internal/period is pure but imports database/sql",
		},
		{
			"a pure room reaches HTTP through another room",
			map[string]string{
				"internal/call/call.go": "// Package call is one.\npackage call\nimport _ \"ringback/internal/web\"\n",
				"internal/web/web.go":   "// Package web is one.\npackage web\nimport _ \"net/http\"\n",
			},
			"internal/call is pure but imports net/http (through internal/web)",
		},
		{
			"a pure room asks the clock",
			map[string]string{"internal/call/call.go": "// Package call is one.\npackage call\nimport \"time\"\nvar x = time.Now()\n"},
			"internal/call/call.go:4: a pure room asks the clock: time is passed in",
		},
		{
			"another room than jobs imports River",
			map[string]string{"internal/api/api.go": "// Package api is one.\npackage api\nimport _ \"github.com/riverqueue/river\"\n"},
			"internal/api imports github.com/riverqueue/river: only internal/jobs knows River",
		},
		{
			"another room than the journal and the sources imports a driver",
			map[string]string{"internal/api/api.go": "// Package api is one.\npackage api\nimport _ \"modernc.org/sqlite\"\n"},
			"internal/api imports modernc.org/sqlite: database drivers stay in",
		},
		{
			"a room imports app",
			map[string]string{"internal/api/api.go": "// Package api is one.\npackage api\nimport _ \"ringback/internal/app\"\n"},
			"internal/api imports internal/app: only",
		},
		{
			"a package has no comment",
			map[string]string{"internal/api/api.go": "package api\n"},
			"internal/api has 0 package comments, want 1",
		},
		{
			"a package has two comments",
			map[string]string{"internal/api/more.go": "// Package api is two.\npackage api\n"},
			"internal/api has 2 package comments, want 1",
		},
		{
			"a room is missing from the map of the house",
			map[string]string{"internal/attic/attic.go": "// Package attic is one.\npackage attic\n"},
			"docs/architecture.md does not mention internal/attic",
		},
		{
			"the map of the house shows a room that is not there",
			map[string]string{"docs/architecture.md": "`internal/api` `internal/app` `internal/call` `internal/period` `internal/cellar`"},
			"docs/architecture.md mentions internal/cellar, which is not there",
		},
		{
			"a module is replaced",
			map[string]string{"go.mod": "module ringback\nreplace x => y\n"},
			"go.mod has a replace directive",
		},
		{
			"the licence is gone",
			map[string]string{"LICENSE": ""},
			"LICENSE",
		},
		{
			"the licence is another",
			map[string]string{"LICENSE": "MIT"},
			"LICENSE is not the Apache License, Version 2.0",
		},
		{
			"the README names a target that is not there",
			map[string]string{"README.md": "`make run` `make test` `make coffee`"},
			"README.md names make coffee, which the Makefile does not explain",
		},
		{
			"the README does not name the two commands",
			map[string]string{"README.md": "`make run`"},
			"README.md does not name make test",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			house := soundHouse()
			for name, content := range test.files {
				if content == "" {
					delete(house, name)
					continue
				}
				house[name] = &fstest.MapFile{Data: []byte(content)}
			}
			violations := checkHouse(t, house)
			if !slices.ContainsFunc(violations, func(v string) bool { return strings.Contains(v, test.want) }) {
				t.Errorf("no violation says %q; there are %q", test.want, violations)
			}
		})
	}
}

func TestASoundHouseHasNoViolations(t *testing.T) {
	if violations := checkHouse(t, soundHouse()); len(violations) > 0 {
		t.Errorf("violations in a sound house: %q", violations)
	}
}

func soundHouse() fstest.MapFS {
	house := fstest.MapFS{}
	for name, content := range map[string]string{
		"go.mod":                    "module ringback\n",
		"LICENSE":                   "Apache License\nVersion 2.0, January 2004\n",
		"README.md":                 "`make run` `make test`",
		"Makefile":                  "run: build ## run it\ntest: ## test it\n",
		"docs/architecture.md":      "`internal/api` `internal/app` `internal/call` `internal/period`",
		"internal/api/api.go":       "// Package api is one.\npackage api\n",
		"internal/app/app.go":       "// Package app is one.\npackage app\nimport _ \"ringback/internal/api\"\n",
		"internal/call/call.go":     "// Package call is one.\npackage call\n",
		"internal/period/period.go": "// Package period is one.\npackage period\n",
		"internal/api/api_test.go":  "package api_test\nimport _ \"modernc.org/sqlite\"\n",
	} {
		house[name] = &fstest.MapFile{Data: []byte(content)}
	}
	return house
}
