package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"asue/cmd/internal/cli"
	"asue/examples/aktobe"
	"asue/metering/form"
)

// checked runs `asue check` and returns what it prints, and whether it refuses.
func checked(t *testing.T, args ...string) (out string, refuses bool) {
	t.Helper()
	var text bytes.Buffer
	cmd := newCheck()
	cmd.SetArgs(args)
	cmd.SetOut(&text)
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	err := cmd.Execute()
	var u *cli.UsageError
	if err != nil && (!errors.As(err, &u) || u.Error() != "") {
		t.Fatalf("asue check %q: %v", args, err)
	}
	return text.String(), err != nil
}

// inFolder writes files, name and content in turn, into a folder of the test.
func inFolder(t *testing.T, files ...string) string {
	t.Helper()
	dir := t.TempDir()
	for i := 0; i < len(files); i += 2 {
		if err := os.WriteFile(filepath.Join(dir, files[i]), []byte(files[i+1]), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestCheckTellsKinds(t *testing.T) {
	zone, err := os.ReadFile("testdata/zone.yaml")
	if err != nil {
		t.Fatal(err)
	}
	cases := map[string]string{
		string(aktobe.Site()): kindSite,
		string(zone):          kindSite,
		"":                    kindSite,
		"site: {id: x}\n":     kindSite,
		"site:\n  id: x\n":    kindSite,
		"site: # the zone\n  id: x\nversion: 1\n":  kindSite,
		"site: site.yaml\n":                        kindProcess,
		"site: \"site.yaml\" # where the plant is": kindProcess,
		"data: x\nhttp: none\n":                    kindProcess,
		"colector:\nhttp: none\nsite: s.yaml":      kindProcess,
		"site: s.yaml\nlines: {}\nbroker: {}\n":    kindProcess, // lines at the wrong place
		"nodes: []\nmeters: []\ndata: x\n":         kindSite,    // data at the wrong place
	}
	for text, want := range cases {
		if got := kindOf([]byte(text)); got != want {
			t.Errorf("kind of %.60q is %q, want %q", text, got, want)
		}
	}
}

// TestCheckGoesOn: a file that cannot be read, and one that is broken, do not
// keep the others from being checked.
func TestCheckGoesOn(t *testing.T) {
	dir := inFolder(t,
		"site.yaml", string(aktobe.Site()),
		"broken.yaml", "version: 2\nsite: {id: x}\nnodes: []\n")
	missing, broken, good := filepath.Join(dir, "missing.yaml"), filepath.Join(dir, "broken.yaml"), filepath.Join(dir, "site.yaml")
	out, refuses := checked(t, missing, broken, good)
	if !refuses {
		t.Error("the files are not refused")
	}
	for _, words := range []string{
		"missing.yaml: error: the file cannot be read: no such file", "missing.yaml: unreadable file: 1 error",
		"broken.yaml:1:", "fix: ", "site.yaml: site file: 0 errors, 0 warnings",
		"site.yaml: network: 12 buses, 3 lines, 2 transformers, 6 switches; figures: 0 measured, 4 from passports and documents, ",
	} {
		if !strings.Contains(out, words) {
			t.Errorf("not said: %q:\n%s", words, out)
		}
	}
	out, _ = checked(t, "--json", missing, broken, good)
	var reports []checkReport
	if err := json.Unmarshal([]byte(out), &reports); err != nil || len(reports) != 3 {
		t.Fatalf("%d reports, %v:\n%s", len(reports), err, out)
	}
	if reports[0].Kind != kindUnreadable || reports[0].Errors != 1 || reports[1].Errors < 2 || reports[2].Errors != 0 || reports[2].Faults == nil {
		t.Errorf("reports: %+v", reports)
	}
	if n := reports[2].Network; reports[1].Network != nil || n == nil || n.Lines != 3 || n.Measured != 0 || n.Assumed <= n.Passport || n.Unsaid != 0 {
		t.Errorf("the network: %+v", n)
	}
	if f := reports[1].Faults[0]; f.Line == 0 || f.Code == "" || f.What == "" || f.Why == "" || f.Remedy == "" || f.Severity != "error" {
		t.Errorf("a fault without its place, rule or remedy: %+v", f)
	}
	if out, refuses := checked(t, "--quiet", good); refuses || strings.Contains(out, "site file: 0 errors") {
		t.Errorf("a good file, quietly: %q", out)
	}
	if out, refuses := checked(t, dir); refuses || !strings.Contains(out, "site.yaml: site file: 0 errors") {
		t.Errorf("a folder stands for its files: %q", out)
	}
}

// TestCheckHoldsFilesAgainstEachOther: what `asue run` would refuse, check tells.
func TestCheckHoldsFilesAgainstEachOther(t *testing.T) {
	zone, err := os.ReadFile("testdata/zone.yaml")
	if err != nil {
		t.Fatal(err)
	}
	const process = "site: site.yaml\ncollector:\n  lines: {nowhere: \"tcp://127.0.0.1:502\"}\n"
	dir := inFolder(t, "site.yaml", string(zone), "asue.yaml", process)
	out, refuses := checked(t, filepath.Join(dir, "asue.yaml"))
	if !refuses || !strings.Contains(out, "unknown-line") || !strings.Contains(out, "line-without-address") || !strings.Contains(out, "asue.yaml:3:") {
		t.Errorf("a line that the site does not know:\n%s", out)
	}

	dir = inFolder(t, "asue.yaml", process)
	out, refuses = checked(t, filepath.Join(dir, "asue.yaml"))
	if !refuses || !strings.Contains(out, "asue.yaml:1:7: error: site: the site file cannot be read: no such file") {
		t.Errorf("no site file:\n%s", out)
	}

	dir = inFolder(t, "asue.yaml", process, "site.yaml", "version: 1\n")
	alone, refuses := checked(t, filepath.Join(dir, "asue.yaml"))
	if !refuses || !strings.Contains(alone, "faulty-site") || !strings.Contains(alone, "asue check "+filepath.Join(dir, "site.yaml")) {
		t.Errorf("a faulty site file:\n%s", alone)
	}
	both, refuses := checked(t, filepath.Join(dir, "asue.yaml"), filepath.Join(dir, "site.yaml"))
	if !refuses || strings.Contains(both, "faulty-site") || !strings.Contains(both, "site.yaml: site file:") {
		t.Errorf("a faulty site file that is checked itself:\n%s", both)
	}
}

func TestCheckReadsNoEndlessFile(t *testing.T) {
	src, err := cli.ReadInput("/dev/zero")
	if err != nil || len(src) != form.MaxBytes+1 {
		t.Fatalf("%d bytes of /dev/zero, %v", len(src), err)
	}
	if out, refuses := checked(t, "/dev/zero"); !refuses || out == "" {
		t.Errorf("/dev/zero is taken for a file: %q", out)
	}
}

func TestCheckSchemas(t *testing.T) {
	for args, key := range map[string]string{"--schema": "residents", "--schema=site": "residents", "--schema=process": "collector"} {
		out, refuses := checked(t, args)
		var schema struct{ Properties map[string]any }
		if err := json.Unmarshal([]byte(out), &schema); err != nil || refuses || schema.Properties[key] == nil {
			t.Errorf("asue check %s: %v: %v", args, err, schema.Properties)
		}
	}
	cmd := newCheck()
	cmd.SetArgs([]string{"--schema=plant"})
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	wantError(t, cmd.Execute(), "--schema=plant", "--schema=site", "--schema=process")
}
