package vee_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"asue/metering"
	"asue/metering/vee"
	"asue/metering/vee/veetest"
)

// chainOf is what a ledger would hand over of a history.
func chainOf(h veetest.History, max metering.Power, modulus int64) vee.Chain {
	c := vee.Chain{Point: "p", Channel: metering.ChannelActiveImport}
	for _, in := range h.Installs {
		c.Links = append(c.Links, vee.Link{
			Install: in, Modulus: modulus, MaxPower: max,
			Spans: h.Spans(in.Meter), Witnesses: veetest.Witnesses(h.Witnesses[in.Meter]),
		})
	}
	return c
}

// scene is a random history with everything that can go wrong.
type scene struct {
	veetest.History
	max     metering.Power
	modulus int64
}

func drawScene(rt *rapid.T) scene { return drawn(rt, 14, 5300, 10_300, 30_700, 61_300) }

// drawn is a scene of at most so many hours, read every so many ms.
func drawn(rt *rapid.T, hours int, polls ...int64) scene {
	s := scene{max: 12 * metering.Megawatt}
	start := morning.Add(time.Duration(rapid.Int64Range(0, 900_000).Draw(rt, "start")) * time.Millisecond)
	length := time.Duration(rapid.IntRange(4, hours).Draw(rt, "hours")) * time.Hour
	seed := rapid.Uint64().Draw(rt, "seed")
	load := veetest.Shifts(seed, start, length, 8*metering.Megawatt)
	if rapid.Bool().Draw(rt, "furnace") {
		load = veetest.Furnace(seed, start, length, 2*metering.Megawatt)
	}
	p := veetest.Plan{
		Seed:   seed,
		Poll:   time.Duration(rapid.SampledFrom(polls).Draw(rt, "poll")) * time.Millisecond,
		Jitter: time.Second, Took: time.Duration(rapid.SampledFrom([]int64{0, 40, 900}).Draw(rt, "took")) * time.Millisecond,
		Lost: 0.01, Twice: 0.02,
		CT: metering.Ratio{Primary: 600, Secondary: 5}, VT: metering.Ratio{Primary: 10000, Secondary: 100},
		Step: rapid.SampledFrom([]int64{1, 10, 100, 10_000}).Draw(rt, "step"),
		Acts: rapid.Bool().Draw(rt, "acts"), Dense: rapid.Bool().Draw(rt, "dense"),
		Glitches:   rapid.SampledFrom([]float64{0, 0.002, 0.01}).Draw(rt, "glitches"),
		Gaps:       rapid.IntRange(0, 2).Draw(rt, "gaps"),
		Frozen:     rapid.IntRange(0, 1).Draw(rt, "frozen"),
		Resets:     rapid.IntRange(0, 1).Draw(rt, "resets"),
		Swaps:      rapid.IntRange(0, 2).Draw(rt, "swaps"),
		ClockSteps: rapid.IntRange(0, 1).Draw(rt, "clock steps"),
	}
	// The frozen are found by power, of which slow polls see little once a minute.
	p.Dense = p.Dense || p.Poll > 10*time.Second
	if rapid.Bool().Draw(rt, "rolls over") {
		p.Resets, p.Glitches = 0, 0                        // beside the top a reset or a read of 0 looks like a rollover
		s.modulus = 30_000_000_000 / (12_000 * p.Step) * 2 // 60 MWh at the point
		p.Modulus = s.modulus
	}
	s.History = veetest.Make(load, p)
	return s
}

func (s scene) derive() vee.Derivation {
	from := metering.PeriodStart(s.Load.Start)
	to := metering.PeriodStart(s.Load.End())
	return chainOf(s.History, s.max, s.modulus).Derive(from, to, to)
}

// Whatever happens to registers, clocks and lines, no energy is further from the
// truth than it says, and what is not plainly measured says why.
func TestTruthLiesWithinTheUncertainty(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) { drawScene(rt).wantTruth(rt) })
}

// Ten thousand histories, short ones that are read seldom.
func TestTenThousandHistories(t *testing.T) {
	histories := rapid.Custom(func(rt *rapid.T) scene { return drawn(rt, 7, 30_700, 61_300) })
	for seed := range 10_000 {
		s := histories.Example(seed)
		if s.wantTruth(t); t.Failed() {
			t.Fatalf("history %d, faults %v", seed, s.Faults)
		}
	}
}

// reporter is a test of either kind.
type reporter interface {
	Fatalf(format string, args ...any)
}

func (s scene) wantTruth(rt reporter) {
	d := s.derive()
	for _, iv := range d.Intervals {
		if (iv.Grade != metering.Actual || iv.Flags != 0) && iv.Reason == "" {
			rt.Fatalf("%+v says nothing", iv)
		}
		if iv.Grade == metering.Null || s.hidden(iv, d) {
			continue
		}
		s.within(rt, fmt.Sprintf("%s %v", iv.Start.Format("15:04"), iv), iv.Start, iv.End(), iv.Energy, iv.Uncertainty)
		if iv.Energy < 0 {
			rt.Fatalf("%+v: negative energy of a forward register", iv)
		}
	}
	for _, g := range d.Gaps {
		switch {
		case s.Load.End().Sub(g.To) < 5*time.Minute: // nothing tells the last reading from garbage
		case g.Bounded:
			s.within(rt, "gap: "+g.Reason, g.From, g.To, g.Energy, g.Uncertainty)
		case int64(g.Least-s.Quantum)*1000 > s.Load.Between(g.From, g.To)+s.slack():
			rt.Fatalf("gap %+v: at least is more than the truth, %d", g, s.Load.Between(g.From, g.To))
		}
	}
}

// hidden reports whether a register stood still at a boundary of the interval and
// the engine did not see it. A span holds two readings on each side of a boundary:
// when hardly anything flows in their time, nothing shows it.
func (s scene) hidden(iv metering.Interval, d vee.Derivation) bool {
	for _, f := range s.Faults {
		over := func(b time.Time) bool { return f.Kind == "frozen" && !b.Before(f.From) && b.Before(f.To) }
		if (over(iv.Start) || over(iv.End())) && !seen(f, d) {
			return true
		}
	}
	return false
}

// seen reports whether there is an event of the fault's kind in its time.
func seen(f veetest.Fault, d vee.Derivation) bool {
	return slices.ContainsFunc(d.Events, func(e vee.Event) bool {
		return string(e.Kind) == f.Kind && e.From.Before(f.To) && e.To.After(f.From)
	})
}

// A register that stands still over a boundary while a furnace burns is seen.
func TestFrozenRegistersAreSeen(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		seed := rapid.Uint64().Draw(rt, "seed")
		s := scene{max: 12 * metering.Megawatt}
		s.History = veetest.Make(veetest.Furnace(seed, morning, 6*time.Hour, 3*metering.Megawatt), veetest.Plan{
			Seed: seed, Poll: 10_300 * time.Millisecond, Jitter: time.Second, Frozen: 1, Step: 10,
			CT: metering.Ratio{Primary: 600, Secondary: 5}, VT: metering.Ratio{Primary: 10000, Secondary: 100},
		})
		f := s.Faults[0]
		if b := metering.PeriodStart(f.To.Add(-time.Minute)); b.After(f.From.Add(time.Minute)) && !seen(f, s.derive()) {
			rt.Fatalf("%+v was not seen:\n%s", f, show(s.derive()))
		}
	})
}

// slack is what the moments of reads of a second may matter at a gap's edges,
// which are stamps.
func (s scene) slack() int64 { return int64(s.max) * 1000 / 3600 * 21 }

func (s scene) within(rt reporter, what string, from, to time.Time, energy, uncertainty metering.Energy) {
	truth := s.Load.Between(from, to)
	if wrong := int64(energy)*1000 - truth; max(wrong, -wrong) > int64(uncertainty)*1000 {
		rt.Fatalf("%s: %d ±%d, the truth is %d thousandths, quantum %v\nfaults %v", what, energy, uncertainty, truth, s.Quantum, s.Faults)
	}
}

// What is measured, what is known of intervals beside gaps and the gaps' own
// energy add up to the register wherever readings bound it: between two gaps that
// nothing bounds, to the truth within the ends' uncertainty.
func TestEnergiesAddUpToTheTruth(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := drawScene(rt)
		d := s.derive()
		known := map[time.Time]vee.Partial{}
		for _, p := range d.Partials {
			known[p.Start] = p
		}
		open := map[time.Time]bool{} // intervals that touch what nothing bounds
		shares := map[time.Time]metering.Energy{}
		var loose metering.Energy
		for _, g := range d.Gaps {
			first := metering.PeriodStart(g.From)
			if g.Bounded {
				shares[first] += g.Energy // all of it to the first will do for a sum
				loose = max(loose, g.Uncertainty)
			}
			for p := first; p.Before(g.To); p = p.Add(metering.BasePeriod) {
				open[p] = open[p] || !g.Bounded
			}
		}
		var sum metering.Energy
		var begin time.Time
		var ends metering.Energy
		for _, iv := range d.Intervals {
			if s.hidden(iv, d) || open[iv.Start] || iv.Grade == metering.Null && known[iv.Start].Start.IsZero() {
				sum, begin, ends = 0, time.Time{}, 0
				continue
			}
			if begin.IsZero() {
				if iv.Grade == metering.Null {
					continue // a sum does not begin in a gap
				}
				begin = iv.Start
			}
			if iv.Grade == metering.Null {
				sum += known[iv.Start].Known + shares[iv.Start]
				continue
			}
			sum += iv.Energy
			// A change of meter has two more ends.
			if iv.Flags&(metering.FlagSwap|metering.FlagConfigChange) != 0 {
				ends += iv.Uncertainty
			}
			if iv.Grade == metering.Actual && !begin.Equal(iv.Start) {
				s.within(rt, "sum since "+begin.Format("15:04"), begin, iv.End(), sum, ends+s.end(d, begin)+iv.Uncertainty+loose)
			}
		}
	})
}

// end is how uncertain the register is at the beginning of a sum.
func (s scene) end(d vee.Derivation, begin time.Time) metering.Energy {
	for _, iv := range d.Intervals {
		if iv.Start.Equal(begin) {
			return iv.Uncertainty + 2*s.Quantum
		}
	}
	return 2 * s.Quantum
}
