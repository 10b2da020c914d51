package regmap_test

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"asue/collector/regmap"
)

// TestCounters asks registers what they can tell; testdata/counters.txt is to be
// read by people. A question is "step REGISTER at kWh" or "wrap REGISTER at MW".
func TestCounters(t *testing.T) {
	const file = "testdata/counters.txt"
	src, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	answered := false
	for line := range strings.Lines(string(src)) {
		switch {
		case strings.HasPrefix(line, "step ") || strings.HasPrefix(line, "wrap "):
			answered = false
			out.WriteString(line + "----\n" + ask(t, strings.TrimSpace(line)) + "\n")
		case line == "----\n":
			answered = true
		case answered && line != "\n":
		default:
			answered = false
			out.WriteString(line)
		}
	}
	if diff := cmp.Diff(string(src), out.String()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func ask(t *testing.T, question string) string {
	t.Helper()
	left, at, _ := strings.Cut(question, " at ")
	verb, flow, _ := strings.Cut(left, " ")
	model, faults := regmap.Parse("counter.yaml", []byte("id: counter\nrevision: 1\nvendor: V\ndevices: [D]\nsources: [manual]\nregisters:\n  - {name: ea_imp, addr: 0, "+strings.TrimPrefix(flow, "{")+"\n"))
	if err := faults.Err(); err != nil {
		t.Fatalf("%s: %v", question, err)
	}
	r := &model.Registers[0]
	number, err := strconv.ParseFloat(strings.TrimSuffix(at, "MW"), 64)
	if err != nil {
		t.Fatalf("%s: %v", question, err)
	}
	if verb == "step" {
		milli := r.Resolution(int64(number * 1e6 / float64(r.Step)))
		return strconv.FormatFloat(float64(milli)/1000, 'f', -1, 64) + " Wh"
	}
	wh := float64(r.Modulus) * float64(r.Step) / 1000
	return fmt.Sprintf("%.3g days", wh/(number*1e6)/24)
}
