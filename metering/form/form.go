package form

import (
	"encoding/json"
	"fmt"
)

// Object is a piece of JSON Schema (draft 2020-12).
type Object = map[string]any

// Given is a value of the file and the node that it came from.
type Given[V any] struct {
	V  V
	At *Node // nil when the file does not say it
	OK bool  // V could be read
}

// Stated reports whether the file says it at all, rightly or wrongly.
func (g Given[V]) Stated() bool { return g.At != nil }

// Or is the value that was read, or the given one where none was.
func (g Given[V]) Or(otherwise V) V {
	if g.OK {
		return g.V
	}
	return otherwise
}

// Kind is a kind of value: how it is read and how a schema describes it.
type Kind[V any] struct {
	Schema Object
	// Read takes a node that is not Empty. It reports its own faults; the second
	// result is false when there is no value then.
	Read func(r *Report, n *Node) (V, bool)
}

// Whether a key of a form must be there.
const (
	Must = true
	May  = false
)

// Field is one key of a form. Key makes one.
type Field[T any] struct {
	key      string
	required bool
	schema   Object
	fill     func(r *Report, into *T, n *Node)
}

// Key makes a field out of a kind of value and the slot that takes it. doc says
// what the value means: it stands in the schema, where editors show it, and in
// the message when the key is missing.
func Key[T, V any](name string, required bool, k Kind[V], doc string, slot func(*T) *Given[V]) Field[T] {
	schema := Object{"description": doc}
	for word, v := range k.Schema {
		schema[word] = v
	}
	return Field[T]{key: name, required: required, schema: schema, fill: func(r *Report, into *T, n *Node) {
		g := Given[V]{At: n}
		if n.Shape == Empty {
			r.Refuse(n, Found("no-value", fmt.Sprintf("%q has no value", name), "a key that is written must say something: "+doc,
				"write the value, or delete the key"))
		} else {
			g.V, g.OK = k.Read(r, n)
		}
		*slot(into) = g
	}}
}

// Form is a mapping with a fixed set of keys, read into a T. Decoder and schema
// are both made from it, so they cannot differ.
type Form[T any] struct {
	Name   string // "a meter"
	Fields []Field[T]
	// Stranger, if set, may know more of a key that the form does not have than
	// that it is unknown; nil where it does not.
	Stranger func(key string) *Finding
}

// Keys are the names of its keys, in the order of the form.
func (f Form[T]) Keys() []string {
	names := make([]string, len(f.Fields))
	for i, fd := range f.Fields {
		names[i] = fd.key
	}
	return names
}

// Kind is the form as a kind of value.
func (f Form[T]) Kind() Kind[T] {
	properties, required := Object{}, []string{}
	for _, fd := range f.Fields {
		properties[fd.key] = fd.schema
		if fd.required {
			required = append(required, fd.key)
		}
	}
	schema := Object{"type": "object", "properties": properties, "additionalProperties": false}
	if len(required) > 0 {
		schema["required"] = required
	}
	return Kind[T]{Schema: schema, Read: f.Read}
}

// Read fills a T in the order of the form, so that what other fields depend on
// can stand first in it, wherever it stands in the file. The second result is
// false when the node is no mapping or a required key is missing; what else is
// wrong shows in the fields.
func (f Form[T]) Read(r *Report, n *Node) (T, bool) {
	var into T
	if !r.Expect(n, Mapping, f.Name) {
		return into, false
	}
	f.refuseUnknown(r, n)
	complete := true
	for _, fd := range f.Fields {
		if v := n.Get(fd.key); v != nil {
			fd.fill(r, &into, v)
			continue
		}
		if fd.required {
			complete = false
			r.Refuse(n, Found("missing-key", fmt.Sprintf("%s has no %q", f.Name, fd.key),
				fmt.Sprintf("it must say: %v", fd.schema["description"]), fmt.Sprintf("add %q", fd.key+": …")))
		}
	}
	return into, complete
}

func (f Form[T]) refuseUnknown(r *Report, n *Node) {
	known := f.Keys()
	for _, e := range n.Entries {
		if f.Knows(e.Key) {
			continue
		}
		if f.Stranger != nil {
			if finding := f.Stranger(e.Key); finding != nil {
				r.Add(Error, e.At, e.Path, finding)
				continue
			}
		}
		r.Add(Error, e.At, e.Path, Found("unknown-key", fmt.Sprintf("unknown key %q in %s", e.Key, f.Name),
			"a key that nobody reads would be a mistake that nobody sees", DidYouMean(e.Key, known)))
	}
}

// Knows reports whether the form has a key.
func (f Form[T]) Knows(key string) bool {
	for _, fd := range f.Fields {
		if fd.key == key {
			return true
		}
	}
	return false
}

// ListOf is a list of values of one kind. what names them: "meters".
func ListOf[V any](k Kind[V], what string) Kind[[]Given[V]] {
	return Kind[[]Given[V]]{
		Schema: Object{"type": "array", "items": k.Schema},
		Read: func(r *Report, n *Node) ([]Given[V], bool) {
			if !r.Expect(n, List, "a list of "+what) {
				return nil, false
			}
			all := make([]Given[V], 0, len(n.Items))
			for _, item := range n.Items {
				g := Given[V]{At: item}
				if item.Shape == Empty {
					r.Refuse(item, Found("no-value", "an empty entry in the list of "+what, "every \"-\" begins one entry",
						"fill the entry, or delete its \"-\""))
				} else {
					g.V, g.OK = k.Read(r, item)
				}
				all = append(all, g)
			}
			return all, true
		},
	}
}

// Pair is one entry of a mapping from identifiers to values.
type Pair[ID ~string, V any] struct {
	ID    Given[ID] // its node is the key's place
	Value Given[V]
}

// MapOf is a mapping from identifiers of the author's own to values of one kind,
// in the order of the file. what says what it holds: "an address for each line".
func MapOf[ID ~string, V any](id Kind[ID], k Kind[V], what string) Kind[[]Pair[ID, V]] {
	schema := Object{"type": "object", "additionalProperties": k.Schema}
	if pattern, ok := id.Schema["pattern"]; ok {
		schema["propertyNames"] = Object{"pattern": pattern}
	}
	return Kind[[]Pair[ID, V]]{Schema: schema, Read: func(r *Report, n *Node) ([]Pair[ID, V], bool) {
		if !r.Expect(n, Mapping, what) {
			return nil, false
		}
		all := make([]Pair[ID, V], 0, len(n.Entries))
		for _, e := range n.Entries {
			p := Pair[ID, V]{Value: Given[V]{At: e.Value}}
			p.ID.At = &Node{At: e.At, Path: e.Path, Shape: Scalar, Text: e.Key}
			p.ID.V, p.ID.OK = id.Read(r, p.ID.At)
			if e.Value.Shape == Empty {
				r.Refuse(e.Value, Found("no-value", fmt.Sprintf("%q has no value", e.Key), "here belongs "+what,
					"write the value, or delete the key"))
			} else {
				p.Value.V, p.Value.OK = k.Read(r, e.Value)
			}
			all = append(all, p)
		}
		return all, true
	}}
}

// Schema is the JSON Schema (draft 2020-12) of a file of one kind, for editors
// that complete and check while typing, ending in a newline. References between
// parts of a file are beyond it.
func Schema[V any](k Kind[V], title, description string) []byte {
	schema := Object{
		"$schema": "https://json-schema.org/draft/2020-12/schema", "title": title, "description": description,
	}
	for word, v := range k.Schema {
		schema[word] = v
	}
	text, err := json.MarshalIndent(schema, "", "  ")
	if err != nil {
		panic(fmt.Sprintf("BUG: schema of %s: %v", title, err))
	}
	return append(text, '\n')
}
