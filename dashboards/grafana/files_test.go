package grafana

import (
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var rewrite = flag.Bool("rewrite", false, "write the boards and rules of deploy/grafana anew")

const deploy = "../../deploy/grafana"

func rendered(t *testing.T) []File {
	t.Helper()
	files, err := Render()
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// What lies in deploy/grafana is what this package makes, and nothing else is there
// that looks as if it were made.
func TestCommittedFilesAreWhatGoMakes(t *testing.T) {
	made := map[string]bool{}
	for _, f := range rendered(t) {
		made[f.Name] = true
		path := filepath.Join(deploy, filepath.FromSlash(f.Name))
		if *rewrite {
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, f.Text, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		got, err := os.ReadFile(path)
		if err != nil {
			t.Errorf("%v: run make grafana", err)
			continue
		}
		if d := cmp.Diff(string(f.Text), string(got)); d != "" {
			t.Errorf("%s differs; run make grafana and look at the change (-Go +file):\n%s", f.Name, d)
		}
	}
	for _, folder := range []string{"boards", "alerting"} {
		err := filepath.WalkDir(filepath.Join(deploy, folder), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			name, err := filepath.Rel(deploy, path)
			if !made[filepath.ToSlash(name)] {
				t.Errorf("%s is not made from Go", name)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
}

// The same program makes the same bytes, map after map.
func TestRenderingIsSteady(t *testing.T) {
	first := rendered(t)
	for range 5 {
		for i, f := range rendered(t) {
			if d := cmp.Diff(string(first[i].Text), string(f.Text)); d != "" {
				t.Fatalf("%s differs from one time to the next:\n%s", f.Name, d)
			}
		}
	}
}

// cyrillic tells whether a text has a letter of Russian or Kazakh.
func cyrillic(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return 'Ѐ' <= r && r <= 'ӿ' })
}
