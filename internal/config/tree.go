package config

import (
	"errors"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"
)

// The file is read into a tree that remembers where everything stands, and
// bound to the settings from there: go-toml's own decoder stops at the first
// wrong value, and forgets the lines of right ones, which later checks need.

// kind is what a node is, in words that complete "must be …, not …".
type kind string

const (
	tableKind  kind = "a table"
	listKind   kind = "a list"
	textKind   kind = "a text in quotes"
	wholeKind  kind = "a whole number"
	switchKind kind = "true or false"
	otherKind  kind = "a number with a point, a date or a time"
)

// span is a stretch of the file, in bytes.
type span struct{ from, to int }

// node is a value of the file.
type node struct {
	kind kind
	// key is where the value's key, or the table's header, stands; value where
	// the value does (empty for tables with a header).
	key, value span
	// text is the value of a text, a whole number, or true or false.
	text string
	// names are the keys of a table in their order, fields their values.
	names  []string
	fields map[string]*node
	items  []*node
	// wrong says that the value was found wrong: nothing more is said of it.
	wrong bool
}

// where is the place to show for a fault of the node.
func (n *node) where() span {
	if n.value == (span{}) {
		return n.key
	}
	return n.value
}

func newTable(key span) *node {
	return &node{kind: tableKind, key: key, fields: map[string]*node{}}
}

// put sets a field of a table.
func (n *node) put(name string, field *node) {
	n.names = append(n.names, name)
	n.fields[name] = field
}

// table is the table called name, made if it is not there; of a list of
// tables, the last.
func (n *node) table(name string, key span) *node {
	field := n.fields[name]
	if field == nil {
		field = newTable(key)
		n.put(name, field)
	}
	if field.kind == listKind {
		return field.items[len(field.items)-1]
	}
	return field
}

// parseTree reads the file, or says what is wrong with its syntax.
func parseTree(doc *document) (*node, *Fault) {
	// The decoder knows the whole of TOML's rules (a key given twice, a table
	// that is a value already); after it, the tree can be built without doubt.
	if err := toml.Unmarshal(doc.text, &map[string]any{}); err != nil {
		if wrong, ok := errors.AsType[*toml.DecodeError](err); ok {
			return nil, doc.syntaxFault(wrong)
		}
		return nil, &Fault{Message: err.Error()}
	}
	root := newTable(span{})
	current := root
	var p unstable.Parser
	p.Reset(doc.text)
	for p.NextExpression() {
		if e := p.Expression(); e.Kind == unstable.KeyValue {
			putValue(doc, current, e)
		} else {
			current = openTable(root, e)
		}
	}
	return root, nil
}

// openTable finds or makes the table that a header [a.b] or [[a.b]] names.
func openTable(root *node, header *unstable.Node) *node {
	names, key := readKey(header)
	last := len(names) - 1
	t := root
	for _, name := range names[:last] {
		t = t.table(name, key)
	}
	if header.Kind == unstable.Table {
		t = t.table(names[last], key)
		t.key = key
		return t
	}
	list := t.fields[names[last]]
	if list == nil {
		list = &node{kind: listKind, key: key}
		t.put(names[last], list)
	}
	item := newTable(key)
	list.items = append(list.items, item)
	return item
}

// putValue sets what key = value says, also where the key has points.
func putValue(doc *document, t *node, e *unstable.Node) {
	names, key := readKey(e)
	last := len(names) - 1
	for _, name := range names[:last] {
		t = t.table(name, key)
	}
	from := key.to
	for strings.ContainsRune(" \t=", rune(doc.text[from])) {
		from++
	}
	t.put(names[last], readValue(doc, e.Value(), key, span{from, int(e.Raw.Offset + e.Raw.Length)}))
}

func readValue(doc *document, v *unstable.Node, key, value span) *node {
	n := &node{key: key, value: value, text: string(v.Data)}
	switch v.Kind {
	case unstable.String:
		n.kind = textKind
	case unstable.Integer:
		n.kind = wholeKind
	case unstable.Bool:
		n.kind = switchKind
	case unstable.Array:
		n.kind = listKind
		for items := v.Children(); items.Next(); {
			if item := items.Node(); item.Kind != unstable.Comment {
				at := span{int(item.Raw.Offset), int(item.Raw.Offset + item.Raw.Length)}
				n.items = append(n.items, readValue(doc, item, at, at))
			}
		}
	case unstable.InlineTable:
		n.kind, n.fields = tableKind, map[string]*node{}
		for fields := v.Children(); fields.Next(); {
			if fields.Node().Kind == unstable.KeyValue {
				putValue(doc, n, fields.Node())
			}
		}
	default:
		n.kind = otherKind
	}
	return n
}

// readKey gives the parts of a key or header, and where it stands.
func readKey(e *unstable.Node) (names []string, at span) {
	for parts := e.Key(); parts.Next(); {
		part := parts.Node()
		if names == nil {
			at.from = int(part.Raw.Offset)
		}
		at.to = int(part.Raw.Offset + part.Raw.Length)
		names = append(names, string(part.Data))
	}
	return names, at
}
