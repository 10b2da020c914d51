package reclaim

import (
	"math/rand/v2"
	"slices"

	"asue/metering"
)

// unknownDay stands for a day without a valid block.
const unknownDay = metering.Power(-1 << 62)

// maxima are the greatest valid blocks of each day, unknownDay where there is none.
func (y *Year) maxima(t *trace) []metering.Power {
	list := make([]metering.Power, len(y.days))
	for i, d := range y.days {
		list[i] = unknownDay
		for _, b := range d.blocks {
			if int(b) >= t.first && t.state[b] == valid {
				list[i] = max(list[i], t.power[b])
			}
		}
	}
	return list
}

func known(maxima []metering.Power) []metering.Power {
	return slices.DeleteFunc(slices.Clone(maxima), func(p metering.Power) bool { return p == unknownDay })
}

// nthHighest is the n-th greatest of some powers, equals counted one by one; false if
// there are fewer.
func nthHighest(powers []metering.Power, n int) (metering.Power, bool) {
	if n < 1 || len(powers) < n {
		return 0, false
	}
	top := newTop(n)
	for _, p := range powers {
		top.take(p)
	}
	return top.least(), true
}

// top keeps the n greatest powers, ascending.
type top struct {
	n    int
	list []metering.Power
}

func newTop(n int) *top { return &top{n: n, list: make([]metering.Power, 0, n)} }

func (t *top) least() metering.Power { return t.list[0] }

func (t *top) take(p metering.Power) {
	if len(t.list) < t.n {
		i, _ := slices.BinarySearch(t.list, p)
		t.list = slices.Insert(t.list, i, p)
		return
	}
	if p <= t.list[0] {
		return
	}
	i := 1
	for i < t.n && t.list[i] < p {
		t.list[i-1] = t.list[i]
		i++
	}
	t.list[i-1] = p
}

// bootstrapDays is how many days in a row are drawn together, so that a week stays a
// week.
const bootstrapDays = 7

// upperBound is the upper bound, by settings, of the annual n-th highest daily maximum:
// a quantile over years that are put together of weeks drawn from this one with
// repetition, going round at its end (circular block bootstrap; Politis, Romano 1992).
// It is 0 where there are not as many known days.
func upperBound(maxima []metering.Power, set Settings) metering.Power {
	days := len(maxima)
	if len(known(maxima)) < set.Days {
		return 0
	}
	dice := rand.New(rand.NewPCG(set.Seed, uint64(days)))
	found := make([]metering.Power, 0, set.Replicates)
	year := newTop(set.Days)
	for range set.Replicates {
		year.list = year.list[:0]
		for drawn := 0; drawn < days; drawn += bootstrapDays {
			first := dice.IntN(days)
			for k := range min(bootstrapDays, days-drawn) {
				if p := maxima[(first+k)%days]; p != unknownDay {
					year.take(p)
				}
			}
		}
		if len(year.list) == set.Days {
			found = append(found, year.least())
		}
	}
	if len(found) == 0 {
		return 0
	}
	slices.Sort(found)
	rank := max((set.Upper*len(found)+99)/100, 1)
	return found[rank-1]
}
