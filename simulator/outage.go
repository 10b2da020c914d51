package simulator

import (
	"time"

	"asue/metering"
)

// outage tells since when the supply line in service is lost; false if it is not.
func (w *World) outage() (since time.Time, lost bool) {
	if a, ok := w.going(KaratagaiLost); ok {
		return a.Since, true
	}
	if a, ok := w.going(LineReturns); ok && w.now < a.Since.Add(returnsAfter).UnixNano() {
		return a.Since, true
	}
	return time.Time{}, false
}

// turns are the moments at which scenarios change the supply on their way.
func (w *World) turns() []int64 {
	var list []int64
	for _, a := range w.active {
		switch a.Name {
		case KaratagaiLost:
			list = append(list, a.Since.Add(takesOver).UnixNano(), a.Since.Add(handOver).UnixNano())
		case LineReturns:
			list = append(list, a.Since.Add(takesOver).UnixNano(), a.Since.Add(handOver).UnixNano(), a.Since.Add(returnsAfter).UnixNano())
		}
	}
	if w.net.gear != nil {
		list = append(list, w.net.gear.turns()...)
	}
	return list
}

// tripped reports whether a scenario has taken a supply line out.
func (w *World) tripped(source string) bool {
	if _, lost := w.outage(); !lost {
		return false
	}
	feeding, ok := w.site.Feeding()
	return ok && feeding.ID == source
}

// transferred reports whether another line may carry what has lost its own.
func (w *World) transferred() bool {
	since, lost := w.outage()
	return !lost || w.now >= since.Add(takesOver).UnixNano()
}

// ready reports whether a line has voltage: one that is available, and in an outage,
// after the time that it takes by hand, a reserve for which the site states a limit.
func (w *World) ready(src *metering.Source) bool {
	if src.Available {
		return true
	}
	since, lost := w.outage()
	if !lost || w.now < since.Add(handOver).UnixNano() {
		return false
	}
	for _, l := range w.site.Limits {
		if l.Node == src.Node && l.At(w.Now(), w.site.Location) {
			return true
		}
	}
	return false
}

// surge is the power in W by which the morning peak lifts the zone in this slot:
// up to its target, however much the zone draws by itself.
func (w *World) surge() float64 {
	peak, ok := w.going(MorningPeak)
	if !ok {
		return 0
	}
	now := 0.0
	for _, f := range w.inputs {
		now += float64(f.p) / 1000
	}
	target := 1.2 * now
	if feeding, ok := w.site.Feeding(); ok {
		if contract, stated := feeding.Contract.Power(); stated {
			target = peakOverLimit * float64(contract)
		}
	}
	// At the slot's end, so that the climb is seen at once.
	since := time.Duration(w.slotEnd() - peak.Since.UnixNano())
	level := min(1, float64(since)/float64(peakRise))
	if falling := since - peakRise - peakHold; falling > 0 {
		level = max(0, 1-float64(falling)/float64(peakFall))
	}
	return max(0, level*(target-now))
}

// add spreads extra power over the working residents by their peaks.
func (w *World) add(watts float64) {
	sum := 0.0
	for i := range w.net.loads {
		if l := &w.net.loads[i]; l.working && l.at.fed {
			sum += l.peak
		}
	}
	if sum == 0 {
		return
	}
	for i := range w.net.loads {
		if l := &w.net.loads[i]; l.working && l.at.fed {
			more := watts * l.peak / sum
			l.wants += int64(more * 1000)
			l.wantsQ += int64(more * l.tan * 1000)
			l.set(l.wants, l.wantsQ)
		}
	}
}
