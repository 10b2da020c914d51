package site

import (
	"fmt"
	"time"
)

// A site file is described once, by forms: each form lists the keys of one
// mapping with what they hold, whether they must be there and what they mean.
// The decoder and the JSON Schema are both made from the forms, so they cannot
// differ.

// object is a piece of JSON Schema.
type object = map[string]any

// given is a value of the file and the node that it came from.
type given[V any] struct {
	v  V
	at *node // nil when the file does not say it
	ok bool  // v could be read
}

// stated reports whether the file says it at all, rightly or wrongly.
func (g given[V]) stated() bool { return g.at != nil }

// kind is a kind of value: how it is read and how a schema describes it.
type kind[V any] struct {
	schema object
	// read takes a node that is not empty. It reports its own faults.
	read func(r *reader, n *node) (V, bool)
}

// reader reads one file.
type reader struct {
	*report
	zone   *time.Location // nil until the file has named a good one
	models []string
}

// field is one key of a form.
type field[T any] struct {
	key      string
	required bool
	schema   object
	fill     func(r *reader, into *T, n *node)
}

const (
	must = true
	may  = false
)

// key makes a field out of a kind of value and the slot that takes it.
func key[T, V any](name string, required bool, k kind[V], doc string, slot func(*T) *given[V]) field[T] {
	schema := object{"description": doc}
	for word, v := range k.schema {
		schema[word] = v
	}
	return field[T]{key: name, required: required, schema: schema, fill: func(r *reader, into *T, n *node) {
		g := given[V]{at: n}
		if n.shape == empty {
			r.refuse(n, finding{"no-value", fmt.Sprintf("%q has no value", name), "a key that is written must say something: " + doc,
				"write the value, or delete the key"})
		} else {
			g.v, g.ok = k.read(r, n)
		}
		*slot(into) = g
	}}
}

// form is a mapping with a fixed set of keys, read into a T.
type form[T any] struct {
	name   string // "a meter"
	fields []field[T]
}

func (f form[T]) keys() []string {
	names := make([]string, len(f.fields))
	for i, fd := range f.fields {
		names[i] = fd.key
	}
	return names
}

// kind is the form as a kind of value.
func (f form[T]) kind() kind[T] {
	properties, required := object{}, []string{}
	for _, fd := range f.fields {
		properties[fd.key] = fd.schema
		if fd.required {
			required = append(required, fd.key)
		}
	}
	schema := object{"type": "object", "properties": properties, "additionalProperties": false}
	if len(required) > 0 {
		schema["required"] = required
	}
	return kind[T]{schema: schema, read: f.read}
}

// read fills a T in the order of the form, so that what other fields depend on
// can stand first in it, wherever it stands in the file.
func (f form[T]) read(r *reader, n *node) (T, bool) {
	var into T
	if !r.expect(n, mapping, f.name) {
		return into, false
	}
	f.refuseUnknown(r, n)
	complete := true
	for _, fd := range f.fields {
		if v := n.get(fd.key); v != nil {
			fd.fill(r, &into, v)
			continue
		}
		if fd.required {
			complete = false
			r.refuse(n, finding{"missing-key", fmt.Sprintf("%s has no %q", f.name, fd.key),
				fmt.Sprintf("it must say: %v", fd.schema["description"]), fmt.Sprintf("add %q", fd.key+": …")})
		}
	}
	return into, complete
}

func (f form[T]) refuseUnknown(r *reader, n *node) {
	known := f.keys()
	for _, e := range n.entries {
		if f.has(e.key) {
			continue
		}
		r.add(Error, e.at, e.path, finding{"unknown-key", fmt.Sprintf("unknown key %q in %s", e.key, f.name),
			"a key that nobody reads would be a mistake that nobody sees", didYouMean(e.key, known)})
	}
}

func (f form[T]) has(key string) bool {
	for _, fd := range f.fields {
		if fd.key == key {
			return true
		}
	}
	return false
}

// listOf is a list of values of one kind.
func listOf[V any](k kind[V], what string) kind[[]given[V]] {
	return kind[[]given[V]]{
		schema: object{"type": "array", "items": k.schema},
		read: func(r *reader, n *node) ([]given[V], bool) {
			if !r.expect(n, list, "a list of "+what) {
				return nil, false
			}
			all := make([]given[V], 0, len(n.items))
			for _, item := range n.items {
				g := given[V]{at: item}
				if item.shape == empty {
					r.refuse(item, finding{"no-value", "an empty entry in the list of " + what, "every \"-\" begins one entry",
						"fill the entry, or delete its \"-\""})
				} else {
					g.v, g.ok = k.read(r, item)
				}
				all = append(all, g)
			}
			return all, true
		},
	}
}

// expect refuses a node of another shape.
func (r *reader) expect(n *node, want shape, what string) bool {
	if n.shape == want {
		return true
	}
	remedies := map[shape]string{
		scalar:  "write one value behind the colon",
		list:    "write one entry per line, each beginning with \"- \"",
		mapping: "write \"key: value\" lines, indented by two spaces",
	}
	r.refuse(n, finding{"wrong-shape", fmt.Sprintf("%s where %s was expected", n.shape, want),
		fmt.Sprintf("here belongs %s", what), remedies[want]})
	return false
}
