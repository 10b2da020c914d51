package vee_test

import (
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"asue/metering"
	"asue/metering/vee"
)

func sortSpans(spans []metering.RegisterSpan) {
	slices.SortFunc(spans, func(a, b metering.RegisterSpan) int { return a.Start.Compare(b.Start) })
}

// run is a register over some hours as a meter would give it, with its truth.
type run struct {
	register vee.Register
	count    metering.Count // Raw is the first content
	readings []metering.RegisterReading
	// truth is the true energy at the point in mWh since the first reading, at
	// every millisecond, as a broken line through the readings' moments.
	times []int64
	milli []int64
	k     *big.Rat
}

func drawRun(rt *rapid.T) run {
	var r run
	r.register = plain()
	r.register.Installs[0].CT = metering.Ratio{Primary: rapid.Int64Range(1, 1500).Draw(rt, "ct"), Secondary: rapid.SampledFrom([]int64{1, 5, 3}).Draw(rt, "ct2")}
	r.register.Installs[0].VT = metering.Ratio{Primary: rapid.SampledFrom([]int64{1, 10000, 110000}).Draw(rt, "vt"), Secondary: rapid.SampledFrom([]int64{1, 100, 7}).Draw(rt, "vt2")}
	r.count = metering.Count{
		Raw:       rapid.Int64Range(0, 1<<40).Draw(rt, "raw"),
		Step:      rapid.SampledFrom([]int64{1, 7, 1000, 10_000, 333}).Draw(rt, "step"),
		Secondary: rapid.Bool().Draw(rt, "secondary"),
	}
	r.k = big.NewRat(1, 1)
	if r.count.Secondary {
		r.k = big.NewRat(r.register.Installs[0].Multiplier())
	}
	ms := morning.UnixMilli() - rapid.Int64Range(0, 1_000_000).Draw(rt, "before")
	fraction := rapid.Int64Range(0, r.count.Step-1).Draw(rt, "fraction")
	var milli int64 // at the register's side of the transformers
	for range rapid.IntRange(2, 120).Draw(rt, "readings") {
		total := r.count.Raw*r.count.Step + fraction + milli
		r.readings = append(r.readings, metering.RegisterReading{
			At:    time.UnixMilli(ms).UTC(),
			Count: metering.Count{Raw: total / r.count.Step, Step: r.count.Step, Secondary: r.count.Secondary},
		})
		r.times, r.milli = append(r.times, ms), append(r.milli, milli)
		ms += rapid.SampledFrom([]int64{1, 1000, 10_000, 61_300, 290_000, 900_000 - ms%900_000, 1_500_000}).Draw(rt, "dt")
		milli += rapid.Int64Range(0, 5_000_000).Draw(rt, "energy")
	}
	return r
}

func (r run) span() (from, to time.Time) {
	return metering.PeriodStart(r.readings[0].At), r.readings[len(r.readings)-1].At
}

// twin is the boundary value in the plainest way: exact fractions, every
// reading, no cleverness. false if it is unknown or in a gap.
func (r run) twin(b time.Time) (*big.Int, bool) {
	var lo, hi *metering.RegisterReading
	for i := range r.readings {
		if x := &r.readings[i]; !x.At.After(b) {
			lo = x
		}
		if x := &r.readings[len(r.readings)-1-i]; !x.At.Before(b) {
			hi = x
		}
	}
	if lo == nil || hi == nil || hi.At.Sub(lo.At) > metering.BasePeriod {
		return nil, false
	}
	content := func(x *metering.RegisterReading) *big.Rat {
		v := new(big.Rat).Mul(big.NewRat(x.Count.Raw, 1), big.NewRat(x.Count.Step, 1000))
		return v.Mul(v, r.k)
	}
	v := content(lo)
	if !hi.At.Equal(lo.At) {
		part := big.NewRat(b.Sub(lo.At).Milliseconds(), hi.At.Sub(lo.At).Milliseconds())
		v.Add(v, part.Mul(part, new(big.Rat).Sub(content(hi), v)))
	}
	return new(big.Int).Div(v.Num(), v.Denom()), true // floor, as the denominator is positive
}

func TestAgreesWithExactFractions(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		r := drawRun(rt)
		from, to := r.span()
		for _, iv := range r.register.Derive(spansOf(r.readings...), from, to, time.Time{}) {
			v0, ok0 := r.twin(iv.Start)
			v1, ok1 := r.twin(iv.End())
			if known := iv.Grade == metering.Actual; known != (ok0 && ok1) {
				rt.Fatalf("%+v: the twin knows its ends: %v, %v", iv, ok0, ok1)
			} else if !known {
				if iv.Reason == "" || iv.Energy != 0 || iv.Method != metering.MethodNone {
					rt.Fatalf("%+v: an unknown interval has a reason and no energy", iv)
				}
				continue
			}
			if want := new(big.Int).Sub(v1, v0).Int64(); int64(iv.Energy) != want {
				rt.Fatalf("%+v: want %d", iv, want)
			}
		}
	})
}

func TestEnergiesAddUpToTheRegister(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		r := drawRun(rt)
		from, to := r.span()
		var sum metering.Energy
		var begin time.Time
		for _, iv := range r.register.Derive(spansOf(r.readings...), from, to, time.Time{}) {
			if iv.Grade != metering.Actual {
				sum, begin = 0, time.Time{}
				continue
			}
			if begin.IsZero() {
				begin = iv.Start
			}
			sum += iv.Energy
			v0, _ := r.twin(begin)
			v1, _ := r.twin(iv.End())
			if want := new(big.Int).Sub(v1, v0).Int64(); int64(sum) != want {
				rt.Fatalf("%v … %v: energies add up to %d, the register says %d", begin, iv.End(), sum, want)
			}
		}
	})
}

// The load between two readings is anything; here it is steady up to a random
// moment and nothing after it, which is as bad as it gets for interpolation.
func TestTruthLiesWithinTheUncertainty(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		r := drawRun(rt)
		from, to := r.span()
		late := rapid.Bool().Draw(rt, "energy comes late in each bracket")
		truth := func(b time.Time) *big.Rat {
			i, exact := slices.BinarySearch(r.times, b.UnixMilli())
			if !exact && !late || i == 0 {
				return new(big.Rat).Mul(big.NewRat(r.milli[min(i, len(r.milli)-1)], 1000), r.k)
			}
			if !exact {
				i--
			}
			return new(big.Rat).Mul(big.NewRat(r.milli[i], 1000), r.k)
		}
		for _, iv := range r.register.Derive(spansOf(r.readings...), from, to, time.Time{}) {
			if iv.Grade != metering.Actual {
				continue
			}
			diff := new(big.Rat).Sub(truth(iv.End()), truth(iv.Start))
			diff.Sub(diff, big.NewRat(int64(iv.Energy), 1)).Abs(diff)
			if diff.Cmp(big.NewRat(int64(iv.Uncertainty), 1)) > 0 {
				rt.Fatalf("%+v: the truth is %s away", iv, diff.FloatString(3))
			}
		}
	})
}

func TestOrderAndRepetitionOfReadingsDoNotMatter(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		r := drawRun(rt)
		from, to := r.span()
		want := r.register.Derive(spansOf(r.readings...), from, to, to)
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 1))
		mixed := slices.Clone(r.readings)
		for range rng.IntN(len(mixed)) {
			mixed = append(mixed, mixed[rng.IntN(len(mixed))])
		}
		rng.Shuffle(len(mixed), func(i, j int) { mixed[i], mixed[j] = mixed[j], mixed[i] })
		if diff := cmp.Diff(spansOf(r.readings...), spansOf(mixed...)); diff != "" {
			rt.Fatalf("spans differ:\n%s", diff)
		}
		if diff := cmp.Diff(want, r.register.Derive(spansOf(mixed...), from, to, to)); diff != "" {
			rt.Fatalf("intervals differ:\n%s", diff)
		}
	})
}

// An interval derived alone equals the same interval of a long run, over
// rollovers too: ingest derives piecemeal what a rebuild derives at once.
func TestPiecemealEqualsAtOnce(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		r := drawRun(rt)
		r.register.Modulus = r.count.Raw + rapid.Int64Range(1, 1<<20).Draw(rt, "modulus")
		for i := range r.readings {
			r.readings[i].Count.Raw %= r.register.Modulus
		}
		r.register.MaxPower = metering.Power(1) << 50
		from, to := r.span()
		spans := spansOf(r.readings...)
		whole := r.register.Derive(spans, from, to, time.Time{})
		for _, iv := range whole {
			before := 0
			for before+1 < len(spans) && spans[before+1].Start.Before(iv.Start) {
				before++
			}
			after := before
			for after+1 < len(spans) && spans[after].Start.Before(iv.End()) {
				after++
			}
			alone := r.register.Derive(spans[before:after+1], iv.Start, iv.End(), time.Time{})
			if diff := cmp.Diff([]metering.Interval{iv}, alone); diff != "" {
				rt.Fatalf("-in the run +alone:\n%s", diff)
			}
			if iv.Grade == metering.Actual && iv.Energy < 0 {
				rt.Fatalf("%+v: negative energy of a forward register", iv)
			}
		}
	})
}

func BenchmarkDerive(b *testing.B) {
	// A day of one register, read every ten seconds.
	var readings []metering.RegisterReading
	for i := range 8641 {
		readings = append(readings, metering.RegisterReading{
			At: morning.Add(time.Duration(i)*10*time.Second - 3*time.Second), Took: 20 * time.Millisecond,
			Count: metering.Count{Raw: 1_000_000 + int64(i)*int64(i%7), Step: 10_000, Secondary: true},
		})
	}
	for i := 1; i < len(readings); i++ {
		readings[i].Count.Raw = max(readings[i].Count.Raw, readings[i-1].Count.Raw)
	}
	spans := spansOf(readings...)
	r := withRatios(metering.Ratio{Primary: 600, Secondary: 5}, metering.Ratio{Primary: 10000, Secondary: 100})
	to := morning.Add(24 * time.Hour)
	n := 0
	b.ReportAllocs()
	for b.Loop() {
		n += len(r.Derive(spans, morning, to, time.Time{}))
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "intervals/s")
}
