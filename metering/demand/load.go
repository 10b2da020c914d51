package demand

import (
	"time"

	"asue/metering"
	"asue/metering/grid"
)

// State says what is known of a load in one base interval.
type State uint8

// States, the least known first.
const (
	Absent   State = iota // nothing is metered there at that time; it draws nothing
	Missing               // something is metered and its energy is not known
	Estimate              // the energy is known and may not set a billed maximum
	Measured              // the energy is known and may set one
)

// Slot is one base interval of a load.
type Slot struct {
	Energy metering.Energy // Wh; 0 when Absent or Missing
	State  State
	Grade  metering.Grade // the worst of its points; 0 when Absent
}

// Known reports whether the energy is known.
func (s Slot) Known() bool { return s.State >= Estimate }

// Load is the energy of one or more points together, in base intervals.
type Load struct {
	Name  string
	From  time.Time // UTC, start of the first interval
	Slots []Slot
}

// Source is where loads come from.
type Source struct {
	Grid *grid.Grid
	// Counts tells whether an interval may set a billed maximum; nil: those of
	// grade Actual.
	Counts func(metering.Interval) bool
	// Expected tells whether a point is metered at a time; nil: always. A point
	// that is not is no reason to miss anything.
	Expected func(point metering.PointID, at time.Time) bool
}

// Load is the sum of some points in one channel. It is known where all that are
// metered are known.
func (s Source) Load(name string, ch metering.Channel, points ...metering.PointID) Load {
	l := Load{Name: name, From: s.Grid.From(), Slots: make([]Slot, s.Grid.Len())}
	counts := s.Counts
	if counts == nil {
		counts = measured
	}
	for _, p := range points {
		row := s.Grid.Row(p, ch)
		for i := range l.Slots {
			l.Slots[i].add(s.slot(p, row, i, counts))
		}
	}
	return l
}

func measured(i metering.Interval) bool { return i.Grade == metering.Actual }

func (s Source) slot(p metering.PointID, row grid.Row, i int, counts func(metering.Interval) bool) Slot {
	iv := row.At(i)
	switch {
	case iv == nil && s.Expected != nil && !s.Expected(p, s.Grid.Start(i)):
		return Slot{}
	case iv == nil || iv.Grade == metering.Null:
		return Slot{State: Missing, Grade: metering.Null}
	case counts(*iv):
		return Slot{iv.Energy, Measured, iv.Grade}
	}
	return Slot{iv.Energy, Estimate, iv.Grade}
}

// add joins two loads in one interval: the less known of two that are there
// decides.
func (s *Slot) add(o Slot) {
	switch {
	case o.State == Absent:
	case s.State == Absent:
		*s = o
	case s.State == Missing || o.State == Missing:
		*s = Slot{State: Missing, Grade: metering.Null}
	default:
		*s = Slot{s.Energy + o.Energy, min(s.State, o.State), s.Grade.Worse(o.Grade)}
	}
}

// Sum joins loads over the same stretch of time.
func Sum(name string, loads ...Load) Load {
	sum := Load{Name: name}
	for i, l := range loads {
		if i == 0 {
			sum.From, sum.Slots = l.From, make([]Slot, len(l.Slots))
		}
		if !l.From.Equal(sum.From) || len(l.Slots) != len(sum.Slots) {
			panic("BUG: loads over different stretches of time are joined")
		}
		for j := range l.Slots {
			sum.Slots[j].add(l.Slots[j])
		}
	}
	return sum
}

// Total is what a load took in all.
type Total struct {
	Energy metering.Energy `json:"energy_wh"` // of the intervals that are known
	Known  int             `json:"intervals"`
	// Missing intervals have no energy; Estimates of the known ones may not set a
	// billed maximum.
	Missing   int `json:"missing"`
	Estimates int `json:"estimates"`
	// ByGrade is the energy by quality letter.
	ByGrade map[string]metering.Energy `json:"by_grade_wh,omitempty"`
}

// Total adds the load up.
func (l Load) Total() Total {
	var t Total
	var by [256]metering.Energy
	var seen [256]bool
	for _, s := range l.Slots {
		t.count(s)
		if s.Known() {
			by[s.Grade] += s.Energy
			seen[s.Grade] = true
		}
	}
	for g, ok := range seen {
		if ok {
			if t.ByGrade == nil {
				t.ByGrade = map[string]metering.Energy{}
			}
			t.ByGrade[metering.Grade(g).String()] = by[g]
		}
	}
	return t
}

func (t *Total) count(s Slot) {
	switch s.State {
	case Missing:
		t.Missing++
	case Estimate, Measured:
		t.Known++
		t.Energy += s.Energy
		if s.State == Estimate {
			t.Estimates++
		}
	}
}
