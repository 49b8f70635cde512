// Package captures holds CEL captured from a real Asterisk, scenario by
// scenario, with what the telephones saw and what the assembled calls must be.
// testdata/README.md describes the files.
//
// The demonstration plays the captures; tests assert on them. The package
// knows nothing of what they mean.
package captures

import (
	"embed"
	"io/fs"
	"slices"
	"strings"
)

// The kinds of file stand in variables of their own, so that a program carries
// only those it uses: the linker drops the others.
var (
	//go:embed testdata/*.csv
	tables embed.FS
	//go:embed testdata/*.expected.json
	expectations embed.FS
	//go:embed testdata/*.md testdata/*.truth.jsonl
	stories embed.FS
)

// Names lists the scenarios in alphabetical order.
func Names() []string {
	entries, err := fs.ReadDir(tables, "testdata")
	if err != nil {
		panic(err) // the directory is part of the binary
	}
	var names []string
	for _, e := range entries {
		name, isCSV := strings.CutSuffix(e.Name(), ".csv")
		if isCSV && !strings.Contains(name, ".") {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// CSV returns every CEL field of every row with microseconds, under a header
// line. It is empty for a scenario that writes no rows.
func CSV(name string) ([]byte, error) { return tables.ReadFile("testdata/" + name + ".csv") }

// FreePBX returns the rows of CSV as FreePBX's table keeps them: whole seconds,
// no userfield, no peeraccount.
func FreePBX(name string) ([]byte, error) {
	return tables.ReadFile("testdata/" + name + ".freepbx.csv")
}

// CDR returns the CDR rows of the same calls, under a header line.
func CDR(name string) ([]byte, error) { return tables.ReadFile("testdata/" + name + ".cdr.csv") }

// Expected returns what the assembled calls must be, in the form that
// testdata/README.md describes.
func Expected(name string) ([]byte, error) {
	return expectations.ReadFile("testdata/" + name + ".expected.json")
}

// Story returns the plan of the scenario and who was connected for how long,
// in words.
func Story(name string) ([]byte, error) { return stories.ReadFile("testdata/" + name + ".md") }

// Truth returns what the telephones saw by their own clock, one JSON object a
// line.
func Truth(name string) ([]byte, error) {
	return stories.ReadFile("testdata/" + name + ".truth.jsonl")
}
