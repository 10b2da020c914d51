package demand

import (
	"math"

	"asue/metering"
)

// Factors say how evenly a load was drawn.
type Factors struct {
	// LoadFactor is E/(Pmax·H) over the known intervals, H their hours and Pmax the
	// billed maximum; 0 without one.
	LoadFactor float64 `json:"load_factor"`
	// UseHours is E/Pmax, h: how long the maximum would have to last for the same
	// energy (T_max). UseHoursYear is the same for a year of 8760 h that goes on
	// like this.
	UseHours     float64 `json:"use_hours"`
	UseHoursYear float64 `json:"use_hours_year"`
}

// hoursOfYear is the year by which T_max is stated.
const hoursOfYear = 8760

// Factors are those of a total and its maximum.
func (t Total) Factors(m Maximum) Factors {
	if m.Billed == nil || m.Billed.Power <= 0 || t.Known == 0 {
		return Factors{}
	}
	hours := float64(t.Known) * metering.BasePeriod.Hours()
	use := float64(t.Energy) / float64(m.Billed.Power)
	return Factors{LoadFactor: use / hours, UseHours: use, UseHoursYear: use / hours * hoursOfYear}
}

// PowerFactor is how much reactive energy went with the active one, of energies
// over the whole time: a mean of power factors would weigh idle hours like busy
// ones.
type PowerFactor struct {
	Active     metering.Energy `json:"active_wh"`       // A+ of intervals of pure import
	Inductive  metering.Energy `json:"inductive_varh"`  // R+ with it, quadrant I
	Capacitive metering.Energy `json:"capacitive_varh"` // R- with it, quadrant IV
	// Tan is Inductive/Active and Cos the cosine that goes with it; both 0 without
	// active energy. TanCapacitive is Capacitive/Active.
	Tan           float64 `json:"tan_phi"`
	Cos           float64 `json:"cos_phi"`
	TanCapacitive float64 `json:"tan_phi_capacitive"`
	// Exporting are intervals with A-, whose reactive energy belongs to quadrants
	// II and III, or to more than one: they are left out. Missing are those in
	// which one of the energies is not known.
	Exporting int `json:"exporting"`
	Missing   int `json:"missing"`
}

// PowerFactorOf finds it from the loads of the four channels of the same points.
// An export that is metered nowhere may be the zero Load; so may R-.
func PowerFactorOf(imp, exp, inductive, capacitive Load) PowerFactor {
	var f PowerFactor
	for i, a := range imp.Slots {
		back, okBack := exp.optional(i)
		r, okR := inductive.optional(i)
		c, okC := capacitive.optional(i)
		switch {
		case a.State == Absent:
		case !a.Known() || !okBack || !okR || !okC || len(inductive.Slots) == 0:
			f.Missing++
		case back > 0:
			f.Exporting++
		default:
			f.Active += a.Energy
			f.Inductive += r
			f.Capacitive += c
		}
	}
	if f.Active > 0 {
		f.Tan = float64(f.Inductive) / float64(f.Active)
		f.TanCapacitive = float64(f.Capacitive) / float64(f.Active)
		f.Cos = CosOf(f.Tan)
	}
	return f
}

// optional is an energy of a load that may not be metered at all.
func (l Load) optional(i int) (metering.Energy, bool) {
	if len(l.Slots) == 0 {
		return 0, true
	}
	return l.Slots[i].Energy, l.Slots[i].Known() || l.Slots[i].State == Absent
}

// CosOf is the cosine of the angle whose tangent is given.
func CosOf(tan float64) float64 { return 1 / math.Sqrt(1+tan*tan) }

// TanOf is the tangent of the angle whose cosine is given, 0 < cos ≤ 1.
func TanOf(cos float64) float64 { return math.Sqrt(1-cos*cos) / cos }
