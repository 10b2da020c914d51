package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestAkzharIsWhatTheCommandPrints holds the tables of docs/akzhar.md and its Russian
// twin to the command, and to the test tables that they show. A table stands in a fence
// under a line
//
//	<!-- asue study ARGUMENTS -->
//	<!-- file PATH -->
func TestAkzharIsWhatTheCommandPrints(t *testing.T) {
	known := map[string]string{}
	for _, file := range []string{"akzhar.md", "akzhar.ru.md"} {
		path := filepath.Join("..", "..", "docs", file)
		src, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		text, tables := renewed(t, string(src), known)
		if tables < 5 {
			t.Errorf("%s: %d tables", file, tables)
		}
		if *rewrite {
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if diff := cmp.Diff(string(src), text); diff != "" {
			t.Errorf("%s is not what is calculated (-written +calculated); renew it with -rewrite and read what it says:\n%s", file, diff)
		}
	}
}

// renewed is a document with its tables as they are now, and their number. known are
// tables that were made before.
func renewed(t *testing.T, doc string, known map[string]string) (string, int) {
	t.Helper()
	var out strings.Builder
	tables := 0
	lines := strings.SplitAfter(doc, "\n")
	for i := 0; i < len(lines); i++ {
		out.WriteString(lines[i])
		what, found := strings.CutPrefix(strings.TrimSpace(lines[i]), "<!-- ")
		what, closed := strings.CutSuffix(what, " -->")
		if !found || !closed || i+1 >= len(lines) || strings.TrimSpace(lines[i+1]) != "```" {
			continue
		}
		end := i + 2
		for end < len(lines) && strings.TrimSpace(lines[end]) != "```" {
			end++
		}
		if _, seen := known[what]; !seen {
			known[what] = tableOf(t, what)
		}
		out.WriteString("```\n" + strings.TrimRight(known[what], "\n") + "\n")
		i = end - 1
		tables++
	}
	return out.String(), tables
}

func tableOf(t *testing.T, what string) string {
	t.Helper()
	if path, isFile := strings.CutPrefix(what, "file "); isFile {
		src, err := os.ReadFile(filepath.Join("..", "..", path))
		if err != nil {
			t.Fatal(err)
		}
		return string(src)
	}
	args, isStudy := strings.CutPrefix(what, "asue study")
	if !isStudy {
		t.Fatalf("%q is neither a study nor a file", what)
	}
	text, err := studied(t, strings.Fields(args)...)
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	return text
}
