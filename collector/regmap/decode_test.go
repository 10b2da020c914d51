package regmap_test

import (
	"encoding/binary"
	"math"
	"strings"
	"testing"

	"asue/collector/regmap"
	"asue/metering"
)

// A block of the wrong length says so and gives nothing.
func TestWrongNumberOfWords(t *testing.T) {
	m, _ := library(t).Model("eastron-sdm630")
	b := m.Plan(regmap.EnergyGroup)[0]
	for _, n := range []int{0, 7, 9} {
		kept := []metering.Reading{{Quantity: metering.Frequency}}
		got, err := regmap.AppendDecode(kept, b, make([]uint16, n), metering.Direct, metering.Direct)
		if err == nil || !strings.Contains(err.Error(), "words for 8 registers") || len(got) != 1 {
			t.Errorf("%d words: %v, %v", n, got, err)
		}
		if _, err := regmap.Raw(b, make([]uint16, n)); err == nil {
			t.Errorf("%d words were raw values", n)
		}
	}
	b.Registers = append(b.Registers, &regmap.Register{Name: "stray", Address: 500, Type: regmap.U16})
	if _, err := regmap.Decode(b, make([]uint16, 8), metering.Direct, metering.Direct); err == nil || !strings.Contains(err.Error(), "stray") {
		t.Errorf("a register outside the block: %v", err)
	}
}

// One block of a meter at work: readings in the block's order, each by its own rule.
func TestWholeBlock(t *testing.T) {
	m, _ := library(t).Model("socomec-diris-b30")
	b := m.Plan(regmap.EnergyGroup)[0]
	words := []uint16{0, 12, 3456, 0, 0, 0, 0xFFFF, 0xFFFF, 9999, 0, 1, 10000}
	readings, err := regmap.Decode(b, words, metering.Direct, metering.Direct)
	if err != nil {
		t.Fatal(err)
	}
	want := []struct {
		q     metering.Quantity
		raw   int64
		value float64
		qual  metering.Quality
	}{
		{metering.ActiveImport, 123456, 12345.6, metering.Good},
		{metering.ActiveExport, 0, 0, metering.Good},
		{metering.ReactiveImport, 42949672959999, 4294967295999.9, metering.Good},
		{metering.ReactiveExport, 0, 2000, metering.OutOfRange},
	}
	if len(readings) != len(want) {
		t.Fatalf("%d readings", len(readings))
	}
	for i, w := range want {
		r := readings[i]
		if r.Quantity != w.q || r.Count.Raw != w.raw || math.Abs(r.Value-w.value) > 1e-12*w.value || r.Quality != w.qual {
			t.Errorf("%+v, want %+v", r, w)
		}
	}
}

// FuzzDecode sends any words through every block of every model: no panic, one
// reading for each quantity, values finite, counts only where they are exact.
func FuzzDecode(f *testing.F) {
	lib := library(f)
	var blocks []regmap.Block
	for _, id := range lib.IDs() {
		m, _ := lib.Model(id)
		blocks = append(blocks, m.Plan(regmap.Groups()...)...)
		blocks = append(blocks, m.PlanFor(regmap.SerialCost(9600, true), append(regmap.Groups(), regmap.Profile)...)...)
		if m.Archive != nil {
			blocks = append(blocks, m.Archive.Block(0))
		}
	}
	f.Add(uint16(0), []byte{}, int64(600), int64(5))
	f.Add(uint16(3), []byte{0x7f, 0xc0, 0, 0, 0x80, 0, 0, 0, 0xff, 0xff, 0xff, 0xff}, int64(10000), int64(100))
	f.Add(uint16(40), []byte{0x7f, 0xef, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x43, 0x40}, int64(math.MaxInt64), int64(1))
	f.Add(uint16(11), []byte{0x00, 0x00, 0x27, 0x10, 0xbf, 0xc0}, int64(-1), int64(0))
	f.Fuzz(func(t *testing.T, which uint16, data []byte, primary, secondary int64) {
		b := blocks[int(which)%len(blocks)]
		words := make([]uint16, b.Count)
		for i := range words {
			if len(data) >= 2 { // short data is sent again and again
				at := 2 * i % (len(data) - 1)
				words[i] = binary.BigEndian.Uint16(data[at : at+2])
			}
		}
		ratio := metering.Ratio{Primary: primary, Secondary: secondary}
		readings, err := regmap.Decode(b, words, ratio, ratio)
		if err != nil {
			t.Fatal(err)
		}
		quantities := 0
		for _, r := range b.Registers {
			if r.Quantity == 0 {
				continue
			}
			got := readings[quantities]
			quantities++
			if got.Quantity != r.Quantity || math.IsNaN(got.Value) || math.IsInf(got.Value, 0) {
				t.Fatalf("%s: %+v", r.Name, got)
			}
			if (got.Quality == metering.Good) != (got.Reason == "") {
				t.Fatalf("%s: quality %v because of %q", r.Name, got.Quality, got.Reason)
			}
			if counted := got.Count.Step > 0; counted != (r.Counter() && got.Quality == metering.Good) || got.Count.Raw < 0 {
				t.Fatalf("%s: %+v", r.Name, got)
			}
		}
		if quantities != len(readings) {
			t.Fatalf("%d readings of %d quantities", len(readings), quantities)
		}
		values, err := regmap.Raw(b, words)
		if err != nil || len(values) != len(b.Registers)-quantities {
			t.Fatalf("raw values %v, %v", values, err)
		}
		for name, v := range values {
			if math.IsNaN(v.Number) || math.IsInf(v.Number, 0) {
				t.Fatalf("%s: %+v", name, v)
			}
		}
		regmap.Ratios(values)
	})
}

// FuzzIdentify: whatever a meter says of itself, something can be made of it.
func FuzzIdentify(f *testing.F) {
	lib := library(f)
	f.Add([]byte{0xff}, uint8(0))
	f.Add([]byte{0x01, 0x4c, 0, 1}, uint8(5))
	f.Fuzz(func(t *testing.T, data []byte, which uint8) {
		m, _ := lib.Model(lib.IDs()[int(which)%len(lib.IDs())])
		gathered := m.Identification()
		for _, b := range m.Plan(regmap.Ident) {
			words := make([]uint16, b.Count)
			for i := range words {
				if len(data) > 0 {
					words[i] = uint16(data[2*i%len(data)])<<8 | uint16(data[(2*i+1)%len(data)])
				}
			}
			if err := gathered.Add(b, words); err != nil {
				t.Fatal(err)
			}
		}
		id := gathered.Identity()
		if y := id.Clock.Year(); !id.Clock.IsZero() && (y < 1970 || y > 9999) {
			t.Fatalf("clock %v", id.Clock)
		}
		for _, r := range []metering.Ratio{id.CT, id.VT} {
			if n, d := r.Factor(); r != (metering.Ratio{}) && (n <= 0 || d <= 0 || r.Primary <= 0 || r.Secondary <= 0) {
				t.Fatalf("ratio %+v", r)
			}
		}
		for _, wrong := range append(id.Strange, id.Unset...) {
			if r, ok := m.Register(wrong.Register); !ok || wrong.Want == "" || wrong.Got == "" || r.Expect == nil && r.Guard == nil {
				t.Fatalf("%+v", wrong)
			}
		}
	})
}

// Good values are decoded without a single allocation, scale factors and counters
// too.
func TestDecodeDoesNotAllocate(t *testing.T) {
	lib := library(t)
	for _, id := range lib.IDs() {
		m, _ := lib.Model(id)
		for _, b := range m.Plan(regmap.Fast, regmap.EnergyGroup, regmap.Slow) {
			words := make([]uint16, b.Count) // 0 is a good value everywhere
			readings := make([]metering.Reading, 0, len(b.Registers))
			allocs := testing.AllocsPerRun(10, func() {
				var err error
				if readings, err = regmap.AppendDecode(readings[:0], b, words, metering.Direct, metering.Direct); err != nil {
					t.Fatal(err)
				}
			})
			for _, r := range readings {
				if r.Quality != metering.Good {
					t.Errorf("%s %v: %+v", id, b, r)
				}
			}
			if allocs != 0 {
				t.Errorf("%s %v: %v allocations", id, b, allocs)
			}
		}
	}
}

func benchmarkDecode(b *testing.B, id string, group regmap.Group) {
	m, _ := library(b).Model(id)
	block := m.Plan(group)[0]
	words := make([]uint16, block.Count)
	for _, r := range block.Registers {
		at := block.Offset(r)
		regmap.Encode(r, regmap.Value{Float: 230.5, MilliUnits: 123_456_789_000}, metering.Direct, metering.Direct, words[at:at+r.Words()])
	}
	for _, r := range block.Registers {
		if r.ScalesOthers {
			words[block.Offset(r)] = 1
		}
	}
	var readings []metering.Reading
	b.ReportAllocs()
	for b.Loop() {
		var err error
		if readings, err = regmap.AppendDecode(readings[:0], block, words, metering.Direct, metering.Direct); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(readings)), "values")
}

func BenchmarkDecodeFloats(b *testing.B) {
	benchmarkDecode(b, "schneider-pm5100-pm5300-pm5500", regmap.Fast)
}
func BenchmarkDecodeIntegers(b *testing.B) {
	benchmarkDecode(b, "socomec-countis-e23", regmap.Fast)
}
func BenchmarkDecodeCounters(b *testing.B) {
	benchmarkDecode(b, "abb-b23-b24-a43-a44", regmap.EnergyGroup)
}
func BenchmarkDecodeFloatCounters(b *testing.B) {
	benchmarkDecode(b, "eastron-sdm630", regmap.EnergyGroup)
}

func BenchmarkDecodeScaled(b *testing.B) {
	benchmarkDecode(b, "sunspec-203", regmap.Fast)
}

func BenchmarkEncodeBlock(b *testing.B) {
	m, _ := library(b).Model("schneider-pm5100-pm5300-pm5500")
	block := m.Plan(regmap.Fast)[0]
	words := make([]uint16, block.Count)
	ct := metering.Ratio{Primary: 600, Secondary: 5}
	b.ReportAllocs()
	for b.Loop() {
		for _, r := range block.Registers {
			at := r.Address - block.Address
			regmap.Encode(r, regmap.Value{Float: 230.5}, ct, metering.Direct, words[at:int(at)+r.Words()])
		}
	}
}

func BenchmarkPlan(b *testing.B) {
	m, _ := library(b).Model("schneider-pm5100-pm5300-pm5500")
	b.ReportAllocs()
	for b.Loop() {
		m.Plan(regmap.Groups()...)
	}
}

func BenchmarkPlanFor(b *testing.B) {
	m, _ := library(b).Model("schneider-pm5100-pm5300-pm5500")
	b.ReportAllocs()
	for b.Loop() {
		m.PlanFor(regmap.SerialCost(9600, true), regmap.Groups()...)
	}
}

func BenchmarkLoad(b *testing.B) {
	for b.Loop() {
		library(b)
	}
}
