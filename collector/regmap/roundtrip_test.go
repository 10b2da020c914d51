package regmap_test

import (
	"fmt"
	"math"
	"math/big"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"asue/collector/regmap"
	"asue/metering"
)

// anyRegister draws a register of any model.
func anyRegister(lib *regmap.Library) *rapid.Generator[*regmap.Register] {
	return rapid.Custom(func(t *rapid.T) *regmap.Register {
		m, _ := lib.Model(rapid.SampledFrom(lib.IDs()).Draw(t, "model"))
		return &m.Registers[rapid.IntRange(0, len(m.Registers)-1).Draw(t, "register")]
	})
}

// anyRatio is none or one that steps down, as instrument transformers do.
func anyRatio(label string) func(t *rapid.T) metering.Ratio {
	return func(t *rapid.T) metering.Ratio {
		secondary := rapid.SampledFrom([]int64{0, 1, 5, 100}).Draw(t, label+" secondary")
		return metering.Ratio{Primary: rapid.Int64Range(secondary, 6000).Draw(t, label+" primary"), Secondary: secondary}
	}
}

// Words that a meter can send come back from Decode and Encode as they were.
func TestEncodeIsInverseOfDecode(t *testing.T) {
	lib := library(t)
	rapid.Check(t, func(t *rapid.T) {
		r := anyRegister(lib).Draw(t, "register")
		if r.Quantity == 0 {
			return // seen in TestRawIsInverse
		}
		ct, vt := anyRatio("ct")(t), anyRatio("vt")(t)
		words, x := anyWords(t, r), anyExponent(t, r)
		b := alone(r)
		readings, err := regmap.Decode(b, within(b, words, x), ct, vt)
		if err != nil {
			t.Fatal(err)
		}
		got := readings[0]
		if got.Quality == metering.OutOfRange || r.Coding == regmap.FourQuadrantPF && math.Abs(toFloat(r, words)) > 1 {
			return // what no meter sends, and what it can say in two ways
		}
		again := make([]uint16, len(words))
		encode(r, got, x, ct, vt, again)
		back, err := regmap.Decode(b, within(b, again, x), ct, vt)
		if err != nil {
			t.Fatal(err)
		}
		if got.Quality == metering.NotAvailable {
			if r.CanBeMissing() && back[0].Quality != metering.NotAvailable {
				t.Fatalf("%s: no value came back as %v", r.Name, back[0])
			}
			return
		}
		oneForm := !(r.Counter() && r.Type.Float()) && r.Parts < 2
		if oneForm && !slices.Equal(words, again) {
			t.Fatalf("%s: %04X became %+v and then %04X", r.Name, words, got, again)
		}
		if got.Count != back[0].Count {
			t.Fatalf("%s: count %+v became %+v", r.Name, got.Count, back[0].Count)
		}
		if tolerance := 1e-12 * math.Abs(got.Value); math.Abs(got.Value-back[0].Value) > tolerance {
			t.Fatalf("%s: %v became %v", r.Name, got.Value, back[0].Value)
		}
	})
}

// anyExponent is a scale factor with which a count is a whole number of
// thousandths, if the register has one.
func anyExponent(t *rapid.T, r *regmap.Register) int {
	if r.Exponent == nil {
		return 0
	}
	least := -10
	if r.Counter() {
		least = 0
		for step := r.Step; step%10 == 0; step /= 10 {
			least--
		}
	}
	return rapid.IntRange(least, 10).Draw(t, "exponent")
}

// anyWords are random words, and for float counters also states that lie on and
// around their counts, where cutting goes wrong first.
func anyWords(t *rapid.T, r *regmap.Register) []uint16 {
	words := make([]uint16, r.Words())
	if r.Counter() && r.Type.Float() && rapid.Bool().Draw(t, "a count") {
		regmap.EncodeCount(r, rapid.Int64Range(0, 1<<40).Draw(t, "raw"), words)
		return words
	}
	for i := range words {
		words[i] = rapid.Uint16().Draw(t, "word")
	}
	return words
}

func toFloat(r *regmap.Register, w []uint16) float64 {
	return float64(math.Float32frombits(uint32(w[0])<<16 | uint32(w[1])))
}

// A simulated counter shows exactly the counts that its energy has completed.
func TestCountersAreExact(t *testing.T) {
	lib := library(t)
	rapid.Check(t, func(t *rapid.T) {
		r := anyRegister(lib).Draw(t, "register")
		if !r.Counter() {
			return
		}
		ct, vt := anyRatio("ct")(t), anyRatio("vt")(t)
		milli := rapid.Int64Range(0, math.MaxInt64).Draw(t, "energy")
		if rapid.Bool().Draw(t, "young") {
			milli %= 1e12
		}
		x := anyExponent(t, r)
		step := new(big.Rat).SetInt64(r.Step)
		for range max(x, 0) {
			step.Mul(step, big.NewRat(10, 1))
		}
		for range max(-x, 0) {
			step.Mul(step, big.NewRat(1, 10))
		}
		// The dumb twin divides as on paper.
		twin := new(big.Int).Div(big.NewInt(milli), step.Num())
		if r.Secondary {
			cn, cd := ct.Factor()
			vn, vd := vt.Factor()
			twin.Mul(big.NewInt(milli), big.NewInt(cd*vd))
			twin.Div(twin, new(big.Int).Mul(big.NewInt(cn*vn), step.Num()))
		}
		if !twin.IsInt64() || r.Type.Float() && twin.Int64() >= 1<<52 {
			return
		}
		want := twin.Int64()
		words := make([]uint16, r.Words())
		regmap.Encode(r, regmap.Value{MilliUnits: milli, Exponent: x}, ct, vt, words)
		b := alone(r)
		readings, err := regmap.Decode(b, within(b, words, x), ct, vt)
		if err != nil {
			t.Fatal(err)
		}
		if r.Quantity == 0 {
			return // a tariff is encoded, but no reading
		}
		got := readings[0]
		if got.Quality == metering.NotAvailable && slices.Contains(r.NotAvailable, uint64(words[len(words)-1])<<16|uint64(words[0])) {
			return // the one state of an EM330 that is its code for an overflow
		}
		if r.Modulus > 0 {
			want %= r.Modulus
		}
		if got.Quality != metering.Good || got.Count.Step != step.Num().Int64() || got.Count.Secondary != r.Secondary {
			t.Fatalf("%s: %+v", r.Name, got)
		}
		// A float that has grown coarser than its quantum is right within its own step.
		if off := (got.Count.Raw - want) * r.Step; off < 0 || off > 0 && (off > r.Resolution(want) || r.Resolution(want) == r.Step) {
			t.Fatalf("%s: energy %d: count %d, want %d (resolution %d)", r.Name, milli, got.Count.Raw, want, r.Resolution(want))
		}
	})
}

// Other values come back within half of what one of the register's numbers is worth.
func TestValuesWithinResolution(t *testing.T) {
	lib := library(t)
	rapid.Check(t, func(t *rapid.T) {
		r := anyRegister(lib).Draw(t, "register")
		if r.Quantity == 0 || r.Counter() {
			return
		}
		var v float64
		var x int // one with which the value fits
		switch r.Quantity.Unit() {
		case "1":
			v, x = rapid.Float64Range(-1, 1).Draw(t, "pf"), rapid.IntRange(-2, 0).Draw(t, "exponent")
		case "%", "Hz":
			v, x = rapid.Float64Range(0, 100).Draw(t, "share"), rapid.IntRange(-2, 2).Draw(t, "exponent")
		case "V", "A":
			v, x = rapid.Float64Range(0, 300).Draw(t, "u or i"), rapid.IntRange(-2, 2).Draw(t, "exponent")
		default:
			x = rapid.IntRange(2, 6).Draw(t, "exponent")
			v = rapid.Float64Range(-2e6, 2e6).Draw(t, "power")
		}
		if r.Type == regmap.U16 || r.Type == regmap.U32 {
			v = math.Abs(v)
		}
		if r.Exponent == nil {
			x = 0
		}
		words, b := make([]uint16, r.Words()), alone(r)
		regmap.Encode(r, regmap.Value{Float: v, Exponent: x}, metering.Direct, metering.Direct, words)
		readings, err := regmap.Decode(b, within(b, words, x), metering.Direct, metering.Direct)
		if err != nil {
			t.Fatal(err)
		}
		worth := r.Scale / 2 * math.Pow10(x)
		if r.Type.Float() {
			worth = math.Abs(v)/(1<<24) + 1e-44*r.Scale // half a unit in the last place, also next to zero
		}
		if got := readings[0]; got.Quality != metering.Good || math.Abs(got.Value-v) > worth*(1+1e-9) {
			t.Fatalf("%s: %v came back as %+v", r.Name, v, got)
		}
	})
}

// Settings and serial numbers come back too.
func TestRawIsInverse(t *testing.T) {
	lib := library(t)
	rapid.Check(t, func(t *rapid.T) {
		r := anyRegister(lib).Draw(t, "register")
		if r.Quantity != 0 || r.Type == regmap.ASCII || r.Clock != regmap.NoClock || r.Counter() {
			return
		}
		want := float64(rapid.IntRange(0, 300).Draw(t, "setting"))
		words := make([]uint16, r.Words())
		regmap.Encode(r, regmap.Value{Float: want}, metering.Direct, metering.Direct, words)
		b := alone(r)
		values, err := regmap.Raw(b, within(b, words, 0))
		if err != nil {
			t.Fatal(err)
		}
		if v := values[r.Name]; v.Missing || math.Abs(v.Number-want) > 1e-9 {
			t.Fatalf("%s: %v came back as %+v", r.Name, want, v)
		}
	})
}

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
