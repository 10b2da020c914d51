package main

import (
	"bytes"
	"fmt"
	"strings"
)

// number reads one plain number. What follows it must end it, so that 1/3 is a fault
// and not two numbers.
func (r *matpowerReader) number() *located {
	from := r.at
	for r.at < len(r.src) && bytes.IndexByte([]byte(" \t\r\n,;]%#"), r.src[r.at]) < 0 && !r.continued() {
		r.at++
	}
	text := string(r.src[from:r.at])
	v := &located{at: from, kind: "number", text: text}
	if from == r.at || !plainNumber(text) {
		r.c.fault(from, "", "not-a-number", fmt.Sprintf("%.40q is not a plain number", text), "what computes is not run", "write the number itself")
		v.text = "0"
		if from == r.at {
			r.broken = true
		}
	}
	return v
}

// plainNumber is a decimal number, or Inf with a sign or without.
func plainNumber(s string) bool {
	s = strings.TrimLeft(s, "+-")
	if s == "Inf" || s == "inf" {
		return true
	}
	digits := 0
	for i := range len(s) {
		switch ch := s[i]; {
		case ch >= '0' && ch <= '9':
			digits++
		case ch == '.', ch == 'e', ch == 'E':
		case (ch == '+' || ch == '-') && i > 0 && (s[i-1] == 'e' || s[i-1] == 'E'):
		default:
			return false
		}
	}
	return digits > 0
}

// skipCell passes over { … }, which holds names.
func (r *matpowerReader) skipCell() {
	open := r.at
	for depth := 0; r.at < len(r.src); {
		switch r.src[r.at] {
		case '{':
			depth++
		case '}':
			depth--
		case '\'':
			r.quoted()
			continue
		case '%':
			r.line()
			continue
		}
		r.at++
		if depth == 0 {
			return
		}
	}
	r.c.fault(open, "", "not-closed", "the list does not end", "everything behind would be part of it", "write };")
	r.broken = true
}

// quoted reads a text in quotes, which ends at the end of the line at the latest.
func (r *matpowerReader) quoted() string {
	quote := r.src[r.at]
	r.at++
	from := r.at
	for r.at < len(r.src) && r.src[r.at] != quote && r.src[r.at] != '\n' {
		r.at++
	}
	text := string(r.src[from:r.at])
	if r.peek() == quote {
		r.at++
	}
	return text
}

func (r *matpowerReader) word() string {
	from := r.at
	for r.at < len(r.src) && (r.src[r.at] == '.' || r.src[r.at] == '_' || r.src[r.at] >= '0' && r.src[r.at] <= '9' || r.src[r.at]|32 >= 'a' && r.src[r.at]|32 <= 'z') {
		r.at++
	}
	return string(r.src[from:r.at])
}

// space passes over blanks, comments and continued lines, and over new lines if it may.
func (r *matpowerReader) space(lines bool) {
	for r.at < len(r.src) {
		switch ch := r.src[r.at]; {
		case ch == ' ' || ch == '\t' || ch == '\r' || ch == '\n' && lines:
			r.at++
		case ch == '%' || ch == '#':
			r.line()
		case r.continued():
			r.line()
			r.at = min(r.at+1, len(r.src))
		case bytes.HasPrefix(r.src[r.at:], []byte("\ufeff")):
			r.at += len("\ufeff")
		default:
			return
		}
	}
}

func (r *matpowerReader) continued() bool { return bytes.HasPrefix(r.src[r.at:], []byte("...")) }

// line goes to the end of the line.
func (r *matpowerReader) line() {
	if end := bytes.IndexByte(r.src[r.at:], '\n'); end >= 0 {
		r.at += end
	} else {
		r.at = len(r.src)
	}
}

func (r *matpowerReader) peek() byte {
	if r.at < len(r.src) {
		return r.src[r.at]
	}
	return 0
}
