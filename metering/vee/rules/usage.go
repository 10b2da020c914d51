package rules

import (
	"asue/metering"
)

// Usage is what is usual of one channel of a point: energy and peak of whole
// local days, by kind of day. It is kept up a day at a time, so that no rule scans
// history. The zero Usage knows nothing.
type Usage struct {
	Kinds map[metering.DayKind]KindUsage
}

// KindUsage are the days of one kind that were learnt.
type KindUsage struct {
	Days   int
	Energy metering.Energy // of all of them
	Peaks  metering.Energy // sum of the greatest base interval of each day
}

// Learn takes a whole local day in, unless some interval has no energy or more
// than the share maxEstimated of them (0..1) was estimated; it reports whether it
// was taken.
func (u *Usage) Learn(kind metering.DayKind, day []metering.Interval, maxEstimated float64) bool {
	d, ok := dayUsage(day, maxEstimated)
	if !ok {
		return false
	}
	if u.Kinds == nil {
		u.Kinds = map[metering.DayKind]KindUsage{}
	}
	k := u.Kinds[kind]
	u.Kinds[kind] = KindUsage{k.Days + d.Days, k.Energy + d.Energy, k.Peaks + d.Peaks}
	return true
}

// Ratio is the average daily use of u over that of another time with the same mix
// of kinds of days; false if the other knows too little: fewer than least days of
// a kind that u has, or no energy.
func (u Usage) Ratio(other Usage, least int) (float64, bool) {
	var own, expected float64
	for _, kind := range metering.DayKinds() {
		k, o := u.Kinds[kind], other.Kinds[kind]
		if k.Days == 0 {
			continue
		}
		if o.Days < max(least, 1) {
			return 0, false
		}
		own += float64(k.Energy)
		expected += o.mean() * float64(k.Days)
	}
	if expected <= 0 {
		return 0, false
	}
	return own / expected, true
}

// mean is the energy of a day of the kind.
func (k KindUsage) mean() float64 { return float64(k.Energy) / float64(k.Days) }

// against is the energy of one day over the mean of others.
func (k KindUsage) against(usual KindUsage) (float64, bool) {
	if usual.mean() <= 0 {
		return 0, false
	}
	return float64(k.Energy) / usual.mean(), true
}

// dayUsage sums one day up; false if it is not fit to be learnt.
func dayUsage(day []metering.Interval, maxEstimated float64) (KindUsage, bool) {
	var k KindUsage
	estimated := 0
	for i := range day {
		switch day[i].Grade {
		case metering.Null:
			return KindUsage{}, false
		case metering.Substitute, metering.Estimated:
			estimated++
		}
		k.Energy += day[i].Energy
		k.Peaks = max(k.Peaks, day[i].Energy)
	}
	k.Days = 1
	return k, len(day) > 0 && float64(estimated) <= maxEstimated*float64(len(day))
}
