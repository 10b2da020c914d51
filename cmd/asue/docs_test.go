package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
)

// documents are all texts of the project that people read, by their path from its root.
func documents(t *testing.T) map[string]string {
	t.Helper()
	texts := map[string]string{}
	err := filepath.WalkDir("../..", func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if name := entry.Name(); entry.IsDir() && (name == "node_modules" || name == ".cache" || name == ".git" || name == "vendor" || name == "testdata" || name == "bin") {
			return filepath.SkipDir
		}
		if filepath.Ext(path) != ".md" {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name, err := filepath.Rel("../..", path)
		texts[filepath.ToSlash(name)] = string(text)
		return err
	})
	if err != nil || len(texts) < 30 {
		t.Fatalf("%d documents, %v", len(texts), err)
	}
	return texts
}

var (
	fences   = regexp.MustCompile("(?ms)^```.*?^```")
	links    = regexp.MustCompile(`\]\(([^()\s]+)\)`)
	headings = regexp.MustCompile(`(?m)^#{1,6} +(.+?) *$`)
)

// linksOf are where a document leads to within the project.
func linksOf(text string) []string {
	var list []string
	for _, m := range links.FindAllStringSubmatch(fences.ReplaceAllString(text, ""), -1) {
		if !strings.Contains(m[1], "://") && !strings.HasPrefix(m[1], "mailto:") {
			list = append(list, m[1])
		}
	}
	return list
}

// anchor is the name by which a heading is linked: small letters, digits, hyphens for
// spaces, nothing else.
func anchor(heading string) string {
	heading = regexp.MustCompile(`\[([^\]]*)\]\([^)]*\)`).ReplaceAllString(heading, "$1")
	return strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case unicode.IsLetter(r), unicode.IsDigit(r), r == '-', r == '_':
			return unicode.ToLower(r)
		}
		return -1
	}, heading)
}

func TestEveryLinkOfTheDocumentsLeadsSomewhere(t *testing.T) {
	texts := documents(t)
	seen := 0
	for from, text := range texts {
		for _, link := range linksOf(text) {
			seen++
			file, at, _ := strings.Cut(link, "#")
			to := from
			if file != "" {
				to = filepath.ToSlash(filepath.Join(filepath.Dir(from), file))
			}
			if _, err := os.Stat(filepath.Join("../..", to)); err != nil {
				t.Errorf("%s leads to %s, and it is not there", from, link)
				continue
			}
			if at == "" {
				continue
			}
			var anchors []string
			for _, m := range headings.FindAllStringSubmatch(fences.ReplaceAllString(texts[to], ""), -1) {
				anchors = append(anchors, anchor(m[1]))
			}
			if !slices.Contains(anchors, at) {
				t.Errorf("%s leads to %s: no such heading; there are %v", from, link, anchors)
			}
		}
	}
	if seen < 200 {
		t.Errorf("only %d links were found", seen)
	}
}

// The front pages lead to every document beside them, in each language, and a document
// with a translation says so in its first lines.
func TestTheFrontPagesLeadToEveryDocument(t *testing.T) {
	texts := documents(t)
	for _, front := range []string{"docs/README.md", "docs/README.ru.md"} {
		var led []string
		for _, link := range linksOf(texts[front]) {
			file, _, _ := strings.Cut(link, "#")
			led = append(led, filepath.ToSlash(filepath.Join("docs", file)))
		}
		russian := strings.HasSuffix(front, ".ru.md")
		for name := range texts {
			if filepath.Dir(name) != "docs" || strings.HasPrefix(filepath.Base(name), "README") {
				continue
			}
			translated := strings.TrimSuffix(strings.TrimSuffix(name, ".md"), ".ru") + ".ru.md"
			want := name
			if _, there := texts[translated]; there && russian {
				want = translated
			} else if strings.HasSuffix(name, ".ru.md") {
				continue
			}
			if !slices.Contains(led, want) {
				t.Errorf("%s does not lead to %s", front, want)
			}
		}
	}
	for name, text := range texts {
		base, russian := strings.CutSuffix(name, ".ru.md")
		if _, there := texts[base+".md"]; !russian || !there {
			continue
		}
		head := func(s string) string {
			first := strings.SplitN(s, "\n", 9)
			return strings.Join(first[:min(8, len(first))], "\n")
		}
		if !strings.Contains(head(text), filepath.Base(base)+".md") || !strings.Contains(head(texts[base+".md"]), filepath.Base(name)) {
			t.Errorf("%s and %s.md do not name each other in their first lines", name, base)
		}
	}
}
