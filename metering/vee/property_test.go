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
	"asue/metering/vee/veetest"
)

// run is a register over some hours as a meter would give it, with its truth.
type run struct {
	link     vee.Link
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
	r.link = vee.Link{Install: metering.Install{Meter: "m", Point: "p"}}
	r.link.Install.CT = metering.Ratio{Primary: rapid.Int64Range(1, 1500).Draw(rt, "ct"), Secondary: rapid.SampledFrom([]int64{1, 5, 3}).Draw(rt, "ct2")}
	r.link.Install.VT = metering.Ratio{Primary: rapid.SampledFrom([]int64{1, 10000, 110000}).Draw(rt, "vt"), Secondary: rapid.SampledFrom([]int64{1, 100, 7}).Draw(rt, "vt2")}
	r.count = metering.Count{
		Raw:       rapid.Int64Range(0, 1<<40).Draw(rt, "raw"),
		Step:      rapid.SampledFrom([]int64{1, 7, 1000, 10_000, 333}).Draw(rt, "step"),
		Secondary: rapid.Bool().Draw(rt, "secondary"),
	}
	r.k = big.NewRat(1, 1)
	if r.count.Secondary {
		r.k = big.NewRat(r.link.Install.Multiplier())
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

// derive gives the engine spans of the run's register.
func (r run) derive(spans []metering.RegisterSpan, from, to, closed time.Time) []metering.Interval {
	l := r.link
	l.Spans = spans
	return vee.Chain{Point: "p", Channel: metering.ChannelActiveImport, Links: []vee.Link{l}}.Derive(from, to, closed).Intervals
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
		for _, iv := range r.derive(spansOf(r.readings...), from, to, time.Time{}) {
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
		for _, iv := range r.derive(spansOf(r.readings...), from, to, time.Time{}) {
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

func TestOrderAndRepetitionOfReadingsDoNotMatter(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		r := drawRun(rt)
		from, to := r.span()
		want := r.derive(spansOf(r.readings...), from, to, to)
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 1))
		mixed := slices.Clone(r.readings)
		for range rng.IntN(len(mixed)) {
			mixed = append(mixed, mixed[rng.IntN(len(mixed))])
		}
		rng.Shuffle(len(mixed), func(i, j int) { mixed[i], mixed[j] = mixed[j], mixed[i] })
		if diff := cmp.Diff(spansOf(r.readings...), spansOf(mixed...)); diff != "" {
			rt.Fatalf("spans differ:\n%s", diff)
		}
		if diff := cmp.Diff(want, r.derive(spansOf(mixed...), from, to, to)); diff != "" {
			rt.Fatalf("intervals differ:\n%s", diff)
		}
	})
}

// Whatever happens to a register: in which order its readings come, how often and
// how they are split into spans does not matter, and neither does doing it again.
func TestOrderOfAHistoryDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := drawScene(rt)
		want := s.derive()
		mixed := s.History
		mixed.Readings = map[metering.MeterID][]metering.RegisterReading{}
		mixed.Witnesses = map[metering.MeterID][]metering.Witness{}
		for m, list := range s.Readings {
			mixed.Readings[m] = veetest.Shuffled(rapid.Uint64().Draw(rt, "order"), list)
		}
		for m, list := range s.Witnesses {
			mixed.Witnesses[m] = veetest.Shuffled(7, list)
		}
		chain := chainOf(mixed, s.max, s.modulus)
		for i := range chain.Links { // the ledger's spans, handed over in pieces
			var pieces []metering.RegisterSpan
			for _, sp := range chain.Links[i].Spans {
				for _, r := range veetest.Shuffled(3, sp.Readings) {
					p := metering.SpanOf(sp.Meter, sp.Quantity, r)
					p.Many = sp.Many
					pieces = append(pieces, p)
				}
			}
			chain.Links[i].Spans = pieces
		}
		from, to := metering.PeriodStart(s.Load.Start), metering.PeriodStart(s.Load.End())
		for range 2 {
			if diff := cmp.Diff(want, chain.Derive(from, to, to)); diff != "" {
				rt.Fatalf("-in order +mixed:\n%s", diff)
			}
		}
	})
}

// An interval derived alone, with what was read some hours around, equals the
// same interval of a long run: ingest derives piecemeal what a rebuild derives at
// once.
func TestPiecemealEqualsAtOnce(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := drawScene(rt)
		chain := chainOf(s.History, s.max, s.modulus)
		for _, iv := range s.derive().Intervals {
			if iv.Flags&metering.FlagProvisional != 0 {
				continue
			}
			alone := chain
			alone.Links = slices.Clone(chain.Links)
			for i := range alone.Links {
				alone.Links[i].Spans = slices.DeleteFunc(slices.Clone(alone.Links[i].Spans), func(sp metering.RegisterSpan) bool {
					return sp.Start.Before(iv.Start.Add(-4*time.Hour)) || sp.Start.After(iv.End().Add(4*time.Hour))
				})
			}
			got := alone.Derive(iv.Start, iv.End(), time.Time{}).Intervals
			if diff := cmp.Diff([]metering.Interval{iv}, got); diff != "" {
				rt.Fatalf("-in the run +alone:\n%s", diff)
			}
		}
	})
}
