package regmap_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"asue/collector/regmap"
	"asue/metering"
)

// The side of the transformers decides what a value is multiplied by.
func TestSecondaryRegisters(t *testing.T) {
	ct, vt := metering.Ratio{Primary: 600, Secondary: 5}, metering.Ratio{Primary: 10000, Secondary: 100}
	f := func(q metering.Quantity, step int64, want float64) {
		t.Helper()
		r := &regmap.Register{Name: "x", Quantity: q, Function: 3, Type: regmap.U32, Order: regmap.BigWords, Scale: 1, Step: step, Secondary: true}
		readings, err := regmap.Decode(alone(r), []uint16{0, 7}, ct, vt)
		if err != nil || readings[0].Quality != metering.Good || readings[0].Value != want {
			t.Errorf("%v: %+v, %v; want %v", q, readings, err, want)
		}
		words := make([]uint16, 2)
		regmap.Encode(r, regmap.Value{Float: want, MilliUnits: int64(want * 1000)}, ct, vt, words)
		if diff := cmp.Diff([]uint16{0, 7}, words); diff != "" {
			t.Errorf("%v encoded: %s", q, diff)
		}
	}
	f(metering.CurrentA, 0, 7*120)
	f(metering.VoltageAB, 0, 7*100)
	f(metering.ActivePower, 0, 7*12000)
	f(metering.ReactivePowerB, 0, 7*12000)
	f(metering.PowerFactor, 0, 7)
	f(metering.Frequency, 0, 7)
	f(metering.THDCurrentA, 0, 7)
	f(metering.ActiveImport, 1000, 7*12000)
}

// All word orders, against the numbers of the words written out.
func TestWordOrders(t *testing.T) {
	f := func(o regmap.Order, ty regmap.Type, words []uint16, want int64) {
		t.Helper()
		r := &regmap.Register{Name: "x", Quantity: metering.ActiveImport, Function: 3, Type: ty, Order: o, Scale: 1, Step: 1000}
		readings, err := regmap.Decode(alone(r), words, metering.Direct, metering.Direct)
		if err != nil || readings[0].Count.Raw != want {
			t.Errorf("%v %v: %+v, %v; want %d", o, ty, readings, err, want)
		}
	}
	f(regmap.BigWords, regmap.U16, []uint16{0x1234}, 0x1234)
	f(regmap.BigWords, regmap.U32, []uint16{0x1111, 0x2222}, 0x11112222)
	f(regmap.LittleWords, regmap.U32, []uint16{0x2222, 0x1111}, 0x11112222)
	f(regmap.BigWords, regmap.U64, []uint16{0x1111, 0x2222, 0x3333, 0x4444}, 0x1111222233334444)
	f(regmap.LittleWords, regmap.U64, []uint16{0x4444, 0x3333, 0x2222, 0x1111}, 0x1111222233334444)
	f(regmap.BigHalves, regmap.U64, []uint16{0x2222, 0x1111, 0x4444, 0x3333}, 0x1111222233334444)
	f(regmap.SwapHalves, regmap.U64, []uint16{0x3333, 0x4444, 0x1111, 0x2222}, 0x1111222233334444)
}

// A counter starts anew at its modulus, and a power stands at the end of its range.
func TestEndsOfRanges(t *testing.T) {
	lib := library(t)
	f := func(model, name string, v regmap.Value, want string) {
		t.Helper()
		m, _ := lib.Model(model)
		r, ok := m.Register(name)
		if !ok {
			t.Fatalf("%s has no %s", model, name)
		}
		words := make([]uint16, r.Words())
		regmap.Encode(r, v, metering.Direct, metering.Direct, words)
		if got := fmt.Sprintf("%04X", words); got != want {
			t.Errorf("%s %s: %s, want %s", model, name, got, want)
		}
	}
	const e10 = 10_000 // 10 Wh in thousandths
	f("socomec-countis-e23", "ea_imp", regmap.Value{MilliUnits: (1<<32 - 1) * e10}, "[FFFF FFFF]")
	f("socomec-countis-e23", "ea_imp", regmap.Value{MilliUnits: (1<<32)*e10 - 1}, "[FFFF FFFF]")
	f("socomec-countis-e23", "ea_imp", regmap.Value{MilliUnits: (1<<32 + 5) * e10}, "[0000 0005]")
	f("carlo-gavazzi-em24-e1", "ea_imp", regmap.Value{MilliUnits: (1<<31 + 1) * 100_000}, "[0001 0000]")
	f("socomec-diris-b30", "ea_imp", regmap.Value{MilliUnits: 12_345_678}, "[0000 000C 0D80]")
	f("abb-b23-b24-a43-a44", "p", regmap.Value{Float: 99e6}, "[7FFF FFFE]") // all ones but the sign is "no value"
	f("abb-b23-b24-a43-a44", "p", regmap.Value{Float: -99e6}, "[8000 0000]")
	f("abb-b23-b24-a43-a44", "u_a", regmap.Value{Float: -1}, "[0000 0000]")
	f("abb-b23-b24-a43-a44", "p", regmap.Value{Float: math.NaN()}, "[7FFF FFFF]")
	f("abb-b23-b24-a43-a44", "ea_imp", regmap.Value{Missing: true}, "[FFFF FFFF FFFF FFFF]")
	f("socomec-countis-e23", "p", regmap.Value{Missing: true}, "[0000 0000]") // no way to say so
	f("siemens-pac3200", "ea_imp", regmap.Value{MilliUnits: 1000}, "[3FF0 0000 0000 0000 0000 0000 0000 0000]")
}

// What the float of a grown register can tell apart.
func TestResolution(t *testing.T) {
	lib := library(t)
	f := func(model string, count, want int64) {
		t.Helper()
		m, _ := lib.Model(model)
		r, _ := m.Of(metering.ActiveImport)
		if got := r.Resolution(count); got != want {
			t.Errorf("%s at count %d: %d, want %d", model, count, got, want)
		}
	}
	f("socomec-countis-e23", 1<<31, 10_000)
	f("eastron-sdm630", 10_000_000, 100_000) // 1 GWh: a float of kWh still steps by 62.5 Wh
	f("eastron-sdm630", 16_777_217*10, 2_000_000)
	f("janitza-umg604", 8_000_000, 1_000_000)    // 8 GWh
	f("janitza-umg604", 260_000_000, 16_384_000) // 260 GWh, a year at 29.7 MW: 16 kWh
	f("siemens-pac3200", 260_000_000_000, 1000)
}

// A text register and its padding.
func TestText(t *testing.T) {
	r := &regmap.Register{Name: "name", Function: 3, Type: regmap.ASCII, Length: 4, Order: regmap.BigWords}
	words := make([]uint16, 4)
	regmap.EncodeText(r, "E34", words)
	if want := []uint16{0x4533, 0x3400, 0, 0}; !slices.Equal(words, want) {
		t.Errorf("%04X, want %04X", words, want)
	}
	values, err := regmap.Raw(alone(r), words)
	if err != nil || values["name"].Text != "E34" || values["name"].String() != "E34" {
		t.Errorf("%v, %v", values, err)
	}
}

// The meter's own transformer settings, as a ratio to hold against the site file's.
func TestRatios(t *testing.T) {
	f := func(values map[string]regmap.RawValue, wantCT, wantVT string) {
		t.Helper()
		ct, vt := regmap.Ratios(values)
		if got := fmt.Sprintf("%v %v", ct, vt); got != wantCT+" "+wantVT {
			t.Errorf("%v: %s, want %s %s", values, got, wantCT, wantVT)
		}
	}
	n := func(x float64) regmap.RawValue { return regmap.RawValue{Number: x} }
	f(map[string]regmap.RawValue{"ct_prim": n(600), "ct_sec": n(5), "vt_prim": n(10000), "vt_sec": n(100)}, "600/5", "10000/100")
	f(map[string]regmap.RawValue{"ct_ratio": n(120), "vt_ratio": n(1)}, "120/1", "direct")
	f(map[string]regmap.RawValue{"ct_ratio": n(12.5)}, "125/10", "direct")
	f(map[string]regmap.RawValue{"ct_prim": n(600), "ct_sec": n(0)}, "direct", "direct") // nonsense is no ratio
	f(nil, "direct", "direct")
	if ct, _ := regmap.Ratios(nil); ct != (metering.Ratio{}) {
		t.Errorf("a meter that does not tell gave %+v", ct)
	}
}
