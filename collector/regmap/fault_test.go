package regmap_test

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"asue/collector/regmap"
	"asue/metering"
)

var rewrite = flag.Bool("rewrite", false, "write what is told now as what is to be told")

// Each file of testdata/faults is a model file with mistakes, a line ----, and
// what a person is told about them.
func TestFaults(t *testing.T) {
	files, err := filepath.Glob("testdata/faults/*.txt")
	if err != nil || len(files) < 10 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, name := range files {
		t.Run(filepath.Base(name), func(t *testing.T) {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			input, want, ok := strings.Cut(string(text), "\n----\n")
			if !ok {
				t.Fatal("no line ---- between the input and what is told")
			}
			_, faults := regmap.Parse("meter.yaml", []byte(input))
			got := strings.TrimSpace(faults.String())
			if *rewrite {
				if err := os.WriteFile(name, []byte(input+"\n----\n"+got+"\n"), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if len(faults) == 0 || got != strings.TrimSpace(want) {
				t.Errorf("told:\n%s\nwant:\n%s", got, want)
			}
		})
	}
}

const soundModel = `id: good
revision: 1
vendor: V
devices: [D]
sources: [S]
registers:
  - {name: p, addr: 1, type: f32, unit: W}
`

// All mistakes of all files are told at once, and a broken file does not stop
// the others.
func TestFaultsOfAllFiles(t *testing.T) {
	dir := fstest.MapFS{
		"good.yaml":  {Data: []byte(soundModel)},
		"bad1.yaml":  {Data: []byte(strings.Replace(soundModel, "unit: W", "unit: V", 1))},
		"bad2.yaml":  {Data: []byte("a: [1, 2")},
		"README.txt": {Data: []byte("no model")},
	}
	lib, err := regmap.LoadFS(dir)
	var faults regmap.Faults
	if !errors.As(err, &faults) || len(faults) != 3 {
		t.Fatalf("error %v", err)
	}
	for _, want := range []string{"bad1.yaml:1:5: error: id", "bad1.yaml:7:41: error: registers[0].unit", "bad2.yaml:"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not told:\n%v", want, err)
		}
	}
	if _, ok := lib.Model("good"); !ok || len(lib.IDs()) != 1 {
		t.Errorf("models %v", lib.IDs())
	}
}

// FuzzParse: no file makes the reader panic, and what it accepts can be planned.
func FuzzParse(f *testing.F) {
	f.Add([]byte(soundModel))
	f.Add([]byte(strings.Replace(everything, "id: everything", "id: good", 1)))
	f.Add([]byte(strings.Replace(sunSpecEverything, "id: everything", "id: good", 1)))
	for _, pattern := range []string{"models/*.yaml", "testdata/faults/*.txt"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			f.Fatalf("%s: %v", pattern, err)
		}
		for _, name := range files {
			src, err := os.ReadFile(name)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(src)
		}
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		m, faults := regmap.Parse("good.yaml", src)
		if (m == nil) != (faults.Err() != nil) {
			t.Fatalf("model %v beside %v", m, faults)
		}
		if m == nil {
			return
		}
		all := append(regmap.Groups(), regmap.Profile)
		plans := [][]regmap.Block{m.Plan(all...), m.PlanFor(regmap.SerialCost(9600, true), all...), m.PlanFor(regmap.TCPCost(), all...)}
		for _, b := range slices.Concat(plans...) {
			if len(b.Split()) == 0 || int(b.Count) > m.MaxRegisters || b.Count == 0 {
				t.Fatalf("block %v of at most %d", b, m.MaxRegisters)
			}
			if _, err := regmap.Decode(b, make([]uint16, b.Count), metering.Direct, metering.Direct); err != nil {
				t.Fatal(err)
			}
			if _, err := regmap.Raw(b, make([]uint16, b.Count)); err != nil {
				t.Fatal(err)
			}
		}
		m.Marker()
		if a := m.Archive; a != nil {
			if b, ok := m.NewestBlock(); !ok || b.Count == 0 {
				t.Fatalf("newest: %v", b)
			}
			for _, k := range []int{0, a.Records - 1} {
				if b := a.Block(k); int(b.Address)+int(b.Count) > 65536 {
					t.Fatalf("record %d: %v", k, b)
				}
			}
			if _, _, err := a.Decode(make([]uint16, a.Words), metering.Direct, metering.Direct); err != nil {
				t.Fatal(err)
			}
		}
	})
}
