package ringback_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "ringback/"

// pureRooms decide what a call is from records and settings alone.
var pureRooms = []string{"internal/period", "internal/cel", "internal/dialplan", "internal/call"}

// outside is what a pure room must not reach, itself or through other rooms.
var outside = []string{"database/sql", "net", "net/http", "os", "os/exec", "github.com/riverqueue", "riverqueue.com"}

var drivers = []string{"modernc.org/sqlite", "github.com/go-sql-driver/mysql", "github.com/jackc/pgx"}

// driverRooms may import database drivers.
var driverRooms = map[string]string{
	"internal/journal":    "the program's own memory",
	"internal/cel/source": "and the rooms below: one backend each",
	"internal/demo":       "writes the demonstration's CEL table, as a PBX would",
	"internal/dbtest":     "starts real servers for tests; no part of the program",
	"internal/celgen":     "fills tables for benchmarks; no part of the program",
}

// appRooms may import internal/app, which puts everything together.
var appRooms = []string{"cmd", "internal/cli"}

// house is the source tree, parsed as far as the rules need it.
type house struct {
	tree  fs.FS
	rooms map[string]*room
}

// room is one package: its files without tests.
type room struct {
	files    map[string]*ast.File
	imports  []string
	comments int
}

// checkHouse returns every broken rule in words.
func checkHouse(t *testing.T, tree fs.FS) []string {
	t.Helper()
	h := house{tree: tree, rooms: map[string]*room{}}
	positions := token.NewFileSet()
	err := fs.WalkDir(tree, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && name != "." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata"):
			return fs.SkipDir
		case d.IsDir() || path.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go"):
			return nil
		}
		return h.add(positions, name)
	})
	if err != nil {
		t.Fatal(err)
	}
	return slices.Concat(h.imports(), h.clocks(positions), h.comments(), h.plan(), h.root())
}

func (h *house) add(positions *token.FileSet, name string) error {
	source, err := fs.ReadFile(h.tree, name)
	if err != nil {
		return err
	}
	file, err := parser.ParseFile(positions, name, source, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	dir := path.Dir(name)
	r := h.rooms[dir]
	if r == nil {
		r = &room{files: map[string]*ast.File{}}
		h.rooms[dir] = r
	}
	r.files[name] = file
	if file.Doc != nil {
		r.comments++
	}
	for _, spec := range file.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return err
		}
		r.imports = append(r.imports, imported)
	}
	return nil
}

func (h *house) imports() []string {
	var broken []string
	for _, dir := range pureRooms {
		broken = append(broken, h.reaches(dir, dir, map[string]bool{})...)
	}
	for dir, r := range h.rooms {
		for _, imported := range r.imports {
			if within(imported, "github.com/riverqueue", "riverqueue.com") && dir != "internal/jobs" {
				broken = append(broken, fmt.Sprintf("%s imports %s: only internal/jobs knows River", dir, imported))
			}
			if within(imported, drivers...) && !within(dir, slices.Collect(maps.Keys(driverRooms))...) {
				broken = append(broken, fmt.Sprintf("%s imports %s: database drivers stay in %v", dir, imported, driverRooms))
			}
			if imported == module+"internal/app" && !within(dir, appRooms...) {
				broken = append(broken, fmt.Sprintf("%s imports internal/app: only %v may", dir, appRooms))
			}
		}
	}
	return broken
}

// reaches follows the imports of the pure room origin through the module.
func (h *house) reaches(origin, dir string, seen map[string]bool) []string {
	r := h.rooms[dir]
	if r == nil || seen[dir] {
		return nil
	}
	seen[dir] = true
	var broken []string
	for _, imported := range r.imports {
		if inner, ours := strings.CutPrefix(imported, module); ours {
			broken = append(broken, h.reaches(origin, inner, seen)...)
			continue
		}
		// Of the standard library the package itself counts: net/url is harmless, net is not.
		if slices.Contains(outside, imported) || within(imported, drivers...) || strings.Contains(imported, ".") && within(imported, outside...) {
			through := ""
			if dir != origin {
				through = " (through " + dir + ")"
			}
			broken = append(broken, fmt.Sprintf("%s is pure but imports %s%s", origin, imported, through))
		}
	}
	return broken
}

func (h *house) clocks(positions *token.FileSet) []string {
	var broken []string
	for _, dir := range pureRooms {
		if h.rooms[dir] == nil {
			continue
		}
		for _, file := range h.rooms[dir].files {
			ast.Inspect(file, func(n ast.Node) bool {
				selector, ok := n.(*ast.SelectorExpr)
				if !ok {
					return true
				}
				pkg, ok := selector.X.(*ast.Ident)
				if ok && pkg.Name == "time" && slices.Contains([]string{"Now", "Since", "Until"}, selector.Sel.Name) {
					at := positions.Position(n.Pos())
					broken = append(broken, fmt.Sprintf("%s:%d: a pure room asks the clock: time is passed in", at.Filename, at.Line))
				}
				return true
			})
		}
	}
	return broken
}

func (h *house) comments() []string {
	var broken []string
	for dir, r := range h.rooms {
		if r.comments != 1 {
			broken = append(broken, fmt.Sprintf("%s has %d package comments, want 1", dir, r.comments))
		}
	}
	return broken
}

// plan compares docs/architecture.md with the rooms that are there.
func (h *house) plan() []string {
	text, err := fs.ReadFile(h.tree, "docs/architecture.md")
	if err != nil {
		return []string{err.Error()}
	}
	mentioned := map[string]bool{}
	for _, m := range regexp.MustCompile(`internal(/[a-z0-9]+)+`).FindAllString(string(text), -1) {
		mentioned[m] = true
	}
	var broken []string
	for dir := range h.rooms {
		if strings.HasPrefix(dir, "internal/") && !mentioned[dir] {
			broken = append(broken, "docs/architecture.md does not mention "+dir)
		}
	}
	for dir := range mentioned {
		if h.rooms[dir] == nil {
			broken = append(broken, fmt.Sprintf("docs/architecture.md mentions %s, which is not there", dir))
		}
	}
	return broken
}

// root looks at the files that a visitor sees first.
func (h *house) root() []string {
	var broken []string
	read := func(name string) string {
		text, err := fs.ReadFile(h.tree, name)
		if err != nil {
			broken = append(broken, err.Error())
		}
		return string(text)
	}
	if regexp.MustCompile(`(?m)^\s*replace\b`).MatchString(read("go.mod")) {
		broken = append(broken, "go.mod has a replace directive")
	}
	licence := read("LICENSE")
	if !strings.Contains(licence, "Apache License") || !strings.Contains(licence, "Version 2.0, January 2004") {
		broken = append(broken, "LICENSE is not the Apache License, Version 2.0")
	}
	makefile, readme := read("Makefile"), read("README.md")
	for _, m := range regexp.MustCompile("(?m)[`^ ]make ([a-z-]+)").FindAllStringSubmatch(readme, -1) {
		explained := regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(m[1]) + `:.*## `)
		if !explained.MatchString(makefile) {
			broken = append(broken, fmt.Sprintf("README.md names make %s, which the Makefile does not explain", m[1]))
		}
	}
	for _, command := range []string{"make run", "make test"} {
		if !strings.Contains(readme, command) {
			broken = append(broken, "README.md does not name "+command)
		}
	}
	return broken
}

// within says that name is one of roots or stands below one of them.
func within(name string, roots ...string) bool {
	return slices.ContainsFunc(roots, func(root string) bool {
		return name == root || strings.HasPrefix(name, root+"/")
	})
}
