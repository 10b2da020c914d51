package demand

import (
	"fmt"
	"math"
	"slices"
	"time"

	"asue/metering"
)

// Mark is what had been drawn up to a moment.
type Mark struct {
	At     time.Time
	Energy metering.Energy // Wh at the point since any beginning
}

// Curve is the cumulative energy between readings that are finer than base
// intervals: ascending in time, never falling, straight between its marks.
type Curve []Mark

// SlidingMaximum is the greatest mean power over windows of a length that end
// every step after the curve's first mark, the earliest of equals; with a step of
// 0 over all windows, of which only those that begin or end at a mark can be the
// greatest. Windows that begin or end between marks further apart than widest are
// left out: nobody knows the shape there. Second result: whether there was any
// window.
//
// It fails on marks that are not in order.
func (c Curve) SlidingMaximum(length, step, widest time.Duration) (Peak, bool, error) {
	if length <= 0 || step < 0 {
		return Peak{}, false, fmt.Errorf("sliding maximum over %v by %v: the length must be above 0, the step not below it", length, step)
	}
	for i := 1; i < len(c); i++ {
		if !c[i].At.After(c[i-1].At) || c[i].Energy < c[i-1].Energy {
			return Peak{}, false, fmt.Errorf("sliding maximum: mark %d (%s, %v) does not follow the one before (%s, %v)",
				i+1, c[i].At.UTC().Format(time.RFC3339), c[i].Energy, c[i-1].At.UTC().Format(time.RFC3339), c[i-1].Energy)
		}
	}
	var best Peak
	most, found := 0.0, false
	lo, hi := cursor{c: c}, cursor{c: c}
	for _, end := range c.ends(length, step) {
		e1, ok1 := hi.at(end, widest)
		e0, ok0 := lo.at(end.Add(-length), widest)
		if !ok0 || !ok1 || (found && e1-e0 <= most) {
			continue
		}
		most, found = e1-e0, true
		best = Peak{
			Start: end.Add(-length).UTC(), End: end.UTC(), Energy: metering.Energy(math.Round(most)),
			Power: metering.Power(math.Round(most * float64(time.Hour) / float64(length))), Grade: metering.Actual.String(),
		}
	}
	return best, found, nil
}

// ends are the moments at which windows end, ascending.
func (c Curve) ends(length, step time.Duration) []time.Time {
	if len(c) == 0 {
		return nil
	}
	first, last := c[0].At.Add(length), c[len(c)-1].At
	var list []time.Time
	if step > 0 {
		for at := first; !at.After(last); at = at.Add(step) {
			list = append(list, at)
		}
		return list
	}
	for _, m := range c {
		for _, at := range []time.Time{m.At, m.At.Add(length)} {
			if !at.Before(first) && !at.After(last) {
				list = append(list, at)
			}
		}
	}
	slices.SortFunc(list, time.Time.Compare)
	return slices.CompactFunc(list, time.Time.Equal)
}

// cursor goes along a curve in ascending time.
type cursor struct {
	c    Curve
	next int // first mark at or after the moment last asked for
}

// at is the energy at a moment; false outside the curve and in a wide gap.
func (k *cursor) at(t time.Time, widest time.Duration) (float64, bool) {
	for k.next < len(k.c) && k.c[k.next].At.Before(t) {
		k.next++
	}
	if k.next == len(k.c) {
		return 0, false
	}
	b := k.c[k.next]
	if b.At.Equal(t) {
		return float64(b.Energy), true
	}
	if k.next == 0 {
		return 0, false
	}
	a := k.c[k.next-1]
	width := b.At.Sub(a.At)
	if width > widest {
		return 0, false
	}
	return float64(a.Energy) + float64(b.Energy-a.Energy)*float64(t.Sub(a.At))/float64(width), true
}
