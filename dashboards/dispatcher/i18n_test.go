package dispatcher_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// forms are the plural forms that each language has (CLDR).
var forms = map[string][]string{
	"ru": {"few", "many", "one", "other"},
	"kk": {"one", "other"},
	"en": {"one", "other"},
}

func TestThreeLanguagesSayTheSame(t *testing.T) {
	russian := readMessages(t, "ru")
	for _, lang := range []string{"kk", "en"} {
		other := readMessages(t, lang)
		if diff := cmp.Diff(russian.holders, other.holders); diff != "" {
			t.Errorf("ru and %s differ in keys or placeholders (-ru +%s):\n%s", lang, lang, diff)
		}
	}
	for lang := range forms {
		m := readMessages(t, lang)
		if len(m.plurals) == 0 {
			t.Errorf("%s has no plural messages", lang)
		}
		for key, have := range m.plurals {
			if !slices.Equal(have, forms[lang]) {
				t.Errorf("%s: %s has the forms %v, want %v", lang, key, have, forms[lang])
			}
		}
		for key, text := range m.texts {
			if strings.TrimSpace(text) == "" {
				t.Errorf("%s: %s is empty", lang, key)
			}
			if regexp.MustCompile(`(^|[^а-яА-Я])ТУ([^а-яА-Я]|$)`).MatchString(text) {
				t.Errorf("%s: %s writes «ТУ», which means two things: write the words out", lang, key)
			}
		}
	}
}

// Every key that the sources name exists, and none is left over.
func TestMessagesAreUsedAndThere(t *testing.T) {
	m := readMessages(t, "ru")
	var source strings.Builder
	files, err := filepath.Glob("web/src/*.ts*")
	deeper, _ := filepath.Glob("web/src/*/*.ts*")
	if err != nil || len(files) == 0 || len(deeper) == 0 {
		t.Fatalf("no sources: %v", err)
	}
	files = append(files, deeper...)
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		source.Write(b)
	}
	text := source.String()
	for _, use := range regexp.MustCompile(`\b(?:t|plural)\('([a-z_.A-Z]+[a-zA-Z_])'`).FindAllStringSubmatch(text, -1) {
		if _, ok := m.holders[use[1]]; !ok {
			t.Errorf("the page asks for %q, which no language has", use[1])
		}
	}
	for key := range m.holders {
		prefix := key[:strings.LastIndex(key, ".")+1]
		whole := strings.Contains(text, "'"+key+"'") || strings.Contains(text, "`"+key+"`")
		built := prefix != "" && (strings.Contains(text, "'"+prefix+"'") || strings.Contains(text, "`"+prefix+"${"))
		letter := strings.HasSuffix(key, ".letter")
		if !whole && !built && !letter && !strings.HasPrefix(key, "notice.") && key != "unit.W" {
			t.Errorf("%q is in the catalogues but not used", key)
		}
	}
}

// What the first view says stands in its own catalogue: the other one is loaded
// later, with the views of metering.
func TestFirstViewFindsItsMessages(t *testing.T) {
	b, err := os.ReadFile("web/i18n/ru.json")
	if err != nil {
		t.Fatal(err)
	}
	var own map[string]string
	if err := json.Unmarshal(b, &own); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("web/src/*.ts*")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if filepath.Base(f) == "door.tsx" {
			continue // is loaded later too, with messages of its own
		}
		source, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, use := range regexp.MustCompile(`\bt\('([a-z_.A-Z]+[a-zA-Z_])'`).FindAllStringSubmatch(string(source), -1) {
			if _, ok := own[use[1]]; !ok {
				t.Errorf("%s asks for %q, which is not in the first view's catalogue", f, use[1])
			}
		}
	}
}

type messageSet struct {
	texts   map[string]string
	holders map[string][]string // base key -> placeholders of all its forms
	plurals map[string][]string // base key -> forms

	sentences map[string]string // what programs say in English, and what it means: see said.ts
}

// readMessages reads all catalogues of a language: that of the first view and
// those of the views that are loaded later, which know each other's keys.
func readMessages(t *testing.T, lang string) messageSet {
	t.Helper()
	m := messageSet{holders: map[string][]string{}, plurals: map[string][]string{}, texts: map[string]string{}, sentences: map[string]string{}}
	for _, part := range []string{"", "metering.", "control.", "network.", "capacity.", "door.", "alarms.", "log.", "reports.", "help.", "system.", "residents.", "own.", "said."} {
		var texts map[string]string
		b, err := os.ReadFile("web/i18n/" + part + lang + ".json")
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(b, &texts); err != nil {
			t.Fatalf("%s%s: %v", part, lang, err)
		}
		for key, text := range texts {
			if _, twice := m.texts[key]; twice {
				t.Errorf("%s: %s stands in both catalogues", lang, key)
			}
			m.texts[key] = text
		}
	}
	for key, text := range m.texts {
		if sentence, ok := strings.CutPrefix(key, "="); ok {
			m.sentences[sentence] = text
			continue
		}
		base := key
		if dot := strings.LastIndex(key, "."); slices.Contains(forms["ru"], key[dot+1:]) {
			base = key[:dot]
			m.plurals[base] = append(m.plurals[base], key[dot+1:])
			slices.Sort(m.plurals[base])
		}
		names := regexp.MustCompile(`\{\w+\}`).FindAllString(text, -1)
		m.holders[base] = append(m.holders[base], names...)
		slices.Sort(m.holders[base])
		m.holders[base] = slices.Compact(m.holders[base])
	}
	return m
}
