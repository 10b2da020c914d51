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

func benchmarkDecode(b *testing.B, id string, group regmap.Group) {
	m, _ := library(b).Model(id)
	block := m.Plan(group)[0]
	words := make([]uint16, block.Count)
	for _, r := range block.Registers {
		at := r.Address - block.Address
		regmap.Encode(r, regmap.Value{Float: 230.5, MilliUnits: 123_456_789_000}, metering.Direct, metering.Direct, words[at:int(at)+r.Words()])
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

func BenchmarkLoad(b *testing.B) {
	for b.Loop() {
		library(b)
	}
}
