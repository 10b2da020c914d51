package password

import (
	_ "embed"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Lengths of a password in letters. Length is what counts: there are no rules
// about digits and capitals.
const (
	Least       = 8
	Recommended = 15
	Most        = 256
)

// common are passwords that everybody tries first, one a line, in small letters.
//
//go:embed common.txt
var common string

// Accept refuses a new password of an account that is too short, too long, or one
// of those that are tried first. The error says what would do.
func Accept(password, account string) error {
	text := norm.NFKC.String(password)
	switch n := utf8.RuneCountInString(text); {
	case !utf8.ValidString(password):
		return errors.New("the password is no valid text: write letters of any alphabet, digits and signs")
	case n < Least:
		return fmt.Errorf("the password has %d letters: take %d at least, %d or more are better; several words are easy to keep in mind", n, Least, Recommended)
	case n > Most:
		return fmt.Errorf("the password has %d letters: take %d at most", n, Most)
	case guessed(text, account):
		return errors.New("the password is one of those that are tried first: take several words that do not belong together")
	}
	return nil
}

func guessed(text, account string) bool {
	small := strings.ToLower(text)
	core := strings.TrimFunc(small, func(r rune) bool { return !unicode.IsLetter(r) })
	known := strings.Fields(common)
	if slices.Contains(known, small) || core != "" && slices.Contains(known, core) {
		return true
	}
	if account != "" && (core == account || small == strings.Repeat(account, 2)) {
		return true
	}
	return monotonous(small)
}

// monotonous reports whether a text repeats a few letters or counts on.
func monotonous(text string) bool {
	letters := []rune(text)
	different := map[rune]bool{}
	counts := true
	for i, r := range letters {
		different[r] = true
		if i > 1 && letters[i]-letters[i-1] != letters[1]-letters[0] {
			counts = false
		}
	}
	return counts || len(different) < 4
}

// alphabet has no letters that look alike.
const alphabet = "abcdefghjkmnpqrstuvwxyz23456789"

// Random is a password of four groups of five letters, about 99 bits.
func Random() string {
	var b strings.Builder
	for n := 0; n < 20; {
		for _, r := range random(32) {
			if int(r) >= 256/len(alphabet)*len(alphabet) || n == 20 { // the rest would come more often
				continue
			}
			if n > 0 && n%5 == 0 {
				b.WriteByte('-')
			}
			b.WriteByte(alphabet[int(r)%len(alphabet)])
			n++
		}
	}
	return b.String()
}
