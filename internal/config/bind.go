package config

import (
	"errors"
	"fmt"
	"reflect"
	"strconv"
)

// binder sets settings from the tree, and notes every fault on its way.
type binder struct {
	doc *document
	env environment
}

// table sets the fields of the struct that into points to.
func (b binder) table(n *node, into any, p place) {
	b.doc.places[p.path] = n
	v := reflect.ValueOf(into).Elem()
	known := map[string]reflect.Value{}
	for i := range v.NumField() {
		known[v.Type().Field(i).Tag.Get("toml")] = v.Field(i)
	}
	for _, name := range n.names {
		field := n.fields[name]
		if setting, ok := known[name]; ok {
			b.value(field, setting, p.field(name))
			continue
		}
		b.doc.mask(field.value) // a secret under a mistyped key is still one
		b.doc.fault(field.key, fmt.Sprintf("there is no key %s %s", quoteKey(name), within(p.label())), suggest(p.label(), name))
	}
}

// value sets one setting.
func (b binder) value(n *node, v reflect.Value, p place) {
	b.doc.places[p.path] = n
	if s, ok := reflect.TypeAssert[settable](v.Addr()); ok {
		b.text(n, s, p)
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		if b.expect(n, tableKind, p) {
			b.table(n, v.Addr().Interface(), p)
		}
	case reflect.Pointer: // a table that may be missing
		v.Set(reflect.New(v.Type().Elem()))
		b.value(n, v.Elem(), p)
	case reflect.Slice:
		b.list(n, v, p)
	case reflect.Map:
		b.dictionary(n, v, p)
	case reflect.String:
		if b.expect(n, textKind, p) {
			v.SetString(n.text)
		}
	case reflect.Bool:
		if b.expect(n, switchKind, p) {
			v.SetBool(n.text == "true")
		}
	default: // int64: there are no other kinds among the settings
		b.whole(n, v, p)
	}
}

// text sets a setting that has a text form of its own.
func (b binder) text(n *node, s settable, p place) {
	if hides, ok := s.(sensitive); ok {
		b.maskSecret(n, hides)
	}
	if !b.expect(n, textKind, p) {
		return
	}
	err := s.set(n.text, b.env)
	if told, ok := errors.AsType[*advice](err); ok {
		b.wrong(n, told.message, told.hint)
	} else if err != nil {
		b.wrong(n, err.Error(), "")
	}
}

// maskSecret keeps the secret part of a value out of all excerpts.
func (b binder) maskSecret(n *node, s sensitive) {
	if n.kind != textKind {
		b.doc.mask(n.value)
		return
	}
	from, to := s.secretPart(n.text)
	if from == to {
		return
	}
	raw := string(b.doc.text[n.value.from:n.value.to])
	if len(raw) == len(n.text)+2 && raw[1:len(raw)-1] == n.text {
		start := n.value.from + 1
		b.doc.mask(span{start + from, start + to})
		return
	}
	b.doc.mask(n.value) // written with escapes, or over several lines
}

func (b binder) list(n *node, v reflect.Value, p place) {
	if !b.expect(n, listKind, p) {
		return
	}
	v.Set(reflect.MakeSlice(v.Type(), len(n.items), len(n.items)))
	for i, item := range n.items {
		b.value(item, v.Index(i), p.item(i))
	}
}

// dictionary sets a map from names to texts, whole numbers or tables.
func (b binder) dictionary(n *node, v reflect.Value, p place) {
	if !b.expect(n, tableKind, p) {
		return
	}
	v.Set(reflect.MakeMap(v.Type()))
	for _, name := range n.names {
		value, at := reflect.New(v.Type().Elem()).Elem(), p.field(name)
		if value.Kind() == reflect.Struct {
			at = p.entry(name)
		}
		b.value(n.fields[name], value, at)
		v.SetMapIndex(reflect.ValueOf(name), value)
	}
}

func (b binder) whole(n *node, v reflect.Value, p place) {
	if !b.expect(n, wholeKind, p) {
		return
	}
	number, err := strconv.ParseInt(n.text, 0, 64)
	if err != nil {
		b.wrong(n, n.text+" is too big a number", "")
		return
	}
	v.SetInt(number)
}

// expect sees that a node is of the kind wanted.
func (b binder) expect(n *node, want kind, p place) bool {
	if n.kind == want {
		return true
	}
	hint := ""
	switch {
	case want == textKind && (n.kind == wholeKind || n.kind == switchKind):
		hint = "put quotes around it"
	case want == listKind && n.kind == textKind:
		hint = "put brackets around it"
	case want == listKind && n.kind == tableKind:
		hint = "head it with two brackets, [" + p.label() + "]"
	case want == tableKind && n.kind == listKind:
		hint = "head it with one bracket, " + p.label()
	}
	b.wrong(n, fmt.Sprintf("%s must be %s, not %s", p.path, want, n.kind), hint)
	return false
}

// wrong notes a fault in a value.
func (b binder) wrong(n *node, message, hint string) {
	n.wrong = true
	b.doc.fault(n.where(), message, hint)
}

// quoteKey shows a key that came from the file.
func quoteKey(name string) string {
	const most = 40
	if r := []rune(name); len(r) > most {
		name = string(r[:most]) + hidden
	}
	return strconv.Quote(name)
}
