package regmap_test

import (
	"math"
	"math/big"
	"slices"
	"testing"

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
