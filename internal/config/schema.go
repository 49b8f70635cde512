package config

import (
	"reflect"
	"slices"
	"strings"
	"sync"
)

// key is a key that a configuration may have.
type key struct {
	table string // as headed: "", "[server]", "[[pbx]]", "[pbx.columns]"
	name  string
	// secret says that a value may hold a secret.
	secret bool
}

// keys lists every key, tables included.
var keys = sync.OnceValue(func() []key { return keysOf(reflect.TypeFor[Config](), place{}) })

func keysOf(t reflect.Type, p place) []key {
	var all []key
	for f := range t.Fields() {
		name := f.Tag.Get("toml")
		secret := reflect.PointerTo(f.Type).Implements(reflect.TypeFor[sensitive]())
		all = append(all, key{p.label(), name, secret})
		switch {
		case reflect.PointerTo(f.Type).Implements(reflect.TypeFor[settable]()):
		case f.Type.Kind() == reflect.Struct:
			all = append(all, keysOf(f.Type, p.field(name))...)
		case f.Type.Kind() == reflect.Slice && f.Type.Elem().Kind() == reflect.Struct &&
			!reflect.PointerTo(f.Type.Elem()).Implements(reflect.TypeFor[settable]()):
			all = append(all, keysOf(f.Type.Elem(), p.field(name).item(0))...)
		case f.Type.Kind() == reflect.Pointer:
			all = append(all, keysOf(f.Type.Elem(), p.field(name))...)
		case f.Type.Kind() == reflect.Map && f.Type.Elem().Kind() == reflect.Struct:
			all = append(all, keysOf(f.Type.Elem(), p.field(name).entry("name"))...)
		}
	}
	return all
}

// isHarmless says that no table has a key of this name with a secret, and some
// table has one without.
func isHarmless(name string) bool {
	known := false
	for _, k := range keys() {
		if k.name == name {
			if k.secret {
				return false
			}
			known = true
		}
	}
	return known
}

// isKey says that some table has a key of this name.
func isKey(name string) bool {
	return slices.ContainsFunc(keys(), func(k key) bool { return k.name == name })
}

// suggest says what a key that is not known in table may have been meant to be.
func suggest(table, name string) string {
	best, distance := "", max(2, len(name)/3)+1
	for _, k := range keys() {
		if k.table != table {
			continue
		}
		if d := editDistance(strings.ToLower(name), k.name); d < distance {
			best, distance = k.name, d
		}
	}
	if best != "" {
		return "did you mean " + best + "?"
	}
	var here []string
	for _, k := range keys() {
		if k.name == name {
			return name + " belongs " + within(k.table)
		}
		if k.table == table {
			here = append(here, k.name)
		}
	}
	return "here may stand: " + strings.Join(here, ", ")
}

// editDistance is how many characters must be put in, taken out, exchanged or
// swapped with their neighbour to make b of a.
func editDistance(a, b string) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			exchange := rows[i-1][j-1]
			if a[i-1] != b[j-1] {
				exchange++
			}
			rows[i][j] = min(exchange, rows[i-1][j]+1, rows[i][j-1]+1)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(a)][len(b)]
}
