package dispatcher_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// A sentence that a program says in English stands in the catalogues of the other
// languages under "=" and the sentence. Here it is held against the programs: what
// stands between its placeholders is somewhere in their sources, so that a sentence
// that was changed is noticed.
func TestSentencesAreThoseOfThePrograms(t *testing.T) {
	ru, kk, en := readMessages(t, "ru").sentences, readMessages(t, "kk").sentences, readMessages(t, "en").sentences
	if len(ru) < 100 {
		t.Errorf("only %d sentences", len(ru))
	}
	for key := range en {
		t.Errorf("en: %q: English needs no catalogue of its own sentences", key)
	}
	for key := range kk {
		if _, ok := ru[key]; !ok {
			t.Errorf("ru: %q is missing", key)
		}
	}
	spoken := literals(t, "../..") + system
	holder := regexp.MustCompile(`\{\w+\}`)
	for key, text := range ru {
		other, ok := kk[key]
		if !ok {
			t.Errorf("kk: %q is missing", key)
		}
		for _, name := range holder.FindAllString(key, -1) {
			if strings.Count(key, name) != 1 || !strings.Contains(text, name) || !strings.Contains(other, name) {
				t.Errorf("%q: %s has to stand once in it, and in both translations", key, name)
			}
		}
		if len(holder.FindAllString(text, -1)) < len(holder.FindAllString(key, -1)) || strings.Contains(holder.ReplaceAllString(text+other, ""), "{") {
			t.Errorf("%q: its translations have other placeholders", key)
		}
		letters := len(regexp.MustCompile(`[^a-zA-Z]`).ReplaceAllString(holder.ReplaceAllString(key, ""), ""))
		if open := strings.HasPrefix(key, "{") && strings.HasSuffix(key, "}"); letters < 3 || open && letters < 6 {
			t.Errorf("%q says too little of its own: it would be taken for anything", key)
		}
		for _, chunk := range holder.Split(key, -1) {
			if rest := unsaid(spoken, chunk); rest != "" {
				t.Errorf("%q: no program says %q", key, rest)
			}
		}
	}
}

const between = " \":(=/_-→,;.)[]" // words

// system is what the operating system and the standard library say, in the programs' name.
const system = "no such host\nno such file or directory\npermission denied\nbroken pipe\nconnection reset by peer\nunexpected EOF\ndial tcp: lookup \nGet \n"

// unsaid is what is left of a text when pieces that stand in a literal of the programs
// are taken off its front, each as long as can be; a piece ends between two words.
func unsaid(spoken, text string) string {
	for text != "" {
		end := len(text)
		for end > 0 && !strings.Contains(spoken, text[:end]) {
			end = strings.LastIndexAny(text[:end], between)
		}
		if end <= 0 {
			trimmed := strings.TrimLeft(text, between)
			if trimmed == text {
				return text
			}
			text = trimmed
			continue
		}
		text = text[end:]
	}
	return ""
}

// literals is all that the programs' sources have between quotes, one below the other.
func literals(t *testing.T, root string) string {
	t.Helper()
	var all strings.Builder
	err := fs.WalkDir(os.DirFS(root), ".", func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if e.IsDir() && (e.Name() == "node_modules" || e.Name() == "fakezone" || strings.HasPrefix(e.Name(), ".") && path != ".") {
			return fs.SkipDir
		}
		if strings.HasPrefix(path, "collector/regmap/models/") && strings.HasSuffix(path, ".yaml") { // why a setting is checked
			b, err := fs.ReadFile(os.DirFS(root), path)
			all.Write(b)
			return err
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), root+"/"+path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
				if text, err := strconv.Unquote(lit.Value); err == nil {
					all.WriteString(strings.NewReplacer("%%", "%", "%q", `"%q"`).Replace(text))
					all.WriteByte('\n')
				}
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all.String()
}

// What is beside a finding or a suspicion in figures has a name in every language.
func TestFiguresHaveNames(t *testing.T) {
	name := regexp.MustCompile(`\b(?:number|energyOf|powerOf)\("([a-z_0-9]+)"|\{Name: "([a-z_0-9]+)", Value`)
	texts, met := readMessages(t, "kk").texts, 0
	for _, folder := range []string{"../../metering/vee", "../../metering/balance"} {
		err := fs.WalkDir(os.DirFS(folder), ".", func(path string, _ fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			b, err := fs.ReadFile(os.DirFS(folder), path)
			for _, m := range name.FindAllStringSubmatch(string(b), -1) {
				met++
				if key := "figure." + m[1] + m[2]; texts[key] == "" {
					t.Errorf("%s/%s: %s is missing", folder, path, key)
				}
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if met < 30 {
		t.Errorf("only %d figures were found", met)
	}
}
