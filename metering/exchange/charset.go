package exchange

import (
	"bytes"
	"fmt"
	"io"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

// charset is how a text file writes its letters.
type charset struct {
	name     string
	encoding encoding.Encoding // nil for UTF-8
	skip     int64             // bytes of the byte order mark
}

// detectCharset looks at a byte order mark, at the zero bytes of UTF-16, and at
// whether the whole file is UTF-8. What is none of these is taken for
// windows-1251, in which Excel writes CSV on Russian and Kazakh computers.
func detectCharset(r io.ReaderAt, size int64) (charset, error) {
	head := make([]byte, min(size, 4096))
	if _, err := r.ReadAt(head, 0); err != nil && err != io.EOF {
		return charset{}, err
	}
	little, big := unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM), unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM)
	switch {
	case bytes.HasPrefix(head, []byte("\xef\xbb\xbf")):
		return charset{"UTF-8 with a byte order mark", nil, 3}, nil
	case bytes.HasPrefix(head, []byte("\xff\xfe")):
		return charset{"UTF-16, little endian", little, 2}, nil
	case bytes.HasPrefix(head, []byte("\xfe\xff")):
		return charset{"UTF-16, big endian", big, 2}, nil
	}
	if even, odd := zeros(head); odd > len(head)/8 && even < odd/4 {
		return charset{"UTF-16, little endian", little, 0}, nil
	} else if even > len(head)/8 && odd < even/4 {
		return charset{"UTF-16, big endian", big, 0}, nil
	}
	valid, err := isUTF8(io.NewSectionReader(r, 0, size))
	if err != nil {
		return charset{}, err
	}
	if valid {
		return charset{"UTF-8", nil, 0}, nil
	}
	return charset{"windows-1251", charmap.Windows1251, 0}, nil
}

// zeros counts zero bytes at even and odd places: digits and separators of UTF-16
// have one each.
func zeros(b []byte) (even, odd int) {
	for i, c := range b {
		switch {
		case c != 0:
		case i%2 == 0:
			even++
		default:
			odd++
		}
	}
	return even, odd
}

func isUTF8(r io.Reader) (bool, error) {
	buf := make([]byte, 64<<10)
	have := 0
	for {
		n, err := r.Read(buf[have:])
		have += n
		if err != nil && err != io.EOF {
			return false, err
		}
		rest := have
		if err == nil {
			rest = lastWhole(buf[:have])
		}
		if !utf8.Valid(buf[:rest]) {
			return false, nil
		}
		if err == io.EOF {
			return true, nil
		}
		have = copy(buf, buf[rest:have])
	}
}

// lastWhole is how much of b ends with a whole character; what is left is at most
// three bytes of one.
func lastWhole(b []byte) int {
	for i := len(b) - 1; i >= 0 && i >= len(b)-utf8.UTFMax; i-- {
		if utf8.RuneStart(b[i]) {
			if utf8.FullRune(b[i:]) {
				return len(b)
			}
			return i
		}
	}
	return len(b)
}

// text reads a file's text as UTF-8.
func (c charset) text(r io.ReaderAt, size int64) io.Reader {
	raw := io.NewSectionReader(r, c.skip, size-c.skip)
	if c.encoding == nil {
		return raw
	}
	return c.encoding.NewDecoder().Reader(raw)
}

// charsetNamed serves encoding/xml.
func charsetNamed(label string, input io.Reader) (io.Reader, error) {
	switch normalise(label) {
	case "windows-1251", "cp1251", "win-1251":
		return charmap.Windows1251.NewDecoder().Reader(input), nil
	case "utf-8", "us-ascii":
		return input, nil
	}
	return nil, fmt.Errorf("character set %q: write windows-1251 or UTF-8", label)
}
