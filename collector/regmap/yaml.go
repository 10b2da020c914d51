package regmap

import (
	"errors"
	"fmt"
	"math/big"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// reader walks the syntax tree of one model file and collects its faults, so
// that a person sees all of them at once and where they stand.
type reader struct {
	file   string
	faults Faults
}

func (rd *reader) fault(at ast.Node, field, what, why, remedy string) {
	f := Fault{File: rd.file, Field: field, What: what, Why: why, Remedy: remedy}
	if at != nil {
		f.Line, f.Column = position(firstToken(at))
	}
	rd.faults = append(rd.faults, f)
}

// firstToken is where a node begins; a block mapping's own token is its first colon.
func firstToken(n ast.Node) *token.Token {
	switch n := n.(type) {
	case *ast.MappingNode:
		if !n.IsFlowStyle && len(n.Values) > 0 {
			return n.Values[0].Key.GetToken()
		}
	case *ast.MappingValueNode:
		return n.Key.GetToken()
	}
	return n.GetToken()
}

func position(t *token.Token) (line, column int) {
	if t == nil || t.Position == nil {
		return 0, 0
	}
	return t.Position.Line, t.Position.Column
}

// root parses the file; nil, with a fault, if it is not one YAML mapping.
func (rd *reader) root(src []byte, keys []string) *object {
	file, err := parser.ParseBytes(src, 0, parser.AllowDuplicateMapKey()) // object tells of them
	if err != nil {
		f := Fault{File: rd.file, What: "not YAML", Why: firstLine(err.Error()), Remedy: "correct the syntax"}
		var syntax *yaml.SyntaxError
		if errors.As(err, &syntax) {
			f.Line, f.Column = position(syntax.Token)
			f.Why = syntax.Message
		}
		rd.faults = append(rd.faults, f)
		return nil
	}
	if len(file.Docs) == 0 || file.Docs[0].Body == nil {
		rd.fault(nil, "", "empty", "a model file describes one family of meters", "write "+strings.Join(keys, ", "))
		return nil
	}
	if len(file.Docs) > 1 {
		rd.fault(file.Docs[1].Body, "", fmt.Sprintf("%d documents", len(file.Docs)), "a model file describes one family of meters", "write one mapping")
		return nil
	}
	return rd.object(file.Docs[0].Body, "", keys)
}

func firstLine(s string) string { first, _, _ := strings.Cut(s, "\n"); return first }

// object is a YAML mapping with its fields by key.
type object struct {
	rd     *reader
	node   ast.Node
	path   string
	fields map[string]ast.Node
}

// object reads a mapping and faults keys that are unknown or there twice.
func (rd *reader) object(n ast.Node, path string, keys []string) *object {
	var pairs []*ast.MappingValueNode
	switch n := n.(type) {
	case *ast.MappingNode:
		pairs = n.Values
	case *ast.MappingValueNode:
		pairs = []*ast.MappingValueNode{n}
	default:
		rd.fault(n, path, strings.TrimSpace(n.String()), "a mapping of fields belongs here", "write "+strings.Join(keys, ", "))
		return nil
	}
	o := &object{rd: rd, node: n, path: path, fields: make(map[string]ast.Node, len(pairs))}
	for _, p := range pairs {
		key := p.Key.GetToken().Value
		switch _, twice := o.fields[key]; {
		case !slices.Contains(keys, key):
			rd.fault(p.Key, o.name(key), "unknown field", "a misspelt field would be ignored in silence", "known here are: "+strings.Join(keys, ", "))
		case twice:
			rd.fault(p.Key, o.name(key), "the field is there twice", "only one of the two can hold", "delete one")
		default:
			o.fields[key] = p.Value
		}
	}
	return o
}

func (o *object) name(key string) string {
	if o.path == "" {
		return key
	}
	return o.path + "." + key
}

func (o *object) fault(key, why, remedy string) {
	n, ok := o.fields[key]
	what := "missing"
	if !ok {
		n = o.node
	} else if what = scalar(n); what == "" {
		what = "empty"
	}
	o.rd.fault(n, o.name(key), what, why, remedy)
}

func (o *object) has(key string) bool { _, ok := o.fields[key]; return ok }

// scalar is the text of a scalar node as it stands in the file, and of a list a
// short form of it.
func scalar(n ast.Node) string {
	switch n := n.(type) {
	case *ast.StringNode:
		return n.Value
	case *ast.LiteralNode:
		return n.Value.Value
	case *ast.NullNode:
		return ""
	case ast.ScalarNode:
		return n.GetToken().Value
	}
	return firstLine(strings.TrimSpace(n.String()))
}

func isList(n ast.Node) bool { _, ok := n.(*ast.SequenceNode); return ok }

func isScalar(n ast.Node) bool { _, ok := n.(ast.ScalarNode); return ok }

// text is a required or optional text.
func (o *object) text(key string, required bool) string {
	n, ok := o.fields[key]
	s := ""
	if ok && isScalar(n) {
		s = strings.TrimSpace(scalar(n))
	}
	if s == "" && (ok || required) {
		o.fault(key, "a text belongs here", "write one")
	}
	return s
}

// texts is a list of texts.
func (o *object) texts(key string, required bool) []string {
	var list []string
	for _, n := range o.list(key) {
		if isScalar(n) && scalar(n) != "" {
			list = append(list, scalar(n))
		} else {
			o.rd.fault(n, o.name(key), scalar(n), "each entry is a text", "write a text")
		}
	}
	if required && len(list) == 0 && (!o.has(key) || isList(o.fields[key])) {
		o.fault(key, "at least one entry belongs here", "write a list of texts")
	}
	return list
}

func (o *object) list(key string) []ast.Node {
	n, ok := o.fields[key]
	if !ok {
		return nil
	}
	seq, ok := n.(*ast.SequenceNode)
	if !ok {
		o.fault(key, "a list belongs here", "write [ … ] or lines that begin with -")
		return nil
	}
	return seq.Values
}

// integer is a whole number, decimal or 0x…, within [low, high]; def if absent.
func (o *object) integer(key string, def, low, high int64) int64 {
	n, ok := o.fields[key]
	if !ok {
		return def
	}
	v, err := strconv.ParseInt(strings.ReplaceAll(scalar(n), "_", ""), 0, 64)
	if !isScalar(n) || err != nil || v < low || v > high {
		o.fault(key, "a whole number belongs here", fmt.Sprintf("write one from %d to %d", low, high))
		return def
	}
	return v
}

// integers is a list of whole numbers.
func (o *object) integers(key string) []int64 {
	var list []int64
	for _, n := range o.list(key) {
		v, err := strconv.ParseInt(scalar(n), 0, 64)
		if err != nil {
			o.rd.fault(n, o.name(key), scalar(n), "each entry is a whole number", "write one like 15270")
			continue
		}
		list = append(list, v)
	}
	return list
}

// codes is a list of bit patterns of a type.
func (o *object) codes(key string, t Type) []uint64 {
	var list []uint64
	for _, n := range o.list(key) {
		v, err := strconv.ParseUint(scalar(n), 0, 64)
		if err != nil || t != 0 && t.words() < 4 && v>>(16*t.words()) != 0 {
			o.rd.fault(n, o.name(key), scalar(n), fmt.Sprintf("each entry is a bit pattern of type %v", t), "write one like 0xFFFF")
			continue
		}
		list = append(list, v)
	}
	return list
}

func (o *object) boolean(key string) bool {
	n, ok := o.fields[key]
	if !ok {
		return false
	}
	b, ok := n.(*ast.BoolNode)
	if !ok {
		o.fault(key, "yes or no belongs here", "write true or false")
		return false
	}
	return b.Value
}

// decimalPattern keeps out what big.Rat would take too: fractions, and exponents
// that would not fit into memory.
var decimalPattern = regexp.MustCompile(`^[0-9]{1,18}(\.[0-9]{1,18})?$`)

// decimal is an exact positive decimal number; def if absent.
func (o *object) decimal(key, def string) *big.Rat {
	s := def
	if n, ok := o.fields[key]; ok {
		s = ""
		if isScalar(n) {
			s = scalar(n)
		}
	}
	if v, ok := new(big.Rat).SetString(s); ok && decimalPattern.MatchString(s) && v.Sign() > 0 {
		return v
	}
	o.fault(key, "a positive decimal number belongs here", "write one like 0.01")
	return big.NewRat(1, 1)
}

func (o *object) duration(key string) time.Duration {
	n, ok := o.fields[key]
	if !ok {
		return 0
	}
	d, err := time.ParseDuration(scalar(n))
	if err != nil || d < 0 {
		o.fault(key, "a length of time belongs here", "write one like 200ms")
		return 0
	}
	return d
}

// pick is a word out of a table; def if absent.
func pick[T any](o *object, key string, def T, table map[string]T) T {
	n, ok := o.fields[key]
	if !ok {
		return def
	}
	v, ok := table[scalar(n)]
	if !ok {
		words := make([]string, 0, len(table))
		for w := range table {
			words = append(words, w)
		}
		slices.Sort(words)
		o.fault(key, "the word is not known", "write one of "+strings.Join(words, ", "))
		return def
	}
	return v
}
