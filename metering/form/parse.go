package form

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
)

// MaxBytes is the greatest size of a file.
const MaxBytes = 1 << 20

// Document says what sort of file is read, in the words of its messages.
type Document struct {
	Noun     string // "a site file"
	Keys     string // what its top level holds: "the site file: version, site, nodes and so on"
	TooLarge string // what to do with one over MaxBytes, besides looking whether it is the right file
	Empty    string // why an empty one is refused: "a site file must describe the plant"
	Start    string // how to begin one: "start from examples/aktobe/site.yaml"
}

// parsing is a report with the document's words.
type parsing struct {
	*Report
	doc Document
}

// Parse reads a text as one YAML document whose top is a mapping. When it could
// not, the second result is false and the report says why.
//
// It never panics, whatever the bytes.
func (r *Report) Parse(doc Document, src []byte) (*Node, bool) {
	p := &parsing{r, doc}
	text, ok := p.readText(src)
	if !ok {
		return nil, false
	}
	root := p.parseTree(text)
	if root == nil || !r.Expect(root, Mapping, doc.Keys) {
		return nil, false
	}
	return root, true
}

// readText makes clean lines of the file's bytes: UTF-8 without a byte order
// mark, lines ended by "\n". The second result is false when it could not.
func (p *parsing) readText(src []byte) (string, bool) {
	if len(src) > MaxBytes {
		p.Add(Error, Place{}, "", Found("file-too-large", fmt.Sprintf("the file has %d bytes", len(src)),
			fmt.Sprintf("%s has at most %d bytes", p.doc.Noun, MaxBytes),
			fmt.Sprintf("check that this is %s; %s", p.doc.Noun, p.doc.TooLarge)))
		return "", false
	}
	src = bytes.TrimPrefix(src, []byte("\ufeff"))
	if bytes.HasPrefix(src, []byte{0xff, 0xfe}) || bytes.HasPrefix(src, []byte{0xfe, 0xff}) {
		p.Add(Error, Place{1, 1}, "", Found("not-utf-8", "the file is UTF-16",
			p.doc.Noun+" is UTF-8 text", "save it as UTF-8 in the editor"))
		return "", false
	}
	src = bytes.ReplaceAll(src, []byte("\r\n"), []byte("\n"))
	src = bytes.ReplaceAll(src, []byte("\r"), []byte("\n"))
	if !utf8.Valid(src) {
		bad := firstInvalid(src)
		line := bytes.Count(src[:bad], []byte("\n"))
		column := utf8.RuneCount(src[bytes.LastIndexByte(src[:bad], '\n')+1 : bad])
		p.lines = strings.Split(strings.ToValidUTF8(string(src), "?"), "\n")
		p.Add(Error, Place{line + 1, column + 1}, "", Found("not-utf-8", fmt.Sprintf("byte 0x%02X is not UTF-8 text", src[bad]),
			p.doc.Noun+" is UTF-8 text; this one was probably saved as Windows-1251", "save it as UTF-8 in the editor"))
		return "", false
	}
	text := string(src)
	p.lines = strings.Split(text, "\n")
	return text, p.checkCharacters()
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
func (p *parsing) checkCharacters() bool {
	clean := true
	for i, line := range p.lines {
		indent := line[:len(line)-len(strings.TrimLeft(line, " \t"))]
		if tab := strings.IndexByte(indent, '\t'); tab >= 0 && len(indent) < len(line) {
			clean = false
			p.Add(Error, Place{i + 1, tab + 1}, "", Found("tab", "a tab in the indentation",
				"YAML indents with spaces only", "replace the tab by two spaces"))
		}
		column := 0
		for _, c := range line {
			column++
			if (c < ' ' && c != '\t') || c == 0x7f || c == 0x85 || c == 0x2028 || c == 0x2029 || c == '\ufeff' {
				clean = false
				p.Add(Error, Place{i + 1, column}, "", Found("control-character", fmt.Sprintf("the character U+%04X", c),
					"it cannot be seen and does not belong in text", "delete it"))
				break
			}
		}
	}
	return clean
}

// parseTree reads the text as one YAML document of mappings, lists and scalars.
// It is nil when that failed; the report then says why.
func (p *parsing) parseTree(text string) (root *Node) {
	defer func() {
		// The library has panicked on hostile input before; one such file must
		// not end the program.
		if cause := recover(); cause != nil {
			root = nil
			p.Add(Error, Place{}, "", Found("syntax", fmt.Sprintf("the YAML reader failed: %v", cause),
				"this text is not YAML that it can read", "check quotes, brackets and indentation"))
		}
	}()
	tokens := lexer.Tokenize(text)
	if !p.guardTokens(tokens) {
		return nil
	}
	file, err := parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		p.addSyntax(err)
		return nil
	}
	var body ast.Node
	for _, doc := range file.Docs {
		if doc.Body == nil || doc.Body.Type() == ast.CommentType {
			continue
		}
		if body != nil {
			p.Add(Error, placeOf(doc.Start), "", Found("several-documents", "a second YAML document",
				p.doc.Noun+" is one document", "delete the line \"---\" and what follows, or join the two"))
			return nil
		}
		body = doc.Body
	}
	if body == nil {
		p.Add(Error, Place{}, "", Found("empty-file", "the file says nothing", p.doc.Empty, p.doc.Start))
		return nil
	}
	return p.convert(body, Place{1, 1}, "")
}

// addSyntax turns the library's syntax error into a fault.
func (p *parsing) addSyntax(err error) {
	var syntax *yaml.SyntaxError
	at, what := Place{}, err.Error()
	if errors.As(err, &syntax) {
		at, what = placeOf(syntax.GetToken()), syntax.GetMessage()
	}
	what, _, _ = strings.Cut(what, "\n")
	p.Add(Error, at, "", Found("syntax", what, "the text is not YAML here; what follows was not read",
		"check indentation, quotes, brackets and the space after ':' around this line"))
}
