package changes

import (
	"fmt"
	"slices"
	"strings"

	"asue/metering/form"
)

// Word is one change in words: of which object of the file, in which field, from what to
// what, as the file writes it. Kind is the key of the top level under which the object
// stands, ID what it is called there (empty where there is but one), Name what people call it.
type Word struct {
	Kind, ID, Name string
	Field          string // path within the object, "conditions.tu-1.power"; empty: the whole object
	From, To       string // empty: it is not there
}

// identities are the keys by which one entry of a list is told from another, the first that
// all entries have, each with another value.
var identities = []string{"id", "meter", "point", "resident", "source", "node", "medium", "name", "from"}

// mostShown bounds a value as it is shown, in letters.
const mostShown = 160

// Words are the changes between two texts of a YAML file, in the order of the old text, new
// objects last. Comments, order of keys and the form of writing are no changes. It fails,
// with the fault and its place, for a text that cannot be read.
func Words(from, to []byte) ([]Word, error) {
	a, err := parse("the old text", from)
	if err != nil {
		return nil, err
	}
	b, err := parse("the new text", to)
	if err != nil {
		return nil, err
	}
	var list []Word
	for _, key := range keys(a, b) {
		list = append(list, objects(key, a.Get(key), b.Get(key))...)
	}
	return list, nil
}

func parse(name string, src []byte) (*form.Node, error) {
	report := form.NewReport(name)
	root, ok := report.Parse(form.Document{
		Noun: "a configuration file", Keys: "its keys", TooLarge: "split it", Empty: "there is nothing to compare", Start: "write it first",
	}, src)
	faults := report.Finish()
	if !ok || faults.Err() != nil {
		return nil, fmt.Errorf("%s cannot be read: %s", name, strings.TrimSpace(faults.String()))
	}
	return root, nil
}

// objects compares what stands under one key of the top level.
func objects(kind string, a, b *form.Node) []Word {
	by := identity(a, b)
	if by == "" {
		return fields(Word{Kind: kind}, "", a, b)
	}
	var list []Word
	for _, id := range names(a, b, by) {
		old, fresh := item(a, by, id), item(b, by, id)
		list = append(list, fields(Word{Kind: kind, ID: id, Name: nameOf(fresh, old, id)}, "", old, fresh)...)
	}
	return list
}

// nameOf is what people call an object, if that is not its id.
func nameOf(fresh, old *form.Node, id string) string {
	for _, n := range []*form.Node{fresh, old} {
		if n == nil {
			continue
		}
		if name := n.Get("name"); name != nil && name.Text != id {
			return name.Text
		}
	}
	return ""
}

// fields compares two values of an object.
func fields(of Word, path string, a, b *form.Node) []Word {
	if absent(a) && absent(b) {
		return nil
	}
	if !absent(a) && !absent(b) {
		if a.Shape == form.Mapping && b.Shape == form.Mapping {
			var list []Word
			for _, key := range keys(a, b) {
				list = append(list, fields(of, join(path, key), a.Get(key), b.Get(key))...)
			}
			return list
		}
		if by := identity(a, b); by != "" {
			var list []Word
			for _, id := range names(a, b, by) {
				list = append(list, fields(of, join(path, id), item(a, by, id), item(b, by, id))...)
			}
			return list
		}
	}
	if of.From, of.To, of.Field = written(a), written(b), path; of.From == of.To {
		return nil
	}
	of.From, of.To = short(of.From), short(of.To)
	return []Word{of}
}

func absent(n *form.Node) bool { return n == nil || n.Shape == form.Empty }

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// keys are those of both mappings, in the order of the first, then of the second.
func keys(a, b *form.Node) []string {
	var list []string
	for _, n := range []*form.Node{a, b} {
		for _, e := range n.Entries {
			if !slices.Contains(list, e.Key) {
				list = append(list, e.Key)
			}
		}
	}
	return list
}

// identity is the key that tells the entries of both lists apart; empty if there is none.
func identity(a, b *form.Node) string {
	for _, key := range identities {
		if tells(a, key) && tells(b, key) && (!absent(a) || !absent(b)) {
			return key
		}
	}
	return ""
}

func tells(n *form.Node, key string) bool {
	if absent(n) {
		return true
	}
	if n.Shape != form.List || len(n.Items) == 0 {
		return false
	}
	seen := map[string]bool{}
	for _, i := range n.Items {
		v := i.Get(key)
		if v == nil || v.Shape != form.Scalar || seen[v.Text] {
			return false
		}
		seen[v.Text] = true
	}
	return true
}

// names are the identities of both lists, in the order of the first, then of the second.
func names(a, b *form.Node, by string) []string {
	var list []string
	seen := map[string]bool{}
	for _, n := range []*form.Node{a, b} {
		if absent(n) {
			continue
		}
		for _, i := range n.Items {
			if id := i.Get(by).Text; !seen[id] {
				seen[id] = true
				list = append(list, id)
			}
		}
	}
	return list
}

func item(n *form.Node, by, id string) *form.Node {
	if absent(n) {
		return nil
	}
	for _, i := range n.Items {
		if i.Get(by).Text == id {
			return i
		}
	}
	return nil
}

// written is a value on one line, in the same form however the file writes it.
func written(n *form.Node) string {
	if absent(n) {
		return ""
	}
	switch n.Shape {
	case form.List:
		var list []string
		for _, i := range n.Items {
			list = append(list, written(i))
		}
		return "[" + strings.Join(list, ", ") + "]"
	case form.Mapping:
		entries := slices.Clone(n.Entries)
		slices.SortFunc(entries, func(a, b form.Entry) int { return strings.Compare(a.Key, b.Key) })
		var list []string
		for _, e := range entries {
			list = append(list, e.Key+": "+written(e.Value))
		}
		return "{" + strings.Join(list, ", ") + "}"
	}
	return n.Text
}

// short cuts a value that is longer than mostShown letters.
func short(s string) string {
	if r := []rune(s); len(r) > mostShown {
		return string(r[:mostShown-1]) + "…"
	}
	return s
}
