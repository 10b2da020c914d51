package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"asue/metering/form"
)

// located is a JSON value that knows where it stands.
type located struct {
	at      int    // offset of its first byte
	kind    string // "object", "list", "text", "number", "yes or no", "null"
	text    string // of a text or a number
	yes     bool
	members []member
	items   []*located
}

type member struct {
	name  string
	at    int
	value *located
}

// maxDepth keeps a file from filling the stack; a case needs four.
const maxDepth = 16

// locate reads one JSON document. trouble is empty if it is one, or what is wrong
// at the offset.
func locate(src []byte) (v *located, at int, trouble string) {
	r := &jsonReader{src: src, dec: json.NewDecoder(bytes.NewReader(src))}
	r.dec.UseNumber()
	v, err := r.value(0)
	if err == nil {
		at = r.start()
		if _, after := r.dec.Token(); !errors.Is(after, io.EOF) {
			return nil, at, "something follows after the end of the document"
		}
		return v, 0, ""
	}
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &syntax):
		return nil, max(0, int(syntax.Offset)-1), "it is not JSON: " + syntax.Error()
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return nil, len(src), "it ends before the document does"
	}
	return nil, r.before, err.Error()
}

type jsonReader struct {
	src    []byte
	dec    *json.Decoder
	before int // offset of the token that was read last
}

// start is where the next token begins.
func (r *jsonReader) start() int {
	at := int(r.dec.InputOffset())
	for at < len(r.src) && bytes.IndexByte([]byte(" \t\r\n,:"), r.src[at]) >= 0 {
		at++
	}
	return at
}

func (r *jsonReader) value(depth int) (*located, error) {
	v := &located{at: r.start()}
	r.before = v.at
	token, err := r.dec.Token()
	if err != nil {
		return nil, err
	}
	if depth > maxDepth {
		return nil, fmt.Errorf("it is nested deeper than %d levels", maxDepth)
	}
	switch t := token.(type) {
	case json.Delim:
		if t == '{' {
			v.kind = "object"
			err = r.object(v, depth)
		} else {
			v.kind = "list"
			err = r.list(v, depth)
		}
		if err == nil {
			_, err = r.dec.Token() // the closing bracket
		}
		return v, err
	case string:
		v.kind, v.text = "text", t
	case json.Number:
		v.kind, v.text = "number", t.String()
	case bool:
		v.kind, v.yes = "yes or no", t
	default:
		v.kind = "null"
	}
	return v, nil
}

func (r *jsonReader) object(v *located, depth int) error {
	for r.dec.More() {
		at := r.start()
		token, err := r.dec.Token()
		if err != nil {
			return err
		}
		name, ok := token.(string)
		if !ok {
			return fmt.Errorf("a key is not a text: %v", token)
		}
		value, err := r.value(depth + 1)
		if err != nil {
			return err
		}
		v.members = append(v.members, member{name, at, value})
	}
	return nil
}

func (r *jsonReader) list(v *located, depth int) error {
	for r.dec.More() {
		item, err := r.value(depth + 1)
		if err != nil {
			return err
		}
		v.items = append(v.items, item)
	}
	return nil
}

// place is a fault at an offset of a file, with the line that it stands on.
func place(file string, src []byte, at int, f form.Fault) form.Fault {
	at = min(at, len(src))
	begin := bytes.LastIndexByte(src[:at], '\n') + 1
	f.File = file
	f.Line = bytes.Count(src[:at], []byte{'\n'}) + 1
	f.Column = utf8.RuneCount(src[begin:at]) + 1
	line, _, _ := bytes.Cut(src[begin:], []byte{'\n'})
	const most = 120
	text := []rune(string(bytes.TrimRight(bytes.ReplaceAll(line, []byte{'\t'}, []byte{' '}), "\r")))
	f.Caret = f.Column
	if from := f.Column - most/2; len(text) > most && from > 0 {
		from = min(from, len(text)-most)
		text, f.Caret = text[from:], f.Column-from
	}
	f.Snippet = string(text[:min(most, len(text))])
	return f
}
