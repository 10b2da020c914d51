package demand

import (
	"time"

	"asue/metering"
)

// Peak is the mean power over a stretch of time.
type Peak struct {
	Start  time.Time       `json:"start"` // UTC
	End    time.Time       `json:"end"`   // exclusive
	Energy metering.Energy `json:"energy_wh"`
	Power  metering.Power  `json:"power_w"` // rounded to the nearest watt
	Grade  string          `json:"grade"`   // the worst of its intervals
}

// Maximum is the greatest mean power over blocks, or over windows that slide by
// base intervals.
type Maximum struct {
	Minutes int  `json:"minutes"` // length of the blocks or windows
	Sliding bool `json:"sliding"`
	// Billed is the greatest one of which every interval may be billed, the
	// earliest of equals; nil if there is none.
	Billed *Peak `json:"billed"`
	// Estimate is the greatest one among all, if it is above Billed and has an
	// interval that may not be billed. It wants a maximum register or an act.
	Estimate *Peak `json:"estimate,omitempty"`
	// Of the Blocks, those with a Missing interval are not known, and those with
	// an estimate (Uncounted) set no billed maximum.
	Blocks    int `json:"blocks"`
	Missing   int `json:"missing"`
	Uncounted int `json:"uncounted"`
}

// BlockMaximum is the maximum over blocks of the clock. They come from
// Clock.Blocks for the load's stretch of time.
func (l Load) BlockMaximum(blocks []Block) Maximum {
	var m Maximum
	for _, b := range blocks {
		m.take(l, b)
	}
	return m.finish()
}

// SlidingMaximum is the maximum over all windows of a length that begin at a base
// interval. It fails for a length other than 15, 30 or 60 minutes.
func (l Load) SlidingMaximum(length time.Duration) (Maximum, error) {
	n, err := slotsOf(length)
	if err != nil {
		return Maximum{}, err
	}
	m := Maximum{Minutes: int(length / time.Minute), Sliding: true}
	for first := 0; first+n <= len(l.Slots); first++ {
		m.take(l, Block{first, n})
	}
	return m.finish(), nil
}

func (m *Maximum) take(l Load, b Block) {
	m.Minutes = b.N * int(metering.BasePeriod/time.Minute)
	m.Blocks++
	s := l.over(b)
	switch s.State {
	case Missing:
		m.Missing++
	case Estimate:
		m.Uncounted++
		m.Estimate = higher(m.Estimate, l, b, s)
	case Measured:
		m.Billed = higher(m.Billed, l, b, s)
	}
}

// over is the load over a block: as well known as its worst interval. Intervals
// in which nothing is metered draw nothing.
func (l Load) over(b Block) Slot {
	var sum Slot
	for _, s := range l.Slots[b.First : b.First+b.N] {
		sum.add(s)
	}
	return sum
}

func higher(p *Peak, l Load, b Block, s Slot) *Peak {
	if p != nil && s.Energy <= p.Energy {
		return p
	}
	return l.peak(b, s)
}

func (l Load) peak(b Block, s Slot) *Peak {
	start := l.From.Add(time.Duration(b.First) * metering.BasePeriod)
	length := time.Duration(b.N) * metering.BasePeriod
	return &Peak{Start: start, End: start.Add(length), Energy: s.Energy, Power: powerOf(s.Energy, length), Grade: s.Grade.String()}
}

// powerOf is the mean power of an energy over a time, to the nearest watt.
func powerOf(e metering.Energy, over time.Duration) metering.Power {
	n := int64(e) * int64(time.Hour/time.Second)
	d := int64(over / time.Second)
	if n < 0 {
		return metering.Power((n - d/2) / d)
	}
	return metering.Power((n + d/2) / d)
}

// finish leaves an estimate standing only above what is billed.
func (m Maximum) finish() Maximum {
	if m.Estimate != nil && m.Billed != nil && m.Estimate.Energy <= m.Billed.Energy {
		m.Estimate = nil
	}
	return m
}
