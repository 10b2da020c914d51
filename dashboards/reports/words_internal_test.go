package reports

import (
	"fmt"
	"math/big"
	"regexp"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

var holes = regexp.MustCompile(`\{[a-z]+\}`)

// All languages have the same words, with the same holes, and Kazakh has its letters.
func TestWordsAgree(t *testing.T) {
	base := catalogues()[Russian]
	for _, lang := range Langs() {
		text := catalogues()[lang]
		if len(text) != len(base) {
			t.Errorf("%s has %d words, Russian %d", lang, len(text), len(base))
		}
		for name, said := range base {
			a, b := holes.FindAllString(said, -1), holes.FindAllString(text[name], -1)
			slices.Sort(a)
			slices.Sort(b)
			if _, ok := text[name]; !ok || !slices.Equal(a, b) {
				t.Errorf("%s: %q is %q", lang, name, text[name])
			}
		}
	}
	var kazakh strings.Builder
	for _, s := range catalogues()[Kazakh] {
		kazakh.WriteString(strings.ToLower(s))
	}
	for _, letter := range "әғқңөұүі" {
		if !strings.ContainsRune(kazakh.String(), letter) {
			t.Errorf("no word has the letter %c", letter)
		}
	}
}

// The decimal of paper agrees with that of exact arithmetic.
func TestDecimal(t *testing.T) {
	w := &words{lang: English}
	rapid.Check(t, func(t *rapid.T) {
		n, exp, places := rapid.Int64().Draw(t, "n"), rapid.IntRange(0, 6).Draw(t, "exp"), rapid.IntRange(0, 6).Draw(t, "places")
		exact := new(big.Rat).SetFrac(big.NewInt(n), new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(exp)), nil))
		want := exact.FloatString(min(places, exp)) // halves away from zero
		got := strings.ReplaceAll(strings.ReplaceAll(w.decimal(n, exp, places), ",", ""), "−", "-")
		if strings.Trim(want, "-0.") == "" {
			want = strings.TrimPrefix(want, "-")
		}
		if got != want {
			t.Fatalf("%d / 10^%d with %d places is %s, want %s", n, exp, places, got, want)
		}
	})
	for _, c := range []struct {
		n    int64
		exp  int
		want string
	}{{132_000_000, 3, "132,000"}, {7_500, 3, "7.5"}, {0, 3, "0"}} {
		if got := w.decimal(c.n, c.exp, whatThereIs); got != c.want {
			t.Errorf("%d: %s, want %s", c.n, got, c.want)
		}
	}
}

// Sheets of a workbook need names of their own, in every language.
func TestSheetNames(t *testing.T) {
	for _, lang := range Langs() {
		w := &words{lang: lang, text: catalogues()[lang]}
		seen := map[string]string{}
		for _, name := range []string{"daily.readings", "daily.hours", "balance.table", "balance.days", "balance.suspects", "peaks.table", "peaks.zones", "alarms.figures", "alarms.worst", "alarms.list"} {
			kind, _, _ := strings.Cut(name, ".")
			sheet := kind + fmt.Sprint(strings.ToLower(sheetName(w.say(name))))
			if seen[sheet] != "" || sheetName(w.say(name)) == "" {
				t.Errorf("%s: %s and %s have one sheet", lang, name, seen[sheet])
			}
			seen[sheet] = name
		}
	}
}
