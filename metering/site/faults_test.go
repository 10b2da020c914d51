package site_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	_ "time/tzdata"

	"asue/metering"
	"asue/metering/site"

	"github.com/google/go-cmp/cmp"
)

var rewrite = flag.Bool("rewrite", false, "write the expected output of the cases anew")

var models = []string{"alpha", "beta"}

// around is what the cases are held against: models of which nothing but the id is
// known, one that counts energy, one that counts pulses, and some parameters.
var around = site.Options{
	Models: []site.Model{
		{ID: "alpha"}, {ID: "beta"}, {ID: "gamma", Channels: metering.Channels()},
		{ID: "pulses", Channels: metering.AllChannels()[4:], Pulses: true},
	},
	Parameters: []site.Parameter{
		{Name: "spike", Unit: "1", Least: 0, Most: 100}, {Name: "floor", Unit: "W", Least: 0, Most: 1e9},
		{Name: "zero_run", Unit: "s", Least: 0, Most: 86400 * 366}, {Name: "quantum", Unit: "Wh", Least: 1, Most: 1e6},
		{Name: "history", Unit: "s", Least: 86400, Most: 86400 * 366}, {Name: "least", Unit: "L", Least: 0, Most: 1e6},
		{Name: "phase_sum", Unit: "‰", Least: 1, Most: 1000},
	},
	Rules: []string{"spike", "jump", "zero"},
	ActuatorModels: []site.ActuatorModel{
		{ID: "set", Kind: metering.ActuatorSetpoint, Channels: 1}, {ID: "eight", Kind: metering.ActuatorRelay, Channels: 8},
		{ID: "brk", Kind: metering.ActuatorBreaker, Channels: 1},
	},
}

// TestFaults runs the stories of testdata/faults: a site file, a line of four
// dashes, and what Parse says about it. A file without errors ends with what was
// understood.
func TestFaults(t *testing.T) {
	paths, err := filepath.Glob("testdata/faults/*.txt")
	if err != nil || len(paths) < 100 {
		t.Fatalf("%d cases, %v", len(paths), err)
	}
	codes := map[string]bool{}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txt"), func(t *testing.T) {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			input, want, ok := strings.Cut(string(text), "----\n")
			if !ok {
				t.Fatal("no line of four dashes")
			}
			s, faults := around.Parse("site.yaml", []byte(input))
			for _, f := range faults {
				codes[f.Code] = true
			}
			got := faults.String() + summary(s)
			if *rewrite {
				if err := os.WriteFile(path, []byte(input+"----\n"+got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
	if len(codes) < 75 {
		t.Errorf("the cases show %d kinds of fault only", len(codes))
	}
}

// summary is what was understood of a file.
func summary(s *metering.Site) string {
	if s == nil {
		return "refused\n"
	}
	feeding, _ := s.Feeding()
	text := fmt.Sprintf("taken: %s, fed by %s (%v), %d nodes, %d residents, %d points, %d meters",
		s.ID, feeding.ID, feeding.Contract, len(s.Topology.Nodes), len(s.Residents), len(s.Points), len(s.Meters))
	if len(s.Actuators)+len(s.Limits) > 0 {
		text += fmt.Sprintf(", %d actuators, %d limits", len(s.Actuators), len(s.Limits))
	}
	if n := s.Network; !n.IsZero() {
		text += fmt.Sprintf(", a network of %d feeds, %d lines, %d transformers, %d switches, %d transfers, %d scenarios",
			len(n.Feeds), len(n.Lines), len(n.Transformers), len(n.Switches), len(n.Transfers), len(n.Scenarios))
	}
	return text + "\n"
}
