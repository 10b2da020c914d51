package site

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// What a site file may be at most. The example of 28 residents and 70 meters
// has 50 KB and six levels.
const (
	maxBytes     = 1 << 20
	maxDepth     = 24
	maxKeys      = 256   // keys of one mapping: the parser's time grows with their square
	maxNoValue   = 1_000 // keys and list entries without a value, for the same reason
	maxListItems = 50_000
)

// readText makes clean lines of the file's bytes: UTF-8 without a byte order
// mark, lines ended by "\n". The second result is false when it could not.
func (r *report) readText(src []byte) (string, bool) {
	if len(src) > maxBytes {
		r.add(Error, place{}, "", finding{"file-too-large", fmt.Sprintf("the file has %d bytes", len(src)),
			fmt.Sprintf("a site file has at most %d bytes", maxBytes),
			"check that this is a site file; split a larger plant into sites"})
		return "", false
	}
	src = bytes.TrimPrefix(src, []byte("\ufeff"))
	if bytes.HasPrefix(src, []byte{0xff, 0xfe}) || bytes.HasPrefix(src, []byte{0xfe, 0xff}) {
		r.add(Error, place{1, 1}, "", finding{"not-utf-8", "the file is UTF-16",
			"a site file is UTF-8 text", "save it as UTF-8 in the editor"})
		return "", false
	}
	src = bytes.ReplaceAll(src, []byte("\r\n"), []byte("\n"))
	src = bytes.ReplaceAll(src, []byte("\r"), []byte("\n"))
	if !utf8.Valid(src) {
		bad := firstInvalid(src)
		line := bytes.Count(src[:bad], []byte("\n"))
		column := utf8.RuneCount(src[bytes.LastIndexByte(src[:bad], '\n')+1 : bad])
		r.lines = strings.Split(strings.ToValidUTF8(string(src), "?"), "\n")
		r.add(Error, place{line + 1, column + 1}, "", finding{"not-utf-8", fmt.Sprintf("byte 0x%02X is not UTF-8 text", src[bad]),
			"a site file is UTF-8 text; this one was probably saved as Windows-1251", "save it as UTF-8 in the editor"})
		return "", false
	}
	text := string(src)
	r.lines = strings.Split(text, "\n")
	return text, r.checkCharacters()
}

// firstInvalid is the offset of the first byte that is not UTF-8.
func firstInvalid(src []byte) int {
	for i := 0; i < len(src); {
		c, size := utf8.DecodeRune(src[i:])
		if c == utf8.RuneError && size == 1 {
			return i
		}
		i += size
	}
	return len(src)
}

// checkCharacters finds tabs in indentation and characters that no text has.
func (r *report) checkCharacters() bool {
	clean := true
	for i, line := range r.lines {
		indent := line[:len(line)-len(strings.TrimLeft(line, " \t"))]
		if tab := strings.IndexByte(indent, '\t'); tab >= 0 && len(indent) < len(line) {
			clean = false
			r.add(Error, place{i + 1, tab + 1}, "", finding{"tab", "a tab in the indentation",
				"YAML indents with spaces only", "replace the tab by two spaces"})
		}
		column := 0
		for _, c := range line {
			column++
			if (c < ' ' && c != '\t') || c == 0x7f || c == 0x85 || c == 0x2028 || c == 0x2029 || c == '\ufeff' {
				clean = false
				r.add(Error, place{i + 1, column}, "", finding{"control-character", fmt.Sprintf("the character U+%04X", c),
					"it cannot be seen and does not belong in text", "delete it"})
				break
			}
		}
	}
	return clean
}

// parseTree reads the text as one YAML document of mappings, lists and scalars.
// It is nil when that failed; the report then says why.
func (r *report) parseTree(text string) (root *node) {
	defer func() {
		// The library has panicked on hostile input before; one such file must
		// not end the program.
		if p := recover(); p != nil {
			root = nil
			r.add(Error, place{}, "", finding{"syntax", fmt.Sprintf("the YAML reader failed: %v", p),
				"this text is not YAML that it can read", "check quotes, brackets and indentation"})
		}
	}()
	tokens := lexer.Tokenize(text)
	if !r.guardTokens(tokens) {
		return nil
	}
	file, err := parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		r.addSyntax(err)
		return nil
	}
	var body ast.Node
	for _, doc := range file.Docs {
		if doc.Body == nil || doc.Body.Type() == ast.CommentType {
			continue
		}
		if body != nil {
			r.add(Error, placeOf(doc.Start), "", finding{"several-documents", "a second YAML document",
				"a site file is one document", "delete the line \"---\" and what follows, or join the two"})
			return nil
		}
		body = doc.Body
	}
	if body == nil {
		r.add(Error, place{}, "", finding{"empty-file", "the file says nothing",
			"a site file must describe the plant", "start from examples/aktobe/site.yaml"})
		return nil
	}
	return r.convert(body, place{1, 1}, "")
}

// addSyntax turns the library's syntax error into a fault.
func (r *report) addSyntax(err error) {
	var syntax *yaml.SyntaxError
	at, what := place{}, err.Error()
	if errors.As(err, &syntax) {
		at, what = placeOf(syntax.GetToken()), syntax.GetMessage()
	}
	what, _, _ = strings.Cut(what, "\n")
	r.add(Error, at, "", finding{"syntax", what, "the text is not YAML here; what follows was not read",
		"check indentation, quotes, brackets and the space after ':' around this line"})
}

// guardTokens refuses, before anything is built, what a site file never needs
// and what would cost the parser too much: anchors, tags, deep nesting.
func (r *report) guardTokens(tokens token.Tokens) bool {
	g := guard{keys: map[int]int{}}
	for _, t := range tokens {
		if t.Position == nil {
			continue
		}
		if t.Type == token.InvalidType {
			// The parser says it better, with the reason; it stops at once.
			return true
		}
		if f, bad := g.see(t); bad {
			r.add(Error, placeOf(t), "", f)
			if g.stop {
				return false
			}
		}
	}
	return !g.found
}

// guard follows the tokens of a file.
type guard struct {
	columns []int       // of the open block mappings and lists
	keys    map[int]int // keys seen by column, in the mapping that is open there
	line    int
	flow    []int // keys seen in each open bracket
	noValue int
	items   int
	crowded bool // a mapping has too many keys
	found   bool
	stop    bool
}

// see looks at one token and reports what must be refused.
func (g *guard) see(t *token.Token) (finding, bool) {
	f, bad := refusedToken(t)
	if bad {
		g.found = true
		return f, true
	}
	g.follow(t)
	switch {
	case len(g.columns)+len(g.flow) > maxDepth:
		f = finding{"too-deep", "nesting is too deep", fmt.Sprintf("a site file has at most %d levels", maxDepth), "check brackets and indentation"}
	case g.noValue > maxNoValue || g.items > maxListItems || g.crowded:
		f = finding{"too-many-entries", "too many entries", fmt.Sprintf("a mapping has at most %d keys, a file at most %d list entries and %d empty ones", maxKeys, maxListItems, maxNoValue),
			"check that this is a site file"}
	default:
		return finding{}, false
	}
	g.found, g.stop = true, true
	return f, true
}

// follow keeps count of what is open.
func (g *guard) follow(t *token.Token) {
	column := t.Position.Column
	if t.Type == token.CommentType {
		return
	}
	if t.Position.Line != g.line && len(g.flow) == 0 {
		g.line = t.Position.Line
		for len(g.columns) > 0 && g.columns[len(g.columns)-1] > column {
			delete(g.keys, g.columns[len(g.columns)-1])
			g.columns = g.columns[:len(g.columns)-1]
		}
	}
	switch t.Type {
	case token.SequenceStartType, token.MappingStartType:
		g.flow = append(g.flow, 0)
	case token.SequenceEndType, token.MappingEndType:
		g.flow = g.flow[:max(0, len(g.flow)-1)]
	case token.CollectEntryType:
		g.items++
	case token.SequenceEntryType:
		g.items++
		g.open(column)
		g.countEmpty(t, column)
	case token.MappingValueType:
		g.countKey(t)
	}
}

// countKey counts the key before a colon into the mapping that is open there.
func (g *guard) countKey(t *token.Token) {
	if deepest := len(g.flow) - 1; deepest >= 0 {
		g.flow[deepest]++
		g.crowded = g.crowded || g.flow[deepest] > maxKeys
		return
	}
	if t.Prev == nil || t.Prev.Position == nil {
		return
	}
	column := t.Prev.Position.Column
	g.open(column)
	g.keys[column]++
	g.crowded = g.crowded || g.keys[column] > maxKeys
	g.countEmpty(t, column)
}

func (g *guard) open(column int) {
	if n := len(g.columns); n == 0 || g.columns[n-1] < column {
		g.columns = append(g.columns, column)
	}
}

// countEmpty counts a key or list entry that is followed by nothing of its own.
func (g *guard) countEmpty(t *token.Token, column int) {
	next := t.Next
	if next == nil || next.Position == nil || (next.Position.Line != t.Position.Line && next.Position.Column <= column) {
		g.noValue++
	}
}

// refusedToken names the parts of YAML that a site file does without.
func refusedToken(t *token.Token) (finding, bool) {
	const why = "a site file is plain lists and keys, so that what is written is what is meant"
	switch t.Type {
	case token.AnchorType, token.AliasType, token.MergeKeyType:
		return finding{"anchor", fmt.Sprintf("%q is an anchor, an alias or a merge key", t.Value), why,
			"write the values out; put quotes around a text that begins with & or *"}, true
	case token.TagType:
		return finding{"tag", fmt.Sprintf("%q is a tag", t.Value), why,
			"delete it; put quotes around a text that begins with !"}, true
	case token.MappingKeyType:
		return finding{"complex-key", "\"?\" begins a complex key", why,
			"write key: value; put quotes around a text that begins with ?"}, true
	case token.DirectiveType:
		return finding{"directive", "\"%\" begins a directive", why, "delete the line"}, true
	}
	return finding{}, false
}
