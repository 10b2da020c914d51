package demand_test

import (
	"math"
	"slices"
	"testing"
	"time"

	"asue/metering"
	"asue/metering/demand"

	"pgregory.net/rapid"
)

var aqtobe = time.FixedZone("Aqtobe", 5*3600)

// anyLoad is a random load of some slots, known and unknown.
func anyLoad(rt *rapid.T, n int, states ...demand.State) demand.Load {
	l := demand.Load{Name: "a", From: time.Date(2026, 1, 15, 19, 0, 0, 0, time.UTC)}
	for range n {
		s := demand.Slot{State: rapid.SampledFrom(states).Draw(rt, "state"), Grade: metering.Null}
		if s.Known() {
			s.Energy, s.Grade = metering.Energy(rapid.Int64Range(0, 1e6).Draw(rt, "energy")), metering.Actual
			if s.State == demand.Estimate {
				s.Grade = metering.Estimated
			}
		}
		l.Slots = append(l.Slots, s)
	}
	return l
}

var lengths = []time.Duration{15 * time.Minute, 30 * time.Minute, time.Hour}

func blocksOf(rt *rapid.T, l demand.Load, length time.Duration) []demand.Block {
	blocks, err := demand.NewClock(l.From, len(l.Slots), aqtobe).Blocks(length)
	if err != nil {
		rt.Fatal(err)
	}
	return blocks
}

// The greatest window is never below the greatest block, and never above twice
// its energy; both agree with a twin that looks at every window.
func TestSlidingIsNotBelowBlock(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		l := anyLoad(rt, rapid.IntRange(8, 96).Draw(rt, "n"), demand.Measured)
		length := rapid.SampledFrom(lengths).Draw(rt, "length")
		block := l.BlockMaximum(blocksOf(rt, l, length))
		sliding, err := l.SlidingMaximum(length)
		if err != nil || block.Billed == nil || sliding.Billed == nil {
			rt.Fatal(err, block, sliding)
		}
		n := int(length / metering.BasePeriod)
		var windows, blocks metering.Energy
		for i := 0; i+n <= len(l.Slots); i++ {
			var sum metering.Energy
			for _, s := range l.Slots[i : i+n] {
				sum += s.Energy
			}
			windows = max(windows, sum)
			if i%n == 0 {
				blocks = max(blocks, sum)
			}
		}
		if sliding.Billed.Energy != windows || block.Billed.Energy != blocks || windows < blocks {
			rt.Fatalf("sliding %v, twin %v; block %v, twin %v", sliding.Billed.Energy, windows, block.Billed.Energy, blocks)
		}
		if len(l.Slots)%n == 0 && windows > 2*blocks {
			rt.Fatalf("sliding %v is above twice the block %v", windows, blocks)
		}
	})
}

// An estimate never sets what is billed: the billed maximum is that of the load
// with its estimates struck out.
func TestEstimatesBillNothing(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		l := anyLoad(rt, 48, demand.Measured, demand.Measured, demand.Measured, demand.Estimate, demand.Missing, demand.Absent)
		blocks := blocksOf(rt, l, rapid.SampledFrom(lengths).Draw(rt, "length"))
		got := l.BlockMaximum(blocks)
		struck := demand.Load{From: l.From, Slots: slices.Clone(l.Slots)}
		for i := range struck.Slots {
			if struck.Slots[i].State == demand.Estimate {
				struck.Slots[i] = demand.Slot{State: demand.Missing, Grade: metering.Null}
			}
		}
		want := struck.BlockMaximum(blocks)
		if (got.Billed == nil) != (want.Billed == nil) || got.Billed != nil && got.Billed.Energy != want.Billed.Energy {
			rt.Fatalf("billed %+v, without estimates %+v", got.Billed, want.Billed)
		}
		if got.Missing+got.Uncounted != want.Missing {
			rt.Fatalf("%d missing and %d not counted, struck out %d", got.Missing, got.Uncounted, want.Missing)
		}
		if e := got.Estimate; e != nil && (e.Grade == "A" || got.Billed != nil && e.Energy <= got.Billed.Energy) {
			rt.Fatalf("estimate %+v beside %+v", e, got.Billed)
		}
	})
}

// The zones' energies, hours and counts add up to the load's.
func TestZonesAddUp(t *testing.T) {
	kinds := []metering.DayKind{metering.Workday, metering.Saturday, metering.Sunday, metering.Holiday}
	rapid.Check(t, func(rt *rapid.T) {
		l := anyLoad(rt, rapid.IntRange(1, 700).Draw(rt, "n"), demand.Measured, demand.Estimate, demand.Missing, demand.Absent)
		var tariff metering.Tariff
		for range rapid.IntRange(0, 5).Draw(rt, "zones") {
			from := rapid.IntRange(0, 95).Draw(rt, "from")
			to := rapid.IntRange(from+1, 96).Draw(rt, "to")
			tariff.Zones = append(tariff.Zones, metering.TariffZone{
				Name:  rapid.SampledFrom([]string{"night", "day", "peak"}).Draw(rt, "name"),
				Days:  rapid.SliceOfDistinct(rapid.SampledFrom(kinds), func(k metering.DayKind) metering.DayKind { return k }).Draw(rt, "days"),
				Spans: []metering.DaySpan{{From: time.Duration(from) * metering.BasePeriod, To: time.Duration(to) * metering.BasePeriod}},
			})
		}
		clock := demand.NewClock(l.From, len(l.Slots), aqtobe)
		zones := l.ByZone(clock.Zones(tariff, metering.Calendar{Holidays: []string{"2026-01-20"}}), blocksOf(rt, l, time.Hour))
		want := l.Total()
		var got demand.Total
		hours := 0.0
		for _, z := range zones {
			got.Energy += z.Energy
			got.Known += z.Known
			got.Missing += z.Missing
			got.Estimates += z.Estimates
			hours += z.Hours
		}
		if got.Energy != want.Energy || got.Known != want.Known || got.Missing != want.Missing || got.Estimates != want.Estimates {
			rt.Fatalf("zones %+v, total %+v", got, want)
		}
		if hours != float64(len(l.Slots))/4 {
			rt.Fatalf("%v hours of %d intervals", hours, len(l.Slots))
		}
	})
}

// The coincident maximum is never above the sum of the maxima, and the shares of
// it add up to one.
func TestCoincidentIsNotAboveTheSum(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var loads []demand.Load
		for range rapid.IntRange(1, 6).Draw(rt, "loads") {
			loads = append(loads, anyLoad(rt, 24, demand.Measured, demand.Measured, demand.Measured, demand.Absent, demand.Estimate))
		}
		g := demand.Coincidence(blocksOf(rt, loads[0], rapid.SampledFrom(lengths).Draw(rt, "length")), loads...)
		if g.Coincident.Billed == nil {
			return
		}
		sum, share := metering.Power(0), 0.0
		for _, m := range g.Members {
			sum += m.AtPeak
			share += m.Share
			if m.Own.Billed != nil && m.AtPeak > m.Own.Billed.Power {
				rt.Fatalf("%v at the peak, own maximum %v", m.AtPeak, m.Own.Billed.Power)
			}
		}
		peak := g.Coincident.Billed.Power
		if peak > g.SumOfMaxima+metering.Power(len(loads)) || peak-sum > metering.Power(len(loads)) || sum-peak > metering.Power(len(loads)) {
			rt.Fatalf("coincident %v, at the peak %v, sum of maxima %v", peak, sum, g.SumOfMaxima)
		}
		if g.Coincident.Billed.Energy > 0 && math.Abs(share-1) > 1e-9 {
			rt.Fatalf("the shares add up to %v", share)
		}
	})
}

// A finer curve: its greatest window of any position is not below that of any
// grid, nor below the blocks of the same curve, and a twin that tries every second
// does not find a greater one.
func TestNoWindowOfACurveIsGreater(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		at := time.Date(2026, 1, 15, 0, 0, 0, 0, time.UTC)
		curve := demand.Curve{{At: at}}
		for range rapid.IntRange(4, 20).Draw(rt, "marks") {
			at = at.Add(time.Duration(rapid.IntRange(1, 300).Draw(rt, "seconds")) * time.Second)
			curve = append(curve, demand.Mark{At: at, Energy: curve[len(curve)-1].Energy + metering.Energy(rapid.Int64Range(0, 1e5).Draw(rt, "energy"))})
		}
		length := time.Duration(rapid.IntRange(1, 600).Draw(rt, "length")) * time.Second
		best, ok, err := curve.SlidingMaximum(length, 0, time.Hour)
		if err != nil {
			rt.Fatal(err)
		}
		most, found := -1.0, false
		for end := curve[0].At.Add(length); !end.After(at); end = end.Add(time.Second) {
			found = true
			most = max(most, energyAt(curve, end)-energyAt(curve, end.Add(-length)))
		}
		if ok != found || ok && math.Abs(float64(best.Energy)-most) > 0.51 {
			rt.Fatalf("most %v (%v), twin %v (%v)", best.Energy, ok, most, found)
		}
		step := time.Duration(rapid.IntRange(1, 120).Draw(rt, "step")) * time.Second
		if by, ok, _ := curve.SlidingMaximum(length, step, time.Hour); ok && by.Energy > best.Energy {
			rt.Fatalf("by steps %v, of any position %v", by.Energy, best.Energy)
		}
	})
}

// energyAt looks at every pair of marks.
func energyAt(c demand.Curve, t time.Time) float64 {
	for i := 1; i < len(c); i++ {
		a, b := c[i-1], c[i]
		if !t.Before(a.At) && !t.After(b.At) {
			return float64(a.Energy) + float64(b.Energy-a.Energy)*float64(t.Sub(a.At))/float64(b.At.Sub(a.At))
		}
	}
	panic("BUG: a moment outside the curve")
}

// A quantile of the load-duration curve is what a count of the blocks says.
func TestQuantilesAreExact(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		l := anyLoad(rt, rapid.IntRange(1, 60).Draw(rt, "n"), demand.Measured, demand.Estimate, demand.Missing)
		d := l.Duration(blocksOf(rt, l, 15*time.Minute))
		share := rapid.Float64Range(0, 1).Draw(rt, "share")
		q, ok := d.Quantile(share)
		if ok != (len(d.Powers) > 0) {
			rt.Fatal("a quantile of nothing")
		}
		atLeast, above := 0, 0
		for _, p := range d.Powers {
			if p >= q {
				atLeast++
			}
			if p > q {
				above++
			}
		}
		n := float64(len(d.Powers))
		if ok && (float64(atLeast) < share*n || (share > 0 && float64(above) >= share*n)) {
			rt.Fatalf("share %v: %v is reached by %d, passed by %d of %v", share, q, atLeast, above, n)
		}
		drawn := d.Draw(10)
		if !slices.IsSortedFunc(drawn, func(a, b demand.DurationPoint) int { return int(b.Power - a.Power) }) || len(drawn) > 10 {
			rt.Fatalf("drawn %v", drawn)
		}
	})
}
