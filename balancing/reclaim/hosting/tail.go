package hosting

import (
	"math"
	"math/rand/v2"
	"slices"

	"asue/metering"
)

// Tail is what peaks over a threshold say about peaks that have not been.
type Tail struct {
	// Threshold is that of the newcomers' full level; Peaks above it, one for each run of
	// days, are what was fitted.
	Threshold metering.Power `json:"threshold_w"`
	Peaks     int            `json:"peaks"`
	// Shape (ξ) and Scale (σ, kW) of the generalised Pareto distribution.
	Shape float64 `json:"shape"`
	Scale float64 `json:"scale_kw"`
	// Year is the probability of a year with a day above, Upper the bound below which it
	// is with 95 %. The shape decides: Exponential is the same with ξ = 0, Heavy with
	// ξ = 0.1, for the full level.
	Year        float64 `json:"year"`
	Upper       float64 `json:"upper"`
	Exponential float64 `json:"year_exponential"`
	Heavy       float64 `json:"year_heavy"`
}

// Peaks are looked for above a high quantile of the daily maxima, a lower one if there
// are too few; below half of the days nothing is a peak.
const (
	leastPeaks = 30
	topShare   = 0.90
	midShare   = 0.50
	refits     = 200
)

// tail fits one; nil with too few peaks.
func (s *study) tail(d demand, above float64) *Tail {
	t := &Tail{}
	upper := make([]float64, refits)
	full := float32(-1)
	for _, lv := range s.levels {
		daily := s.daily(d, lv.value)
		e := peaksOf(daily)
		if e == nil {
			return nil
		}
		t.Year += lv.weight * yearOf(e.day(above, e.scale, e.shape))
		dice := rand.New(rand.NewPCG(s.policy.Seed, 2))
		for i := range upper {
			shape, scale := e.refit(dice)
			upper[i] += lv.weight * yearOf(e.day(above, scale, shape))
		}
		if lv.value > full {
			full = lv.value
			t.Threshold, t.Peaks, t.Shape, t.Scale = kilowatts(e.threshold), len(e.over), e.shape, e.scale
			t.Exponential, t.Heavy = yearOf(e.day(above, e.scale, 0)), yearOf(e.day(above, e.scale, 0.1))
		}
	}
	t.Upper = max(t.Year, quantile(upper, 0.95))
	return t
}

// daily are the maxima of the days of all usable weeks.
func (s *study) daily(d demand, lv float32) []float64 {
	perDay := s.m.perWeek / 7
	list := make([]float64, 0, 7*len(s.m.season))
	buf := make([]float32, s.m.perWeek)
	for w := range s.m.season {
		week := d.at(s.m, w, lv, buf)
		for day := range 7 {
			list = append(list, float64(slices.Max(week[day*perDay:(day+1)*perDay])))
		}
	}
	return list
}

// peaks are excesses over a threshold, ascending, of so many days.
type peaks struct {
	threshold    float64
	over         []float64
	days         int
	beyond       []float64 // all daily maxima, ascending
	shape, scale float64
}

// peaksOf picks the peaks of daily maxima: the highest of each run of days above the
// threshold, since the days of a run are one event. nil if there are too few.
func peaksOf(daily []float64) *peaks {
	sorted := slices.Clone(daily)
	slices.Sort(sorted)
	if len(sorted) == 0 {
		return nil
	}
	for share := topShare; share >= midShare-1e-9; share -= 0.05 {
		e := &peaks{threshold: sorted[min(int(share*float64(len(sorted))), len(sorted)-1)], days: len(daily), beyond: sorted}
		e.over = runs(daily, e.threshold)
		if len(e.over) >= leastPeaks {
			e.shape, e.scale = fit(e.over, nil)
			return e
		}
	}
	return nil
}

// runs are the excesses of the highest day of each run above a threshold, ascending.
func runs(daily []float64, threshold float64) (over []float64) {
	most := 0.0
	for _, p := range append(slices.Clone(daily), math.Inf(-1)) {
		if p > threshold {
			most = max(most, p-threshold)
			continue
		}
		if most > 0 {
			over = append(over, most)
		}
		most = 0
	}
	slices.Sort(over)
	return over
}

// fit finds shape and scale by probability-weighted moments of ascending excesses, each
// taken as often as times says; nil: once.
func fit(over []float64, times []int) (shape, scale float64) {
	n := float64(len(over))
	a0, a1, j := 0.0, 0.0, 0
	for i, y := range over {
		k := 1
		if times != nil {
			k = times[i]
		}
		for range k {
			j++
			a0 += y / n
			a1 += (1 - (float64(j)-0.35)/n) * y / n
		}
	}
	k := a0/(a0-2*a1) - 2
	return -k, 2 * a0 * a1 / (a0 - 2*a1)
}

// refit fits as many excesses drawn from these with repetition.
func (e *peaks) refit(dice *rand.Rand) (shape, scale float64) {
	times := make([]int, len(e.over))
	for range e.over {
		times[dice.IntN(len(times))]++
	}
	return fit(e.over, times)
}

// day is the probability that an event above a power begins on a day. Below the
// threshold it is the part of the days that were above.
func (e *peaks) day(above, scale, shape float64) float64 {
	if above < e.threshold {
		i, _ := slices.BinarySearch(e.beyond, math.Nextafter(above, math.Inf(1)))
		return float64(len(e.beyond)-i) / float64(len(e.beyond))
	}
	return dayAbove(float64(len(e.over))/float64(e.days), above-e.threshold, scale, shape)
}

// dayAbove is the probability of a day with an excess above some power, where a part
// zeta of the days has any: ζ(1+ξy/σ)^(−1/ξ), and ζ·exp(−y/σ) for ξ = 0.
func dayAbove(zeta, excess, scale, shape float64) float64 {
	if scale <= 0 {
		return 0
	}
	if math.Abs(shape) < 1e-9 {
		return zeta * math.Exp(-excess/scale)
	}
	base := 1 + shape*excess/scale
	if base <= 0 {
		return 0
	}
	return zeta * math.Pow(base, -1/shape)
}

// yearOf is the probability of a year with such a day.
func yearOf(day float64) float64 { return 1 - math.Pow(1-min(day, 1), 365) }
