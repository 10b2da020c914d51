package main

import (
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"asue/cmd/internal/cli"
	"asue/collector/regmap"
)

// The commands of a newcomer's first minutes: the zone just seen is written as a folder,
// checked, spoiled, and told line, column and field of what was spoiled.
func TestAFolderOfASiteIsWrittenCheckedAndSpoiled(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "zone")
	if err := writeConfig(io.Discard, dir, false); err != nil {
		t.Fatal(err)
	}
	out, refused := checked(t, dir)
	for _, want := range []string{"asue.yaml: process file: 0 errors", "site.yaml: site file: 0 errors"} {
		if refused || !strings.Contains(out, want) {
			t.Fatalf("refused: %v, want %q in\n%s", refused, want, out)
		}
	}

	file := filepath.Join(dir, "site.yaml")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(text), "\n")
	broken := 0
	for i, line := range lines {
		if strings.Contains(line, "contract: 29.7 MW") {
			lines[i], broken = strings.Replace(line, "29.7 MW", "29.7 megawatts", 1), i+1
			break
		}
	}
	if err := os.WriteFile(file, []byte(strings.Join(lines, "\n")), 0o600); err != nil || broken == 0 {
		t.Fatal(err, broken)
	}
	out, refused = checked(t, dir)
	place := regexp.MustCompile(`site\.yaml:(\d+):\d+: error: sources\[0\]\.contract: \S`).FindStringSubmatch(out)
	if !refused || place == nil || place[1] != strconv.Itoa(broken) {
		t.Errorf("refused: %v; line %d is not named in\n%s", refused, broken, out)
	}
}

// A folder stands for the process file in it wherever --config does.
func TestAFolderStandsForItsProcessFile(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "zone")
	if err := writeConfig(io.Discard, dir, false); err != nil {
		t.Fatal(err)
	}
	if code := execute(t.Context(), []string{"explain", "-c", dir}); code != 0 {
		t.Errorf("asue explain -c %s ends with %d", dir, code)
	}
	if code := execute(t.Context(), []string{"check-config", dir}); code != 0 {
		t.Errorf("asue check-config %s ends with %d", dir, code)
	}
	if code := execute(t.Context(), []string{"check-config", t.TempDir()}); code != cli.ExitUsage {
		t.Errorf("an empty folder: %d, want %d", code, cli.ExitUsage)
	}
}

func TestProbeAddress(t *testing.T) {
	f := func(s, line string, unit int) {
		t.Helper()
		if l, u, err := probeAddress(s); err != nil || l != line || u != unit {
			t.Errorf("%s: %q, %d, %v; want %q, %d", s, l, u, err, line, unit)
		}
	}
	f("modbus://10.0.0.5:502/1", "tcp://10.0.0.5:502", 1)
	f("modbus://10.0.0.5:502/247", "tcp://10.0.0.5:502", 247)
	f("modbus://10.0.0.5:502", "tcp://10.0.0.5:502", 0)
	f("modbus://10.0.0.5:502/", "tcp://10.0.0.5:502", 0)
	f("modbus://[fe80::1]:502/3", "tcp://[fe80::1]:502", 3)
	f("modbus://10.0.0.5:502/3?baud=9600", "tcp://10.0.0.5:502?baud=9600", 3)
	f("rtu:///dev/ttyUSB0", "rtu:///dev/ttyUSB0", 0)
	for _, s := range []string{"modbus://h:502/0", "modbus://h:502/248", "modbus://h:502/x", "modbus://h:502/1/2", "modbus://h:502/-1"} {
		if l, u, err := probeAddress(s); err == nil {
			t.Errorf("%s: %q, %d; want a refusal", s, l, u)
		}
	}
}

// The demo says at its start how much there is to see.
func TestTheDemoSaysHowMuchThereIs(t *testing.T) {
	library, err := regmap.Load()
	if err != nil {
		t.Fatal(err)
	}
	plant, err := cli.ReadSite("", library)
	if err != nil {
		t.Fatal(err)
	}
	f := func(d demoWorld, want string) {
		t.Helper()
		if got := d.extent(plant); !strings.HasSuffix(got, want) || !strings.Contains(got, "28 residents, ") || !strings.Contains(got, " of them at work, ") || !strings.Contains(got, " meters (") {
			t.Errorf("%q, want the end %q", got, want)
		}
	}
	f(demoWorld{days: 30, year: true}, ", 30 days of history and a year and a half of intervals")
	f(demoWorld{days: 1}, ", 1 day of history")
}
