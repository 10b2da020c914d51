package form

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// OfText makes a kind that is written as one scalar. what says what belongs
// there ("an id"); read returns the value or what is wrong with the text. The
// schema gets the type "string"; the caller may set another one afterwards.
func OfText[V any](schema Object, what string, read func(text string) (V, *Finding)) Kind[V] {
	schema["type"] = "string"
	return Kind[V]{Schema: schema, Read: func(r *Report, n *Node) (V, bool) {
		var none V
		if !r.Expect(n, Scalar, what) {
			return none, false
		}
		v, f := read(n.Text)
		if f != nil {
			r.Refuse(n, f)
			return none, false
		}
		return v, true
	}}
}

const idPattern = `^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`

var idRegexp = regexp.MustCompile(idPattern)

// Identifier is the id of anything: up to 64 Latin letters, digits, '-', '_' and
// '.', the first a letter or a digit. remedy is what to do when no spelling can
// be proposed.
func Identifier[ID ~string](remedy string) Kind[ID] {
	k := OfText(Object{"pattern": idPattern}, "an id", func(text string) (ID, *Finding) {
		if idRegexp.MatchString(text) {
			return ID(text), nil
		}
		return "", Found("bad-id", fmt.Sprintf("%q cannot be an id: %s", text, idTrouble(text)),
			"ids stand in topics, labels and file names: up to 64 Latin letters, digits, '-', '_' and '.', beginning with a letter or a digit",
			idRemedy(text, remedy))
	})
	// A bare number is a good id too, and for a schema it is not a string.
	k.Schema["type"] = []string{"string", "integer"}
	return k
}

func idTrouble(text string) string {
	for _, c := range text {
		if c < 0x80 && idRegexp.MatchString("x"+string(c)) {
			continue
		}
		if twin := Latin(string(c)); twin != string(c) {
			return fmt.Sprintf("%q is a Cyrillic letter that looks like the Latin %q", c, twin)
		}
		return fmt.Sprintf("the character %q", c)
	}
	switch {
	case text == "":
		return "it is empty"
	case len(text) > 64:
		return "it is too long"
	}
	return fmt.Sprintf("it begins with %q", text[0])
}

func idRemedy(text, otherwise string) string {
	proposal := strings.ReplaceAll(Latin(text), " ", "-")
	if proposal != text && idRegexp.MatchString(proposal) {
		return fmt.Sprintf("write %q", proposal)
	}
	return otherwise
}

const maxText = 1000

// Sentence is a text that is shown to people, at most 1000 characters, without
// the spaces around it.
func Sentence() Kind[string] {
	k := OfText(Object{"minLength": 1, "maxLength": maxText}, "a text", func(text string) (string, *Finding) {
		if text = strings.TrimSpace(text); text == "" {
			return "", Found("bad-text", "an empty text", "it is shown to people", "write the text, or delete the key")
		}
		if n := utf8.RuneCountInString(text); n > maxText {
			return "", Found("bad-text", fmt.Sprintf("a text of %d characters", n), fmt.Sprintf("texts have at most %d characters", maxText), "shorten it")
		}
		return text, nil
	})
	k.Schema["type"] = []string{"string", "number"} // a serial number written without quotes
	return k
}

// Word is one of a fixed set. what names it: "kind of node".
func Word[W ~string](what string, allowed []W) Kind[W] {
	names := make([]string, len(allowed))
	for i, w := range allowed {
		names[i] = string(w)
	}
	return OfText(Object{"enum": names}, what, func(text string) (W, *Finding) {
		for _, w := range allowed {
			if string(w) == text {
				return w, nil
			}
		}
		remedy := "use one of: " + Listed(names)
		if best, ok := Nearest(text, names); ok {
			remedy = fmt.Sprintf("did you mean %q? Allowed: %s", best, Listed(names))
		}
		return "", Found("unknown-word", fmt.Sprintf("unknown %s %q", what, text), "the program knows a fixed set of these", remedy)
	})
}

// Integer is a whole number from least to most. what names it with its article:
// "a unit id".
func Integer(what string, least, most int) Kind[int] {
	k := OfText(Object{"minimum": least, "maximum": most}, what, func(text string) (int, *Finding) {
		v, err := strconv.Atoi(text)
		if err != nil || v < least || v > most || (text[0] == '0' && len(text) > 1) || text[0] == '+' {
			allowed := fmt.Sprintf("a whole number from %d to %d", least, most)
			if least == most {
				allowed = strconv.Itoa(least)
			}
			return 0, Found("bad-number", fmt.Sprintf("%q is not %s", text, what), "it is "+allowed, "write "+allowed)
		}
		return v, nil
	})
	k.Schema["type"] = "integer"
	return k
}

var decimalRegexp = regexp.MustCompile(`^[0-9]{1,18}(\.[0-9]{1,18})?$`)

// Fraction is a decimal number from least to most, both included.
func Fraction(what string, least, most float64) Kind[float64] {
	k := OfText(Object{"minimum": least, "maximum": most}, what, func(text string) (float64, *Finding) {
		v, err := strconv.ParseFloat(text, 64)
		if err != nil || !decimalRegexp.MatchString(text) || v < least || v > most {
			return 0, Found("bad-number", fmt.Sprintf("%q is not %s", text, what), fmt.Sprintf("it is a number from %v to %v", least, most),
				fmt.Sprintf("write a number from %v to %v with a decimal point", least, most))
		}
		return v, nil
	})
	k.Schema["type"] = "number"
	return k
}

// YesNo is true or false.
func YesNo() Kind[bool] {
	k := OfText(Object{}, "true or false", func(text string) (bool, *Finding) {
		switch text {
		case "true":
			return true, nil
		case "false":
			return false, nil
		}
		return false, Found("bad-bool", fmt.Sprintf("%q is neither true nor false", text), "other words for it are read differently by different programs",
			"write true or false")
	})
	k.Schema["type"] = "boolean"
	return k
}
