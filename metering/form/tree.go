package form

import (
	"fmt"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// Place is a position in a file, both from 1, the column in characters. The zero
// Place is the whole file.
type Place struct{ Line, Column int }

func placeOf(t *token.Token) Place {
	if t == nil || t.Position == nil {
		return Place{}
	}
	return Place{t.Position.Line, t.Position.Column}
}

// Shape is what a node of a file is.
type Shape uint8

// Shapes.
const (
	Scalar  Shape = iota + 1
	List          // Items
	Mapping       // Entries
	Empty         // nothing, ~ or null
)

// String is the shape in the words of a message.
func (s Shape) String() string {
	switch s {
	case Scalar:
		return "a single value"
	case List:
		return "a list"
	case Mapping:
		return "keys with values"
	}
	return "nothing"
}

// Node is one value of a file with its place and its path.
type Node struct {
	At      Place
	Path    string
	Shape   Shape
	Text    string  // of a scalar, as written, without quotes
	Items   []*Node // of a list
	Entries []Entry // of a mapping, in the order of the file, no key twice
}

// Entry is one key of a mapping and its value.
type Entry struct {
	Key   string
	At    Place // of the key
	Path  string
	Value *Node
}

// Get finds the value of a key, nil if there is none.
func (n *Node) Get(key string) *Node {
	for _, e := range n.Entries {
		if e.Key == key {
			return e.Value
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
// kinds of nodes than such a file needs. Duplicate keys are reported here; the
// first one stays.
func (p *parsing) convert(from ast.Node, fallback Place, path string) *Node {
	n := &Node{At: fallback, Path: path, Shape: Empty}
	if from == nil {
		return n
	}
	if at := placeOf(from.GetToken()); at.Line > 0 && from.Type() != ast.NullType {
		n.At = at
	}
	switch v := from.(type) {
	case *ast.MappingNode:
		n.Shape = Mapping
		p.convertEntries(n, v.Values)
		if len(n.Entries) > 0 && !v.IsFlowStyle {
			n.At = n.Entries[0].At
		}
	case *ast.MappingValueNode:
		n.Shape = Mapping
		p.convertEntries(n, []*ast.MappingValueNode{v})
		n.At = n.Entries[0].At
	case *ast.SequenceNode:
		n.Shape = List
		for i, item := range v.Values {
			n.Items = append(n.Items, p.convert(item, n.At, fmt.Sprintf("%s[%d]", path, i)))
		}
	case *ast.LiteralNode:
		n.Shape, n.Text = Scalar, v.Value.Value
	case *ast.NullNode:
	case ast.ScalarNode:
		n.Shape, n.Text = Scalar, v.GetToken().Value
	default:
		p.Add(Error, n.At, path, Found("syntax", "something that is neither a value, a list nor keys",
			p.doc.Noun+" is plain lists and keys", "write it as key: value"))
	}
	return n
}

func (p *parsing) convertEntries(n *Node, values []*ast.MappingValueNode) {
	seen := make(map[string]Place, len(values))
	for _, v := range values {
		at := placeOf(v.Key.GetToken())
		key := v.Key.GetToken().Value
		path := join(n.Path, key)
		if first, twice := seen[key]; twice {
			p.Add(Error, at, path, Found("duplicate-key", fmt.Sprintf("the key %q stands twice", key),
				fmt.Sprintf("it stands in line %d already; only one of them could count", first.Line), "delete one of the two"))
			continue
		}
		seen[key] = at
		n.Entries = append(n.Entries, Entry{key, at, path, p.convert(v.Value, at, path)})
	}
}
