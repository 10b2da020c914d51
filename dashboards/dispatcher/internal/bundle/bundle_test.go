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

// What opening the page costs; what it costs with the largest of the parts that are
// loaded when one of their views is opened, as nobody waits for all of them at once;
// and what the page of the shift costs with all that stands on it.
func TestPageStaysLight(t *testing.T) {
	// part is what one costs, in the language that has the most to say.
	part := func(name string, catalogues ...string) int {
		most := 0
		for _, lang := range []string{"ru", "kk", "en"} {
			sum := 0
			for _, c := range catalogues {
				sum += zipped(t, c+"."+lang+".json")
			}
			most = max(most, sum)
		}
		if name == "capacity" {
			most += zipped(t, name+".css")
		}
		return most + zipped(t, name+".js")
	}
	first := zipped(t, "index.html", "chunk.js", "app.css") + part("app", "page")
	network, alarms, trend := part("network", "network"), part("alarms", "alarms"), part("trend")
	largest := max(network, alarms, trend, part("metering", "metering", "residents"), part("log", "log", "control"))
	for _, name := range []string{"control", "capacity", "door", "reports", "help", "system"} {
		largest = max(largest, part(name, name))
	}
	beside := zipped(t, "views.css") + part("stream", "said")
	most, shift := first+beside+largest, first+beside+network+alarms+trend
	fmt.Printf("BENCH page_first_gzip %d bytes\nBENCH page_bundle_gzip %d bytes\nBENCH page_shift_gzip %d bytes\n", first, most, shift)
	if shift > 100<<10 {
		t.Errorf("the page of the shift with all its parts takes %d bytes compressed, more than 100 KiB", shift)
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
