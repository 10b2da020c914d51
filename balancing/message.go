package balancing

import (
	"math"
	"math/bits"
	"time"

	"asue/metering"
)

// Message is what a controller is told: a Reading, a Supply, Rights, a Forecast, what
// the network permits, who leads, what an agent says, or what a person orders.
type Message interface{ message() }

// Reading is what the meter of a point said at one moment. It may carry power,
// registers, both, or nothing but the reason why there is nothing.
type Reading struct {
	Point metering.PointID
	Meter metering.MeterID // registers of two meters are never subtracted
	At    time.Time        // at the device
	// Quality is that of the power, or of the read as a whole if there is none.
	Quality  metering.Quality
	HasPower bool
	PowerW   float64 // W, positive is drawn from the grid
	// ReactiveVar is the reactive power in var, 0 if it is not known.
	ReactiveVar float64
	// Register is the net energy register, A+ less A−, in thousandths of a Wh at
	// the primary side, and Quantum the size of its count in the same unit; 0 if
	// there is none.
	Register, Quantum int64
}

// Supply says which line feeds the site from a moment on, and what it allows.
type Supply struct {
	At time.Time
	// Feeding names the line; empty when none is in service.
	Feeding string
	// With names further circuits of the same line that carry the site with it.
	With []string
	// Limit that is not stated keeps the lower one of the last limit and that of
	// the configuration.
	Limit metering.Limit
	// InService lists the inputs of the lines in service.
	InService []metering.PointID
}

// Forecast is what is expected of the blocks to come, as if nothing were held
// back. A younger one takes the place of an older one.
type Forecast struct {
	At        time.Time
	Blocks    []ForecastBlock    // of the site, ascending, from the present block on
	Residents []ResidentForecast // of the present block
}

// ForecastBlock is one block to come.
type ForecastBlock struct {
	Start time.Time
	Mean  metering.Power
	Q90   metering.Power // nine of ten blocks stay below
}

// ResidentForecast is what a resident is expected to draw now.
type ResidentForecast struct {
	Resident metering.ResidentID
	Q90      metering.Power
}

// Leadership says whether this balancer holds the lease, and the term it has, which
// rises with every change. Without one the controller is a shadow.
type Leadership struct {
	At   time.Time
	Term uint64
	Held bool
}

// Beat is an agent's sign of life.
type Beat struct{ metering.AgentBeat }

// Outcome is what an agent says of a command.
type Outcome struct{ metering.Outcome }

// Order is what a person orders.
type Order struct{ metering.Order }

func (Reading) message()    {}
func (Supply) message()     {}
func (Forecast) message()   {}
func (Leadership) message() {}
func (Beat) message()       {}
func (Outcome) message()    {}
func (Order) message()      {}

// ReadingOf takes from a snapshot what the controller needs. in is the meter's
// install in force at the snapshot's time.
func ReadingOf(s metering.Snapshot, in metering.Install) Reading {
	r := Reading{Point: in.Point, Meter: s.Meter, At: s.At, Quality: s.Quality}
	if p, ok := s.Find(metering.ActivePower); ok && s.Quality.Usable() {
		r.Quality = p.Quality
		if p.Usable() {
			r.HasPower, r.PowerW = true, p.Value
			r.ReactiveVar = reactive(s, p.Value)
		}
	}
	imported, ok := register(s, in, metering.ActiveImport)
	if !ok || !s.Quality.Usable() {
		return r
	}
	r.Register, r.Quantum = imported.value, imported.quantum
	if _, has := s.Find(metering.ActiveExport); has {
		exported, ok := register(s, in, metering.ActiveExport)
		if !ok {
			r.Register, r.Quantum = 0, 0
			return r
		}
		r.Register -= exported.value
	}
	return r
}

// reactive is the reactive power of a snapshot: measured, or by the power factor.
func reactive(s metering.Snapshot, powerW float64) float64 {
	if q, ok := s.Find(metering.ReactivePower); ok && q.Usable() {
		return q.Value
	}
	if f, ok := s.Find(metering.PowerFactor); ok && f.Usable() && f.Value != 0 && math.Abs(f.Value) <= 1 {
		return powerW * math.Tan(math.Acos(math.Abs(f.Value)))
	}
	return 0
}

type milli struct{ value, quantum int64 }

// register is a counter in thousandths of a Wh at the primary side.
func register(s metering.Snapshot, in metering.Install, q metering.Quantity) (milli, bool) {
	r, ok := s.Find(q)
	if !ok || !r.Usable() || r.Count.Step <= 0 || r.Count.Raw < 0 {
		return milli{}, false
	}
	num, den := int64(1), int64(1)
	if r.Count.Secondary {
		num, den = in.Multiplier()
	}
	value, ok1 := scale(r.Count.Raw, r.Count.Step, num, den)
	quantum, ok2 := scale(1, r.Count.Step, num, den)
	return milli{value, max(1, quantum)}, ok1 && ok2
}

// scale is raw·step·num/den, all positive, and whether it fits.
func scale(raw, step, num, den int64) (int64, bool) {
	hi, lo := bits.Mul64(uint64(raw), uint64(step))
	if hi != 0 || num <= 0 || den <= 0 {
		return 0, false
	}
	hi, lo = bits.Mul64(lo, uint64(num))
	if hi >= uint64(den) {
		return 0, false
	}
	quo, _ := bits.Div64(hi, lo, uint64(den))
	return int64(quo), quo <= math.MaxInt64/4
}
