package rules

import (
	"slices"
	"time"

	"asue/metering"
)

// series are intervals ascending by start, found by their place relative to the
// case's range. Lists without holes are found at once, others by halving.
type series struct {
	list []metering.Interval
	from time.Time // of slot 0
	off  int       // slot of list[0], if there are no holes
}

func seriesOf(list []metering.Interval, from time.Time) series {
	s := series{list: list, from: from}
	if len(list) > 0 {
		s.off = slotOf(from, list[0].Start)
	}
	return s
}

// at is the interval at a slot, nil if there is none.
func (s *series) at(slot int) *metering.Interval {
	if len(s.list) == 0 {
		return nil
	}
	start := s.from.Add(time.Duration(slot) * metering.BasePeriod)
	if i := slot - s.off; i >= 0 && i < len(s.list) && s.list[i].Start.Equal(start) {
		return &s.list[i]
	}
	i, ok := slices.BinarySearchFunc(s.list, start, func(iv metering.Interval, t time.Time) int { return iv.Start.Compare(t) })
	if !ok {
		return nil
	}
	return &s.list[i]
}

// slotOf is the slot that contains t, counted from the one that begins at from.
func slotOf(from, t time.Time) int {
	d := t.Sub(from)
	slot := int(d / metering.BasePeriod)
	if d < 0 && d%metering.BasePeriod != 0 {
		slot--
	}
	return slot
}

// slot is the start of the base period with that number; From is that of 0.
func (c *Case) slot(i int) time.Time { return c.From.Add(time.Duration(i) * metering.BasePeriod) }

// slots is how many base periods the range has.
func (c *Case) slots() int { return max(0, int(c.To.Sub(c.From)/metering.BasePeriod)) }

func (c *Case) zone() *time.Location {
	if c.Location == nil {
		return time.UTC
	}
	return c.Location
}

// plausible is an energy that no base period of any point holds (275 GW): beyond
// it nothing serves as history or shape, and the arithmetic here stays within 63
// bits.
const plausible = metering.Energy(1) << 36

// daySlots is how many base periods an ordinary day has.
const daySlots = 96

// flowAt finds a flow by its start, nil if there is none that is plausible.
func flowAt(list []Flow, start time.Time) *Flow {
	i, ok := slices.BinarySearchFunc(list, start, func(f Flow, t time.Time) int { return f.Start.Compare(t) })
	if !ok || list[i].Energy > plausible || list[i].Energy < 0 {
		return nil
	}
	return &list[i]
}
