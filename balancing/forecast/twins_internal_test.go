package forecast

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"asue/metering"
)

// The dumb weighted median repeats each value as often as it weighs: 0.8^k is
// 4^k·5^(5-k) of 3125.
func TestWeightedMedianAgainstRepeating(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		newest := rapid.SliceOfN(rapid.Float64Range(-50, 50), 1, likeDays).Draw(t, "newest")
		if rapid.Bool().Draw(t, "whole") { // equal values are common in registers
			for i := range newest {
				newest[i] = math.Round(newest[i] / 10)
			}
		}
		var all []float64
		for k, v := range newest {
			for range int(math.Pow(4, float64(k)) * math.Pow(5, float64(likeDays-1-k))) {
				all = append(all, v)
			}
		}
		slices.Sort(all)
		want := all[(len(all)+1)/2-1] // least value with half of the weight at or below it
		if got := weightedMedian(newest); got != want {
			t.Fatalf("weightedMedian(%v) = %v, want %v", newest, got, want)
		}
		if got := likeMedian(newest); got < slices.Min(newest) || got > slices.Max(newest) {
			t.Fatalf("likeMedian(%v) = %v lies outside", newest, got)
		}
	})
}

// A single wild day among six never decides.
func TestOneWildDayDoesNotDecide(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		newest := rapid.SliceOfN(rapid.Float64Range(90, 110), likeDays, likeDays).Draw(t, "newest")
		newest[rapid.IntRange(0, likeDays-1).Draw(t, "which")] = rapid.SampledFrom([]float64{0, 1e6}).Draw(t, "wild")
		if got := likeMedian(newest); got < 85 || got > 115 {
			t.Fatalf("likeMedian(%v) = %v", newest, got)
		}
	})
}

// The dumb φ tries every value to three decimals and takes the one of least Huber
// loss, at the scale that the clever one ended with.
func TestPhiAgainstTryingAll(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		truth := rapid.Float64Range(0, 0.97).Draw(t, "phi")
		outliers := rapid.IntRange(0, 4).Draw(t, "outliers")
		dice := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		r := make([]float64, 400)
		for i := 1; i < len(r); i++ {
			r[i] = truth*r[i-1] + dice.NormFloat64()
		}
		for range outliers {
			r[dice.IntN(len(r))] += 60
		}
		r[dice.IntN(len(r))] = math.NaN()
		got := fitPhi(r)

		var left, size []float64
		for i := 0; i+1 < len(r); i++ {
			if e := r[i+1] - got*r[i]; known(e) {
				left, size = append(left, math.Abs(e)), append(size, math.Abs(r[i]))
			}
		}
		large := 2 * robust * medianOf(size)
		most := huber * robust * medianOf(left)
		best, least := 0.0, math.Inf(1)
		for phi := 0.0; phi <= phiMost+1e-9; phi += 0.001 {
			loss := 0.0
			for i := 0; i+1 < len(r); i++ {
				weight := min(1, large/math.Abs(r[i]))
				switch e := math.Abs(r[i+1] - phi*r[i]); {
				case !known(e):
				case e <= most:
					loss += weight * e * e / 2
				default:
					loss += weight * most * (e - most/2)
				}
			}
			if loss < least {
				best, least = phi, loss
			}
		}
		if math.Abs(got-best) > 0.01 {
			t.Fatalf("φ %.4f, trying all gives %.3f (truth %.3f, %d outliers)", got, best, truth, outliers)
		}
		if math.Abs(got-truth) > 0.25 {
			t.Fatalf("φ %.3f, truth %.3f, %d outliers", got, truth, outliers)
		}
	})
}

// The dumb ranks count: below the lower one lie at most miss/2 of the n+1 places of
// the next residual, and above the upper one as many.
func TestRanksAgainstCounting(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 3000).Draw(t, "n")
		percent := rapid.IntRange(1, 79).Draw(t, "miss") // of hundred
		low, high := ranks(n, float64(percent)/100)
		wantLow, wantHigh := 1, n
		for k := 1; k <= n; k++ {
			if 200*k <= percent*(n+1) {
				wantLow = k
			}
			if 200*k >= (200-percent)*(n+1) {
				wantHigh = k
				break
			}
		}
		if low != wantLow || high != wantHigh {
			t.Fatalf("ranks(%d, 0.%02d) = %d, %d, want %d, %d", n, percent, low, high, wantLow, wantHigh)
		}
	})
}

// The dumb window sorts everything anew.
func TestWindowAgainstSorting(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var w window
		var days [][]float64
		for range rapid.IntRange(1, 20).Draw(t, "days") {
			in := rapid.SliceOfN(rapid.Map(rapid.IntRange(-9, 9), func(i int) float64 { return float64(i) }), 0, 12).Draw(t, "in")
			days = append(days, slices.Clone(in))
			var out []float64
			if len(days) > 5 {
				out = slices.Clone(days[len(days)-6])
			}
			w.slide(in, out)
			want := slices.Concat(days[max(0, len(days)-5):]...)
			slices.Sort(want)
			if !slices.Equal(w.sorted, want) {
				t.Fatalf("the window holds %v, want %v", w.sorted, want)
			}
		}
	})
}

// Every block of any zone has a position by its wall clock, and a day's blocks
// follow each other without a hole.
func TestPositionsFollowTheClock(t *testing.T) {
	zones := []string{"Asia/Aqtobe", "Europe/Berlin", "Asia/Kathmandu", "America/St_Johns", "Australia/Lord_Howe", "UTC"}
	rapid.Check(t, func(t *rapid.T) {
		loc, err := time.LoadLocation(rapid.SampledFrom(zones).Draw(t, "zone"))
		if err != nil {
			t.Fatal(err)
		}
		c := newCalendar(Config{Location: loc, Block: rapid.SampledFrom([]time.Duration{15 * time.Minute, 30 * time.Minute, time.Hour}).Draw(t, "block")})
		at := time.Unix(rapid.Int64Range(1_000_000, 2_000_000_000).Draw(t, "t"), 0)
		start := c.start(at)
		if at.Before(start) || !at.Before(c.next(start)) {
			t.Fatalf("%v does not lie in its block from %v to %v", at.In(loc), start.In(loc), c.next(start).In(loc))
		}
		if c.start(start) != start || !c.start(c.next(start)).Equal(c.next(start)) {
			t.Fatalf("%v is no start of a block", start.In(loc))
		}
		y, m, d := at.In(loc).Date()
		if want := time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Format(time.DateOnly); time.Unix(int64(c.number(at))*24*60*60, 0).UTC().Format(time.DateOnly) != want {
			t.Fatalf("%v has the number of another day", at.In(loc))
		}
		clock := metering.SinceMidnight(start, loc)
		if got := c.at(start) % c.slots; got != int(clock/c.block) {
			t.Fatalf("%v has slot %d", start.In(loc), got)
		}
	})
}
