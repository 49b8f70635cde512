package config

import (
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// checker sees what no single value shows: what is missing, given twice, or does
// not go together.
type checker struct{ doc *document }

func (c checker) config(cfg *Config) {
	if c.doc.places["pbx"] == nil {
		c.doc.fault(span{}, "no PBX is configured", "add [[pbx]] with its name and cel, the URL of its CEL table")
	}
	c.server(&cfg.Server)
	c.absolute(place{"state"}.field("key_file"), cfg.State.KeyFile)
	c.encoder(place{"recording"}.field("encoder"), cfg.Recording.Encoder)
	pbxs := c.unique("pbx", len(cfg.PBX), "PBX", func(i int) string { return cfg.PBX[i].Name })
	for i := range cfg.PBX {
		c.pbx(&cfg.PBX[i], place{"pbx"}.item(i))
	}
	c.unique("target", len(cfg.Targets), "target", func(i int) string { return cfg.Targets[i].Name })
	for i := range cfg.Targets {
		c.target(&cfg.Targets[i], place{"target"}.item(i), pbxs)
		c.links(&cfg.Targets[i], place{"target"}.item(i))
	}
}

// encoders are the programs that can convert recordings.
var encoders = []string{"auto", "lame", "sox", "ffmpeg"}

// encoder sees that a program is known; whether it is installed is seen at the
// start.
func (c checker) encoder(p place, name string) {
	if !c.sound(p) || name == "" || slices.Contains(encoders, name) {
		return
	}
	if !filepath.IsAbs(name) || !slices.Contains(encoders[1:], filepath.Base(name)) {
		c.refuse(p, fmt.Sprintf("%q is no encoder that is known", name), `give "auto", "lame", "sox", "ffmpeg", or the whole path of one of the three`)
	}
}

// given says that the file has a value at p, be it right or wrong.
func (c checker) given(p place) bool { return c.doc.places[p.path] != nil }

// sound says that the file has a value at p in which no fault was found.
func (c checker) sound(p place) bool { return c.given(p) && !c.doc.places[p.path].wrong }

// refuse notes a fault of the value at p.
func (c checker) refuse(p place, message, hint string) {
	n := c.doc.places[p.path]
	n.wrong = true
	c.doc.fault(n.where(), message, hint)
}

// refuseKey notes that the key at p should not be there.
func (c checker) refuseKey(p place, message, hint string) {
	n := c.doc.places[p.path]
	n.wrong = true
	c.doc.fault(n.key, message, hint)
}

// require sees that the table at p has a key.
func (c checker) require(p place, name, hint string) {
	if !c.given(p.field(name)) {
		c.doc.fault(c.doc.places[p.path].where(), fmt.Sprintf("%s has no %s", p.label(), name), hint)
	}
}

// simpleName keeps names fit for URLs, keys of CRMs and metrics.
var simpleName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$`)

// unique sees that the tables of a list have simple names, each its own, and
// gives the names.
func (c checker) unique(list string, n int, what string, name func(int) string) []string {
	var names []string
	lines := map[string]int{}
	for i := range n {
		p := place{list}.item(i).field("name")
		c.require(place{list}.item(i), "name", "give it one that tells it from others, such as name = \"main\"")
		if !c.sound(p) {
			continue
		}
		if !simpleName.MatchString(name(i)) {
			c.refuse(p, fmt.Sprintf("%q is no name for a %s", name(i), what), "a name has up to 32 letters, digits, _ and -")
			continue
		}
		if line, twice := lines[name(i)]; twice {
			c.refuse(p, fmt.Sprintf("another %s is called %q (line %d)", what, name(i), line), "give each a name of its own")
			continue
		}
		lines[name(i)] = c.line(p)
		names = append(names, name(i))
	}
	return names
}

// line is where the value at p stands.
func (c checker) line(p place) int {
	return 1 + strings.Count(string(c.doc.text[:c.doc.places[p.path].where().from]), "\n")
}

// absolute sees that a text that was given is the whole path of something.
func (c checker) absolute(p place, path string) {
	if c.sound(p) && !strings.HasPrefix(path, "/") {
		c.refuse(p, fmt.Sprintf("%q is not a whole path", path), "begin it with /")
	}
}
