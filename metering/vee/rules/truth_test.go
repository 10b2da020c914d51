package rules_test

import (
	"slices"
	"time"

	"pgregory.net/rapid"

	"asue/metering"
	"asue/metering/vee"
	"asue/metering/vee/rules"
)

// truth is a point that was really measured every minute: the energy of each, and
// what its registers show of it when minutes get lost.
type truth struct {
	from    time.Time
	minutes []int64 // Wh
	totals  []int64 // of the minutes before
	gaps    []hidden
}

// hidden are minutes [lo, hi) between whose ends nobody has read the register.
type hidden struct {
	lo, hi  int
	bounded bool
}

const perSlot = int(metering.BasePeriod / time.Minute)

func (tr truth) at(minute int) time.Time {
	return tr.from.Add(time.Duration(minute) * time.Minute)
}

func (tr truth) sum(lo, hi int) metering.Energy {
	return metering.Energy(tr.totals[hi] - tr.totals[lo])
}

// intervals are the true ones of some slots.
func (tr truth) intervals(lo, hi int) []metering.Interval {
	var list []metering.Interval
	for i := lo; i < hi; i++ {
		list = append(list, metering.Interval{
			Point: "p", Channel: metering.ChannelActiveImport, Start: tr.at(i * perSlot), Energy: tr.sum(i*perSlot, (i+1)*perSlot),
			Grade: metering.Actual, Method: metering.MethodRegister,
		})
	}
	return list
}

// derive is what registers say of the slots [lo, hi): what touches a gap has no
// energy but a known part, and all parts and gaps add up to the register.
func (tr truth) derive(lo, hi int) vee.Derivation {
	d := vee.Derivation{Intervals: tr.intervals(lo, hi)}
	for _, g := range tr.gaps {
		if g.hi <= lo*perSlot || g.lo >= hi*perSlot {
			continue
		}
		gap := vee.Gap{From: tr.at(g.lo), To: tr.at(g.hi), Bounded: g.bounded, Flags: metering.FlagGap}
		if g.bounded {
			gap.Energy = tr.sum(g.lo, g.hi)
		} else if g.lo%2 == 0 {
			gap.Least = tr.sum((g.lo+g.hi)/2, g.hi) // a register that was reset half way
		}
		d.Gaps = append(d.Gaps, gap)
	}
	for k := range d.Intervals {
		if p, touched := tr.partial(lo + k); touched {
			iv := &d.Intervals[k]
			iv.Energy, iv.Grade, iv.Method, iv.Flags, iv.Reason = 0, metering.Null, metering.MethodNone, metering.FlagGap, "no readings"
			d.Partials = append(d.Partials, p)
		}
	}
	return d
}

func (tr truth) partial(slot int) (vee.Partial, bool) {
	p := vee.Partial{Start: tr.at(slot * perSlot)}
	touched := false
	if !slices.ContainsFunc(tr.gaps, func(g hidden) bool { return g.lo < (slot+1)*perSlot && g.hi > slot*perSlot }) {
		return p, false
	}
	for m := slot * perSlot; m < (slot+1)*perSlot; m++ {
		hidden := false
		for _, g := range tr.gaps {
			hidden = hidden || (m >= g.lo && m < g.hi)
		}
		if touched = touched || hidden; !hidden {
			p.Known += metering.Energy(tr.minutes[m])
			p.Measured += time.Minute
		}
	}
	return p, touched
}

const (
	historyDays = 9
	caseDays    = 2
	daySlots    = 96
)

// drawTruth is a point over some days, of which the last ones are to be assessed.
// No minute carries more than maxMinute.
func drawTruth(rt *rapid.T) truth {
	tr := truth{from: time.Date(2026, 3, rapid.IntRange(1, 20).Draw(rt, "day"), 0, 0, 0, 0, time.UTC)}
	level := rapid.SliceOfN(rapid.Int64Range(0, maxMinute/2), 24, 24).Draw(rt, "level by hour")
	noise := rapid.SliceOfN(rapid.Int64Range(0, maxMinute/2), 101, 101).Draw(rt, "noise")
	for m := range (historyDays + caseDays + 1) * daySlots * perSlot {
		tr.minutes = append(tr.minutes, level[m/60%24]+noise[m%len(noise)])
		tr.totals = append(tr.totals, 0)
	}
	tr.totals = append(tr.totals, 0)
	for m, e := range tr.minutes {
		tr.totals[m+1] = tr.totals[m] + e
	}
	m := historyDays*daySlots*perSlot - 200
	for range rapid.IntRange(0, 5).Draw(rt, "gaps") {
		lo := m + rapid.IntRange(1, 900).Draw(rt, "until gap")
		hi := lo + rapid.SampledFrom([]int{16, 31, 45, 46, 61, 120, 121, 300, 900}).Draw(rt, "length")
		if hi >= (historyDays+caseDays)*daySlots*perSlot+300 {
			break
		}
		tr.gaps = append(tr.gaps, hidden{lo, hi, rapid.IntRange(0, 4).Draw(rt, "bounded") > 0})
		m = hi
	}
	return tr
}

const maxMinute = 100 // Wh; 6 kW

// slots of the case.
func (tr truth) slots() (lo, hi int) {
	return historyDays * daySlots, (historyDays + caseDays) * daySlots
}

// caseOf is the case of the slots [lo, hi), with what registers say around it.
func (tr truth) caseOf(lo, hi int) rules.Case {
	last := len(tr.minutes) / perSlot
	return rules.Case{
		Point: metering.Point{ID: "p"}, Channel: metering.ChannelActiveImport, From: tr.at(lo * perSlot), To: tr.at(hi * perSlot),
		MaxPower: maxMinute * 60, Quantum: 1, Derivation: tr.derive(lo, hi),
		Before: tr.derive(0, lo).Intervals, After: tr.derive(hi, last).Intervals,
	}
}
