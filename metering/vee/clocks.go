package vee

import (
	"fmt"
	"time"

	"asue/metering"
)

// clockLost is from which step on a clock was so wrong that its stamps are not to
// be trusted: three minutes, as the rules of California have it for meters.
const clockLost = 3 * time.Minute

// unclock widens what is known at a boundary by what may have flowed while the
// clock that stamps was wrong: in the base periods on both sides of it the true
// moments lie up to the step away.
func (t *track) unclock(b *boundary) {
	by := t.stepAt(b.ms-period, b.ms+period)
	if by == 0 {
		return
	}
	i, j := b.lo, b.hi
	for i > 0 && t.knots[i].ms > b.ms-by && !t.gapBefore(i) {
		i--
	}
	for j+1 < len(t.knots) && t.knots[j].ms < b.ms+by && !t.gapBefore(j+1) {
		j++
	}
	low, okLow := t.knotTotal(i)
	high, okHigh := t.knotTotal(j)
	high += t.frames[t.knots[j].frame].quantum
	wider := func(by, readings int64) int64 {
		if most := t.stands[t.frames[t.knots[b.lo].frame].stand].carried(by); most > 0 {
			return min(most, max(0, readings))
		}
		return max(0, readings)
	}
	if okLow && okHigh {
		b.low, b.high = b.low-wider(by, b.low-low), b.high+wider(by, high-b.high)
	}
	if before, after := t.knots[i].ms > b.ms-by, t.knots[j].ms < b.ms+by; before || after {
		b.timing += t.steepest(i, j, by) // the readings do not reach that far
	}
}

// carried is the most that can flow in some ms, with 5 % to spare; 0 if unknown.
func (s *stand) carried(ms int64) int64 {
	return int64(float64(s.maxPower()) * 1.05 * float64(ms) / 3.6e6)
}

// steepest is the most that flows in some ms at the slope of any way between two
// knots.
func (t *track) steepest(i, j int, ms int64) int64 {
	var most int64
	for k := i + 1; k <= j; k++ {
		if units, ok := t.flow(k); ok {
			most = max(most, share(units, ms, max(t.width(k), 1)))
		}
	}
	return most
}

// stepAt is the greatest step of the clock that stamps in the base periods that
// touch [from, to), in ms.
func (t *track) stepAt(from, to int64) int64 {
	var most int64
	for i := range t.steps {
		if s := &t.steps[i]; s.start < to && s.start+period > from {
			most = max(most, s.by)
		}
	}
	return most
}

// clocks remarks on clocks that were set or wrong.
func (w *walk) clocks(iv *metering.Interval, from, to int64) {
	if by := w.t.stepAt(from-period, to+period); by > 0 {
		iv.Flags |= metering.FlagClockSet
		if by > clockLost.Milliseconds() {
			iv.Flags |= metering.FlagClockBad
		}
		iv.Reason = joined(iv.Reason, fmt.Sprintf("the clock that stamps was set by %v close by", time.Duration(by)*time.Millisecond))
	}
	for _, s := range w.t.steps {
		if s.start == from && s.meter > meterClockOff {
			iv.Flags |= metering.FlagClockBad
			iv.Reason = joined(iv.Reason, fmt.Sprintf("the meter's own clock is off by %v, which stamps nothing here", time.Duration(s.meter)*time.Millisecond))
		}
	}
}

func (s clockStep) event(stands []stand) Event {
	at := time.UnixMilli(s.start).UTC()
	meter := stands[0].meter()
	for i := range stands {
		if stands[i].from <= s.start {
			meter = stands[i].meter()
		}
	}
	return Event{
		Kind: EventClockStep, Meter: meter, From: at, To: at.Add(metering.BasePeriod),
		Text:    fmt.Sprintf("the clock that stamps was set by %v", time.Duration(s.by)*time.Millisecond),
		Numbers: []metering.Number{{Name: "step", Value: float64(s.by) / 1000, Unit: "s"}},
	}
}
