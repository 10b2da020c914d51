package actmap

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"asue/metering"

	"github.com/google/go-cmp/cmp"
)

var rewrite = flag.Bool("rewrite", false, "write the expected output of the cases anew")

func TestBuiltInModels(t *testing.T) {
	library, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"advantech-adam-6060", "asue-breaker", "asue-relay8", "asue-setpoint"}, library.IDs()); diff != "" {
		t.Error(diff)
	}
	for _, id := range library.IDs() {
		m, _ := library.Model(id)
		if len(m.Sources) == 0 || len(m.Devices) == 0 || len(m.Places()) == 0 {
			t.Errorf("%s: %+v", id, m)
		}
	}
	relay, _ := library.Model("asue-relay8")
	if relay.Command.At(8) != 7 || relay.Power.At(8) != 14 || relay.Local.At(1) != 8 || relay.Kind != metering.ActuatorRelay || relay.Channels != 8 {
		t.Errorf("%+v", relay)
	}
}

// TestFaults runs the cases of testdata/faults: a model file, a line of four dashes,
// and what is said about it.
func TestFaults(t *testing.T) {
	paths, err := filepath.Glob("testdata/faults/*.txt")
	if err != nil || len(paths) < 8 {
		t.Fatalf("%d cases, %v", len(paths), err)
	}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		input, want, _ := strings.Cut(string(text), "----\n")
		m, faults := Parse("case.yaml", []byte(input))
		got := faults.String()
		if (m == nil) != (faults.Err() != nil) {
			t.Errorf("%s: a model and errors", path)
		}
		if *rewrite {
			if err := os.WriteFile(path, []byte(input+"----\n"+got), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got)\n%s", path, diff)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, pattern := range []string{"models/*.yaml", "testdata/faults/*.txt"} {
		paths, _ := filepath.Glob(pattern)
		for _, path := range paths {
			text, err := os.ReadFile(path)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(text)
		}
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		m, faults := Parse("case.yaml", src)
		if (m == nil) != (faults.Err() != nil) {
			t.Fatal("a model and errors, or neither")
		}
		if m == nil {
			return
		}
		for _, p := range m.Places() {
			if p.Count < 1 || int(p.At(m.Channels))+p.Type.Words() > 1<<16 {
				t.Fatalf("%+v", p)
			}
		}
	})
}
