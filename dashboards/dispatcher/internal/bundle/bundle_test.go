package bundle_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"asue/dashboards/dispatcher/internal/bundle"
)

const dispatcher = "../.."

func TestCommittedBundleIsWhatTheSourcesGive(t *testing.T) {
	built, err := bundle.Build(filepath.Join(dispatcher, "web"))
	if err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(filepath.Join(dispatcher, "dist"))
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != len(built) {
		t.Errorf("dist has %d files, the sources give %d", len(entries), len(built))
	}
	for name, want := range built {
		got, err := os.ReadFile(filepath.Join(dispatcher, "dist", name))
		if err != nil {
			t.Error(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("dist/%s is stale: run `go run ./dashboards/dispatcher/webbuild` and commit dist", name)
		}
	}
}

// What opening the page costs, and what it costs with the largest of the parts that
// are loaded when one of their views is opened. Nobody waits for all of them at once,
// nor for all languages of the one that has a file for each.
func TestPageStaysLight(t *testing.T) {
	first := zipped(t, "index.html", "app.js", "chunk.js", "app.css")
	largest := max(zipped(t, "metering.js"), zipped(t, "control.js"), zipped(t, "network.js"), zipped(t, "capacity.js", "capacity.kk.js"), zipped(t, "door.js"), zipped(t, "alarms.js"), zipped(t, "log.js"), zipped(t, "reports.js"), zipped(t, "trend.js"), zipped(t, "help.js"), zipped(t, "system.js"))
	most := first + zipped(t, "views.css") + largest
	fmt.Printf("BENCH page_first_gzip %d bytes\nBENCH page_bundle_gzip %d bytes\n", first, most)
	shift := first + zipped(t, "views.css") + zipped(t, "network.js") + zipped(t, "trend.js") + zipped(t, "alarms.js")
	fmt.Printf("BENCH page_shift_gzip %d bytes\n", shift)
	if shift > 110<<10 {
		t.Errorf("the page of the shift with all its parts takes %d bytes compressed, more than 110 KiB", shift)
	}
	if first > 60<<10 {
		t.Errorf("the first view takes %d bytes compressed, more than 60 KiB: load what it does not need later", first)
	}
	if most > 100<<10 {
		t.Errorf("the first view and the largest part that is loaded on demand take %d bytes compressed, more than 100 KiB", most)
	}
}

// What the page of residents costs a phone, in all.
func TestOwnPageStaysLight(t *testing.T) {
	all := zipped(t, "own.html", "own.js", "own.css")
	fmt.Printf("BENCH page_own_gzip %d bytes\n", all)
	if all > 40<<10 {
		t.Errorf("the page of residents takes %d bytes compressed, more than 40 KiB", all)
	}
}

// The page of residents has a style sheet of its own, in the colours of the other page.
func TestOwnPageWearsTheSameColours(t *testing.T) {
	colours := func(name string) string {
		b, err := os.ReadFile(filepath.Join(dispatcher, "web", "src", name))
		if err != nil {
			t.Fatal(err)
		}
		text := string(b)
		begin, end := strings.Index(text, ":root {"), strings.Index(text, "* { box-sizing")
		if begin < 0 || end < begin {
			t.Fatalf("%s does not begin with its colours", name)
		}
		return text[begin:end]
	}
	if colours("app.css") != colours("own/own.css") {
		t.Error("own.css has other colours than app.css: copy what stands before its first rule")
	}
}

// zipped is the size of files as they are sent.
func zipped(t *testing.T, names ...string) int {
	t.Helper()
	var sent bytes.Buffer
	for _, name := range names {
		b, err := os.ReadFile(filepath.Join(dispatcher, "dist", name))
		if err != nil {
			t.Fatal(err)
		}
		w, _ := gzip.NewWriterLevel(&sent, gzip.BestCompression)
		w.Write(b)
		w.Close()
	}
	return sent.Len()
}

func TestVendoredFilesAreUntouched(t *testing.T) {
	dir := filepath.Join(dispatcher, "web", "vendor")
	list, err := os.Open(filepath.Join(dir, "SHA256SUMS"))
	if err != nil {
		t.Fatal(err)
	}
	defer list.Close()
	listed := map[string]bool{}
	for lines := bufio.NewScanner(list); lines.Scan(); {
		sum, name, _ := strings.Cut(lines.Text(), "  ")
		listed[name] = true
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Error(err)
			continue
		}
		if got := sha256.Sum256(b); hex.EncodeToString(got[:]) != sum {
			t.Errorf("%s is not the published file that SHA256SUMS names", name)
		}
	}
	err = fs.WalkDir(os.DirFS(dir), ".", func(path string, e fs.DirEntry, err error) error {
		if strings.Contains(path, "/") && !listed[path] {
			t.Errorf("%s is not in SHA256SUMS", path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestFaultsOfTheSourcesAreTold(t *testing.T) {
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join(dispatcher, "web", "src"))); err != nil {
		t.Fatal(err)
	}
	_, err := bundle.Build(dir)
	if err == nil {
		t.Fatal("a folder without index.html was built")
	}
	for _, name := range []string{"index.html", "own.html", "favicon.svg"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, err = bundle.Build(dir); err == nil || !strings.Contains(err.Error(), "src/main.tsx") {
		t.Errorf("error %v does not name the missing source", err)
	}
}
