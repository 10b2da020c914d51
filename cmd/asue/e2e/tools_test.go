package e2e

import (
	"asue/metering"
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"
)

// tool is a program that setup installs. Without it the test fails: what is
// skipped is not shown to work.
func tool(t *testing.T, path string) string {
	t.Helper()
	if _, err := os.Stat(path); err != nil {
		t.Fatalf("%v: run make setup", err)
	}
	return path
}

// runTool runs a foreign program to its end and returns what it printed. It
// fails the test unless the program ends well.
func runTool(t *testing.T, within time.Duration, path string, args ...string) string {
	t.Helper()
	out, err := tryTool(t, within, path, args...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func tryTool(t *testing.T, within time.Duration, path string, args ...string) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), within)
	defer cancel()
	var out bytes.Buffer
	cmd := exec.CommandContext(ctx, tool(t, path), args...)
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil {
		return out.String(), fmt.Errorf("%s %s: %w: %s", path, strings.Join(args, " "), err, tail(out.String(), 10))
	}
	return out.String(), nil
}

// metric is the sum of the values of a metric whose labels contain all of the
// given words, like `class="billing"`; found is false if there is none.
func metric(t *testing.T, base, name string, labels ...string) (sum float64, found bool) {
	t.Helper()
	text, err := fetch(base + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
lines:
	for line := range strings.Lines(text) {
		rest, ok := strings.CutPrefix(strings.TrimSpace(line), name)
		if !ok || rest == "" || rest[0] != ' ' && rest[0] != '{' {
			continue
		}
		for _, label := range labels {
			if !strings.Contains(rest, label) {
				continue lines
			}
		}
		value, err := strconv.ParseFloat(rest[strings.LastIndexByte(rest, ' ')+1:], 64)
		if err != nil {
			t.Fatalf("metric %q: %v", line, err)
		}
		sum, found = sum+value, true
	}
	return sum, found
}

// pagePoint is the part of /api/v1/points that these tests look at.
type pagePoint struct {
	ID, Meter, Medium, Freshness, Quality, Reason string
	PowerW                                        *int64 `json:"power_w"`
}

// points are the points that have a power, by the meters that stand there.

func points(t *testing.T, base string) map[string]pagePoint {
	t.Helper()
	var list struct{ Points []pagePoint }
	getJSON(t, base+"/api/v1/points", &list)
	byMeter := map[string]pagePoint{}
	for _, p := range list.Points {
		if p.Meter != "" && p.Medium == string(metering.Electricity) {
			byMeter[p.Meter] = p
		}
	}
	return byMeter
}

type overview struct {
	PowerW *int64 `json:"power_w"`
	Meters struct{ Fresh, Suspect, Stale, Silent, Total int }
}

// children are the ids of a process's children.
func children(t *testing.T, pid int) []int {
	t.Helper()
	tasks, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", pid))
	if err != nil {
		t.Fatal(err)
	}
	var all []int
	for _, task := range tasks {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%s/children", pid, task.Name()))
		if err != nil {
			continue // the thread has ended
		}
		for field := range strings.FieldsSeq(string(text)) {
			id, err := strconv.Atoi(field)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, id)
		}
	}
	return all
}
