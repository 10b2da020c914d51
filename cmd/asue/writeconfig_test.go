package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"asue/cmd/internal/settings"
	"asue/collector/regmap"
	"asue/metering/site"
	"asue/simulator"
	"asue/simulator/modbusd"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// writeZone writes the pair of files into a folder that is not there yet.
func writeZone(t *testing.T) (dir, said string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "some", "zone")
	var out strings.Builder
	if err := writeConfig(&out, dir, false); err != nil {
		t.Fatal(err)
	}
	return dir, out.String()
}

// TestWrittenFilesHoldTogether: the pair has no faults, and a collector started
// from it polls every line of meters where the simulator serves it.
func TestWrittenFilesHoldTogether(t *testing.T) {
	dir, said := writeZone(t)
	library, err := regmap.Load()
	if err != nil {
		t.Fatal(err)
	}
	plant, faults := site.Parse("site.yaml", readFile(t, dir, "site.yaml"), library.IDs())
	if faults.Err() != nil || faults.Count(site.Warning) > 0 {
		t.Fatal(faults.String())
	}
	cfg, faults := settings.Parse("asue.yaml", readFile(t, dir, "asue.yaml"))
	if faults = append(faults, cfg.CheckAgainst(plant)...); len(faults) > 0 {
		t.Fatal(faults.String())
	}
	address, err := modbusd.Ports(plant, simulatorListen)
	if err != nil {
		t.Fatal(err)
	}
	served, meters := map[string]string{}, settings.MetersByLine(plant)
	for _, line := range simulator.Lines(plant) {
		if meters[line] > 0 {
			served[string(line)] = "tcp://" + address(line)
		}
	}
	polled := map[string]string{}
	for _, line := range cfg.Collector.Lines {
		polled[string(line.ID)] = line.URL
	}
	if diff := cmp.Diff(served, polled); diff != "" || len(served) < 7 {
		t.Errorf("(-served +polled)\n%s", diff)
	}
	if diff := cmp.Diff(site.Schema(), readFile(t, dir, "site.schema.json")); diff != "" {
		t.Error(diff)
	}
	for _, word := range []string{"asue simulator --site " + filepath.Join(dir, "site.yaml") + " --listen 127.0.0.1:5020", "asue run -c " + filepath.Join(dir, "asue.yaml"), "asue.schema.json"} {
		if !strings.Contains(said, word) {
			t.Errorf("%q is not said in\n%s", word, said)
		}
	}
}

// TestWrittenCommentsAreTrue: with the comments taken away where the example
// shows a default, the file means the same; and each other commented key is one
// that the program knows.
func TestWrittenCommentsAreTrue(t *testing.T) {
	dir, _ := writeZone(t)
	text := string(readFile(t, dir, "asue.yaml"))
	plain, faults := settings.Parse("asue.yaml", []byte(text))
	if len(faults) > 0 {
		t.Fatal(faults.String())
	}
	want := settings.Default()
	want.Collector.Lines = plain.Collector.Lines
	if diff := cmp.Diff(want, plain, cmpopts.IgnoreUnexported(settings.Config{})); diff != "" {
		t.Errorf("the file is not the defaults (-want +got)\n%s", diff)
	}

	commented := regexp.MustCompile(`(?m)^( *)# ?( *[a-z_]+:( .*)?)$`)
	outside := regexp.MustCompile(`(?m)^.*(url:|user:|password_file:|query_url:|influxdb:|hosts:|ledger:|dsn:|schema:).*\n`)
	defaults, faults := settings.Parse("asue.yaml", []byte(commented.ReplaceAllString(outside.ReplaceAllString(text, ""), "$1$2")))
	if len(faults) > 0 {
		t.Fatal(faults.String())
	}
	if diff := cmp.Diff(want, defaults, cmpopts.IgnoreUnexported(settings.Config{})); diff != "" {
		t.Errorf("a comment shows another default (-want +got)\n%s", diff)
	}

	all := commented.ReplaceAllString(strings.Replace(text, "  listen: 127.0.0.1:1883\n", "", 1), "$1$2")
	other, faults := settings.Parse("asue.yaml", []byte(all))
	if faults.Err() != nil {
		t.Fatal(faults.String())
	}
	if other.Broker.URL == "" || other.Broker.PasswordFile == "" || other.Ledger.DSN == "" || other.Series.QueryURL == "" || len(other.Hosts) != 1 {
		t.Errorf("%+v", other)
	}
}

// TestWriteConfigOverwritesNothing: one file is there, so none is written, and
// what is there is named.
func TestWriteConfigOverwritesNothing(t *testing.T) {
	dir := t.TempDir()
	mine := filepath.Join(dir, "asue.yaml")
	if err := os.WriteFile(mine, []byte("mine\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	err := writeConfig(&out, dir, false)
	if err == nil || !strings.Contains(err.Error(), mine+": there already") || strings.Contains(err.Error(), "site.yaml") || out.Len() > 0 {
		t.Errorf("%v, said %q", err, out.String())
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 || string(readFile(t, dir, "asue.yaml")) != "mine\n" {
		t.Errorf("%v, %v", entries, err)
	}
	again, _ := writeZone(t)
	if err := writeConfig(&out, again, false); err == nil || strings.Count(err.Error(), again) != 4 {
		t.Errorf("all four are there: %v", err)
	}
}

// TestWriteConfigWhereItCannot: the folder is a file.
func TestWriteConfigWhereItCannot(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if err := writeConfig(&out, filepath.Join(file, "zone"), false); err == nil || !strings.Contains(err.Error(), "name a folder") || out.Len() > 0 {
		t.Errorf("%v, said %q", err, out.String())
	}
}

func TestQuoted(t *testing.T) {
	for word, want := range map[string]string{"zone/site.yaml": "zone/site.yaml", "my zone": "'my zone'", "it's": `'it'\''s'`} {
		if got := quoted(word); got != want {
			t.Errorf("%q is quoted %s", word, got)
		}
	}
}

func readFile(t *testing.T, dir, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return text
}
