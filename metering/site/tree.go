package site

import (
	"fmt"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// place is a position in the file, both from 1; the zero place is the whole file.
type place struct{ line, column int }

func placeOf(t *token.Token) place {
	if t == nil || t.Position == nil {
		return place{}
	}
	return place{t.Position.Line, t.Position.Column}
}

// shape is what a node of the file is.
type shape uint8

const (
	scalar  shape = iota + 1
	list          // items
	mapping       // entries
	empty         // nothing, ~ or null
)

func (s shape) String() string {
	switch s {
	case scalar:
		return "a single value"
	case list:
		return "a list"
	case mapping:
		return "keys with values"
	}
	return "nothing"
}

// node is one value of the file with its place and its path.
type node struct {
	at      place
	path    string
	shape   shape
	text    string // of a scalar, as written, without quotes
	items   []*node
	entries []entry
}

type entry struct {
	key   string
	at    place
	path  string
	value *node
}

// get finds the value of a key, nil if there is none.
func (n *node) get(key string) *node {
	for _, e := range n.entries {
		if e.key == key {
			return e.value
		}
	}
	return nil
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// convert makes a tree of our own, which knows places and paths and has no more
// kinds of nodes than a site file needs. Duplicate keys are reported here; the
// first one stays.
func (r *report) convert(from ast.Node, fallback place, path string) *node {
	n := &node{at: fallback, path: path, shape: empty}
	if from == nil {
		return n
	}
	if at := placeOf(from.GetToken()); at.line > 0 && from.Type() != ast.NullType {
		n.at = at
	}
	switch v := from.(type) {
	case *ast.MappingNode:
		n.shape = mapping
		r.convertEntries(n, v.Values)
		if len(n.entries) > 0 && !v.IsFlowStyle {
			n.at = n.entries[0].at
		}
	case *ast.MappingValueNode:
		n.shape = mapping
		r.convertEntries(n, []*ast.MappingValueNode{v})
		n.at = n.entries[0].at
	case *ast.SequenceNode:
		n.shape = list
		for i, item := range v.Values {
			n.items = append(n.items, r.convert(item, n.at, fmt.Sprintf("%s[%d]", path, i)))
		}
	case *ast.LiteralNode:
		n.shape, n.text = scalar, v.Value.Value
	case *ast.NullNode:
	case ast.ScalarNode:
		n.shape, n.text = scalar, v.GetToken().Value
	default:
		r.add(Error, n.at, path, finding{"syntax", "something that is neither a value, a list nor keys",
			"a site file is plain lists and keys", "write it as key: value"})
	}
	return n
}

func (r *report) convertEntries(n *node, values []*ast.MappingValueNode) {
	seen := make(map[string]place, len(values))
	for _, v := range values {
		at := placeOf(v.Key.GetToken())
		key := v.Key.GetToken().Value
		path := join(n.path, key)
		if first, twice := seen[key]; twice {
			r.add(Error, at, path, finding{"duplicate-key", fmt.Sprintf("the key %q stands twice", key),
				fmt.Sprintf("it stands in line %d already; only one of them could count", first.line), "delete one of the two"})
			continue
		}
		seen[key] = at
		n.entries = append(n.entries, entry{key, at, path, r.convert(v.Value, at, path)})
	}
}
